"""Held-out margins for every example: what calibration, thresholds and figures rest on."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedGroupKFold

from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.tagging.calibration import Calibration, Tables, TagScores, tag_scores
from nlp_service.tagging.linear import Floats
from training.calibrate import calibrate, make_tables
from training.examples import Example
from training.fit_linear import fit_linear, split_by_head
from training.near_copies import group_near_copies
from training.prepare import Prepared
from training.targets import Integers, Targets

Fold = tuple[Integers, Integers]
"""(rows fitted on, rows held out)"""


@dataclass(frozen=True, kw_only=True)
class OutOfFold:
    """Margins of every example from a model that saw neither it nor a near-copy of it."""

    folds: Sequence[Fold]
    margins: Mapping[str, Floats]
    vectorisers: Sequence[TfidfVectorizer]
    """Of each fold's model: what it sees of a text."""


def grouped_folds(examples: Sequence[Example], *, folds: int, seed: int) -> Sequence[Fold]:
    """Split so that near-copies stay together and sources and topics are spread evenly."""
    groups = group_near_copies([example.document.text for example in examples], seed=seed)
    strata = [
        f"{example.source} {example.labels.topic if example.labels else example.old_category}"
        for example in examples
    ]
    return split_in_folds(strata, groups, folds=folds, seed=seed)


def split_in_folds(
    strata: Sequence[str], groups: Integers, *, folds: int, seed: int
) -> Sequence[Fold]:
    """Split so that groups stay whole and strata are spread as evenly as that allows."""
    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # A stratum with fewer texts than folds cannot be in each; it is spread as far as it goes.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        return list(splitter.split(strata, strata, groups))


def held_out_margins(prepared: Prepared, folds: Sequence[Fold]) -> OutOfFold:
    """Fit once for each fold and keep the margins of the rows held out."""
    heads, texts = prepared.targets.heads, prepared.feature_lists
    margins = {head: np.zeros((len(texts), len(codes))) for head, codes in heads.items()}
    vectorisers = []
    for number, (fitted_on, held_out) in enumerate(folds, start=1):
        fitted = fit_linear(prepared, fitted_on, label=f"fold {number}/{len(folds)}")
        vectorisers.append(fitted.vectoriser)
        found = fitted.margins(fitted.vectoriser.transform([texts[row] for row in held_out]))
        for head, values in split_by_head(found, heads).items():
            margins[head][held_out] = values
    return OutOfFold(folds=folds, margins=margins, vectorisers=vectorisers)


def held_out_scores(out_of_fold: OutOfFold, targets: Targets, taxonomy: Taxonomy) -> TagScores:
    """Return probabilities in which no row's own truth had a part.

    Each fold is calibrated on the held-out margins of the other folds.
    """
    parts = []
    for fitted_on, held_out in out_of_fold.folds:
        calibration, tables = fit_probabilities(out_of_fold, targets, fitted_on, taxonomy)
        margins = {head: values[held_out] for head, values in out_of_fold.margins.items()}
        parts.append((held_out, tag_scores(margins, calibration, tables)))
    return in_row_order(parts)


def fit_probabilities(
    out_of_fold: OutOfFold, targets: Targets, rows: Integers, taxonomy: Taxonomy
) -> tuple[Calibration, Tables]:
    """Fit calibration and tables on the held-out margins of the given rows."""
    tables = make_tables(targets, rows, taxonomy)
    return calibrate(out_of_fold.margins, targets, rows, tables), tables


def in_row_order(parts: Sequence[tuple[Integers, TagScores]]) -> TagScores:
    """Join parts that together hold every row once."""
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))
    return TagScores(
        **{
            head: np.concatenate([getattr(scores, head) for _, scores in parts])[order]
            for head in TagScores.__annotations__
        }
    )
