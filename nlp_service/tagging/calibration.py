"""From margins to probabilities that mean what they say, and that agree with each other.

Three combinations, each with two or three fitted numbers:

- a choice of one (request, urgency, kind): softmax of ``margin · scale``;
- topic and subtopic together: the product of both softmaxes, so that a subtopic always belongs to
  its topic; the lead unit: the unit's own softmax times what the subtopics' usual units say;
- several at once (sectors, assisting units, other topics, gates): a logistic curve over the
  margin and, where there is one, the prior that the subtopics give.

All are fitted on held-out folds in ``training.calibrate``; here they are only applied.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from nlp_service.tagging.linear import Floats

FLOOR = 1e-4
"""Smallest prior: a unit that a subtopic never had before stays possible."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """The fitted numbers; what each list holds is said at the function that uses it."""

    choices: Mapping[str, float]
    """Head -> the scale of its margins; kind, request, urgency."""
    topic: Sequence[float]
    lead_unit: Sequence[float]
    several: Mapping[str, Sequence[float]]


@dataclass(frozen=True, kw_only=True)
class Tables:
    """How subtopics relate to the rest, one row a subtopic.

    Sparse, for they are mostly zeros, and because a dense product would wake BLAS, whose threads
    cost more than products as small as these.
    """

    topics: sparse.csr_array  # (n_subtopics, n_topics), 1 where the subtopic belongs
    lead_units: sparse.csr_array  # (n_subtopics, n_units), each row a distribution
    assist_units: sparse.csr_array  # (n_subtopics, n_units), each value a share 0–1
    sectors: sparse.csr_array  # (n_subtopics, n_sectors), each value a share 0–1


@dataclass(frozen=True, kw_only=True)
class TagScores:
    """Calibrated probabilities, one row a text, columns in the order of the model's heads."""

    topic: Floats
    subtopic: Floats
    lead_unit: Floats
    assist_units: Floats
    sectors: Floats
    other_topics: Floats
    gates: Floats
    kind: Floats
    request: Floats
    urgency: Floats


def tag_scores(
    margins: Mapping[str, Floats], calibration: Calibration, tables: Tables
) -> TagScores:
    """Turn each head's margins, shape (n_texts, n_labels), into probabilities."""
    subtopic = subtopic_probabilities(
        margins["subtopic"], margins["topic"], calibration.topic, tables
    )
    topic = subtopic @ tables.topics
    return TagScores(
        topic=topic,
        subtopic=subtopic,
        lead_unit=lead_unit_probabilities(
            margins["lead_unit"], subtopic @ tables.lead_units, calibration.lead_unit
        ),
        **{
            head: several_probabilities(
                margins[head], prior(head, topic, subtopic, tables), calibration.several[head]
            )
            for head in ("assist_units", "sectors", "other_topics", "gates")
        },
        **{
            head: softmax(margins[head] * calibration.choices[head])
            for head in ("kind", "request", "urgency")
        },
    )


def prior(head: str, topic: Floats, subtopic: Floats, tables: Tables) -> Floats | None:
    """Return what the topics alone say of a head with several labels; None for the gates."""
    if head == "assist_units":
        return subtopic @ tables.assist_units
    if head == "sectors":
        return subtopic @ tables.sectors
    return topic if head == "other_topics" else None


def subtopic_probabilities(
    subtopic_margins: Floats, topic_margins: Floats, numbers: Sequence[float], tables: Tables
) -> Floats:
    """Multiply both heads' softmaxes; ``numbers`` = scale of subtopic and of topic margins."""
    topic_scores = log_softmax(topic_margins * numbers[1])
    return softmax(subtopic_margins * numbers[0] + topic_scores @ tables.topics.T)


def lead_unit_probabilities(margins: Floats, prior: Floats, numbers: Sequence[float]) -> Floats:
    """Multiply the unit's softmax by the prior; ``numbers`` = scale of margins, of log prior."""
    return softmax(margins * numbers[0] + np.log(prior + FLOOR) * numbers[1])


def several_probabilities(
    margins: Floats, prior: Floats | None, numbers: Sequence[float]
) -> Floats:
    """Return the logistic of ``numbers`` = intercept, per margin, per log prior."""
    scores = numbers[0] + numbers[1] * margins
    if prior is not None:
        scores = scores + numbers[2] * np.log(prior + FLOOR)
    return np.asarray(1.0 / (1.0 + np.exp(-scores)))


def log_softmax(scores: Floats) -> Floats:
    """Return the logarithm of the softmax over the last axis."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def softmax(scores: Floats) -> Floats:
    """Return the softmax over the last axis."""
    return np.exp(log_softmax(scores))
