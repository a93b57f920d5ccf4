"""Fit the few numbers that turn held-out margins into probabilities.

The margins come from models that did not see the row (``out_of_fold``). Scales are kept positive:
a calibration may not turn a model round.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy import optimize, sparse

from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.tagging.calibration import (
    Calibration,
    Tables,
    lead_unit_probabilities,
    prior,
    several_probabilities,
    softmax,
    subtopic_probabilities,
)
from nlp_service.tagging.linear import Floats
from training.targets import SEVERAL, Booleans, Integers, Targets

_DEFAULT_COUNT = 4.0
"""How many readers' rows the taxonomy's default units of a subtopic weigh as much as."""


def make_tables(targets: Targets, rows: Integers, taxonomy: Taxonomy) -> Tables:
    """Count units and sectors by subtopic, each mixed with the taxonomy's defaults."""
    heads = targets.heads
    subtopics = len(heads["subtopic"])
    of_topic = [heads["topic"].index(taxonomy.topic_of(code)) for code in heads["subtopic"]]
    topics = np.zeros((subtopics, len(heads["topic"])))
    topics[np.arange(subtopics), of_topic] = 1.0
    read = rows[targets.read[rows]]
    subtopic = targets.choice["subtopic"][read]

    def share(head: str, defaults: Callable[[int], Sequence[str]]) -> sparse.csr_array:
        counts = np.zeros((subtopics, len(heads[head])))
        np.add.at(counts, subtopic, targets.truth(head)[read].astype(float))
        cases = np.bincount(subtopic, minlength=subtopics)[:, None]
        usual = np.zeros_like(counts)
        for row in range(subtopics):
            codes = defaults(row)
            usual[row, [heads[head].index(code) for code in codes]] = 1.0
            if head == "lead_unit":
                usual[row] /= len(codes)
        return sparse.csr_array((counts + _DEFAULT_COUNT * usual) / (cases + _DEFAULT_COUNT))

    entries = taxonomy.subtopics
    return Tables(
        topics=sparse.csr_array(topics),
        lead_units=share("lead_unit", lambda n: entries[n].lead_units),
        assist_units=share("assist_units", lambda n: entries[n].assist_units),
        sectors=share("sectors", lambda n: entries[n].sectors),
    )


def calibrate(
    margins: Mapping[str, Floats], targets: Targets, rows: Integers, tables: Tables
) -> Calibration:
    """Fit all numbers on the given rows by maximum likelihood.

    Args:
        margins: head -> held-out decision values of all examples, (n_examples, n_labels).
        targets: the truths.
        rows: the examples to fit on.
        tables: made from the same rows.
    """

    def known(head: str) -> Integers:
        return np.intersect1d(rows, targets.rows_of(head))

    def fit_choice(head: str) -> float:
        chosen = np.intersect1d(rows, targets.telling_rows(head))
        truth = targets.choice[head][chosen]
        (scale,) = _most_likely(
            lambda numbers: softmax(margins[head][chosen] * numbers[0]), truth, start=[3.0]
        )
        return scale

    chosen = known("subtopic")
    topic_numbers = _most_likely(
        lambda n: subtopic_probabilities(
            margins["subtopic"][chosen], margins["topic"][chosen], n, tables
        ),
        targets.choice["subtopic"][chosen],
        start=[2.0, 2.0],
    )
    subtopic = subtopic_probabilities(margins["subtopic"], margins["topic"], topic_numbers, tables)
    topic = subtopic @ tables.topics
    chosen = known("lead_unit")
    lead_numbers = _most_likely(
        lambda n: lead_unit_probabilities(
            margins["lead_unit"][chosen], subtopic[chosen] @ tables.lead_units, n
        ),
        targets.choice["lead_unit"][chosen],
        start=[2.0, 1.0],
    )
    several = {
        head: _most_likely_logistic(
            margins[head][known(head)],
            _rows(prior(head, topic, subtopic, tables), known(head)),
            targets.several[head][known(head)],
        )
        for head in SEVERAL
    }
    return Calibration(
        choices={head: fit_choice(head) for head in ("kind", "request", "urgency")},
        topic=topic_numbers,
        lead_unit=lead_numbers,
        several=several,
    )


def _rows(values: Floats | None, rows: Integers) -> Floats | None:
    return None if values is None else values[rows]


def _most_likely(
    probabilities: Callable[[Sequence[float]], Floats], truth: Integers, *, start: Sequence[float]
) -> list[float]:
    def loss(numbers: Floats) -> float:
        chosen = probabilities(list(numbers))[np.arange(len(truth)), truth]
        return float(-np.mean(np.log(chosen + 1e-12)))

    bounds = [(0.01, 30.0)] * len(start)
    return _rounded(optimize.minimize(loss, start, method="L-BFGS-B", bounds=bounds).x)


def _most_likely_logistic(margins: Floats, prior: Floats | None, truth: Booleans) -> list[float]:
    def loss(numbers: Floats) -> float:
        p = several_probabilities(margins, prior, list(numbers))
        return float(-np.mean(np.where(truth, np.log(p + 1e-12), np.log(1 - p + 1e-12))))

    start = [0.0, 2.0] + ([] if prior is None else [1.0])
    bounds = [(-20.0, 20.0)] + [(0.0, 30.0)] * (len(start) - 1)
    return _rounded(optimize.minimize(loss, start, method="L-BFGS-B", bounds=bounds).x)


def _rounded(numbers: Floats) -> list[float]:
    """Keep four digits: the further ones differ between machines and mean nothing."""
    return [round(float(number), 4) for number in numbers]
