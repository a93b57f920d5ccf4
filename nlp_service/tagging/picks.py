"""Which labels a text gets: from the probabilities of all to the few that are shown.

Rules of the labelling guide: one topic and one of its subtopics, up to two other topics, one or
two sectors, one lead unit and up to three assisting ones; urgency is 1 unless a citizen wrote.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp_service.domain.taxonomy import OTHER_TOPIC
from nlp_service.tagging.calibration import Tables, TagScores
from nlp_service.tagging.linear import Floats

MOST_OTHER_TOPICS, MOST_SECTORS, MOST_ASSISTING_UNITS = 2, 2, 3

Pick = tuple[str, float]
"""A label code and its probability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picks:
    """The labels of one text."""

    topic: Pick
    other_topics: Sequence[Pick]
    subtopic: Pick
    sectors: Sequence[Pick]
    lead_unit: Pick
    assist_units: Sequence[Pick]
    kind: Pick
    request: Pick
    urgency: Pick
    urgent: float
    """Probability of level 3 or 4."""
    gates: Sequence[Pick]


def pick_labels(
    scores: TagScores,
    heads: Mapping[str, Sequence[str]],
    show: Mapping[str, float],
    tables: Tables,
) -> Sequence[Picks]:
    """Choose each text's labels; ``show`` is the probability from which a further label counts."""
    topic = _best(scores.topic, heads["topic"])
    lead_unit = _best(scores.lead_unit, heads["lead_unit"])
    of_topic = tables.topics.indices  # each subtopic's only topic
    chosen = np.argmax(scores.topic, axis=1)
    within_topic = np.where(of_topic == chosen[:, None], scores.subtopic, 0.0)
    columns = (
        topic,
        _several(
            scores.other_topics,
            heads["other_topics"],
            show["other_topics"],
            most=MOST_OTHER_TOPICS,
            but=[{code, OTHER_TOPIC} for code, _ in topic],
        ),
        _best(within_topic, heads["subtopic"]),
        _several(
            scores.sectors, heads["sectors"], show["sectors"], most=MOST_SECTORS, always_one=True
        ),
        lead_unit,
        _several(
            scores.assist_units,
            heads["assist_units"],
            show["assist_units"],
            most=MOST_ASSISTING_UNITS,
            but=[{code} for code, _ in lead_unit],
        ),
        _best(scores.kind, heads["kind"]),
        _best(scores.request, heads["request"]),
        _best(scores.urgency, heads["urgency"]),
        urgent_probabilities(scores.urgency).tolist(),
        _several(scores.gates, heads["gates"], show["gates"], most=len(heads["gates"])),
    )
    names = Picks.__slots__
    return [Picks(**dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]


def urgent_probabilities(urgency: Floats) -> Floats:
    """Return the probability of level 3 or 4 from those of the levels 1–4, shape (n_texts, 4)."""
    return np.asarray(urgency[:, 2:].sum(axis=1))


def _best(probabilities: Floats, codes: Sequence[str]) -> Sequence[Pick]:
    best = np.argmax(probabilities, axis=1)
    values = probabilities[np.arange(len(best)), best]
    return [(codes[n], p) for n, p in zip(best.tolist(), _rounded(values), strict=True)]


def _several(
    probabilities: Floats,
    codes: Sequence[str],
    threshold: float,
    *,
    most: int,
    but: Sequence[set[str]] | None = None,
    always_one: bool = False,
) -> Sequence[Sequence[Pick]]:
    """Return the labels at or above the threshold, likeliest first, except those of ``but``."""
    shown = probabilities >= threshold
    if always_one:
        shown[np.arange(len(shown)), np.argmax(probabilities, axis=1)] = True
    picks: list[list[Pick]] = [[] for _ in range(len(shown))]
    rows, columns = np.nonzero(shown)
    values = _rounded(probabilities[rows, columns])
    for row, column, value in zip(rows.tolist(), columns.tolist(), values, strict=True):
        if but is None or codes[column] not in but[row]:
            picks[row].append((codes[column], value))
    return [sorted(found, key=lambda pick: -pick[1])[:most] for found in picks]


def _rounded(probabilities: Floats) -> list[float]:
    """Keep four digits: more mean nothing to whoever reads them."""
    rounded: list[float] = probabilities.round(4).tolist()
    return rounded
