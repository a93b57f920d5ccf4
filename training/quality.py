"""Fit what tells the quality levels: evidence and wording, and what an encoder makes of them.

A ridge regression on the evidence that was found, on the wording and, where an encoder is heard,
on the meaning gives a score a dimension.
What scores mean as levels is fitted on held-out ones, so that no text speaks for itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.quality.levels import (
    HIGHEST,
    AbsenceCurve,
    LevelCurves,
    LevelModel,
    LowCurve,
    mixed_with_nothing,
    readers_total,
    total_score,
)
from nlp_service.quality.look import Looker
from nlp_service.quality.meaning import PARTS
from nlp_service.tagging.linear import Floats
from training.config import QualityOptions
from training.out_of_fold import OutOfFold
from training.prepare import Prepared
from training.quality_texts import SUGGESTING, QualityTexts
from training.targets import Booleans, Integers

_NOT_WITHOUT_SUGGESTIONS = ("Q4", "Q5")


def fit_level_model(
    texts: QualityTexts,
    places: Integers,
    vectoriser: TfidfVectorizer,
    options: QualityOptions,
    *,
    hears: bool = False,
) -> LevelModel:
    """Fit on some of the texts, and on one of which nothing is left, by the rubric.

    One penalty holds for evidence, wording and, if it ``hears`` the encoder, meaning together.
    """
    counts = texts.counts[places]
    evidence = _scales(counts, options.evidence_share)
    words = _words(texts, places, vectoriser)
    parts = [sparse.csr_matrix(counts * evidence), words]
    scaling = None
    if hears:
        scaling = _scaling_of_meanings(texts.meanings[places], options.meaning_share)
        parts.append(sparse.csr_matrix(texts.meanings[places] @ scaling))
    seen = sparse.hstack(parts, format="csr")
    machine = Ridge(alpha=options.penalty, solver="sparse_cg", tol=1e-6)
    machine.fit(
        sparse.vstack([seen, sparse.csr_matrix((1, seen.shape[1]))], format="csr"),
        np.vstack([texts.learnt[places], texts.of_nothing]),
        sample_weight=np.append(texts.weights[places], options.nothing_weight),
    )
    of_counts, of_words, of_meanings = np.split(
        machine.coef_.T, np.cumsum([part.shape[1] for part in parts[:2]])
    )
    return LevelModel(
        counted=texts.counted,
        count_weights=of_counts * evidence[:, None],
        word_weights=of_words,
        meaning_weights=None if scaling is None else scaling @ of_meanings,
        intercepts=machine.intercept_,
    )


def _scales(values: Floats, share: float) -> Floats:
    """Return what brings every column to the same spread and a row's length to about √share."""
    spread = values.std(axis=0)
    found: Floats = np.sqrt(share / values.shape[1]) / np.where(spread > 0, spread, 1.0)
    return found


def _scaling_of_meanings(meanings: Floats, share: float) -> Floats:
    """Return the matrix that centres and scales the parts of meanings, each as far as it is heard.

    The last number of a part is how far that is (``join_parts``): it carries the centre away.
    """
    blocks = []
    for part in np.split(meanings, PARTS, axis=1):
        heard = part[:, -1]
        means = part[heard > 0, :-1] / heard[heard > 0, None]
        scales = _scales(means, share)
        blocks.append(np.vstack([np.diag(scales), -means.mean(axis=0) * scales]))
    found: Floats = linalg.block_diag(*blocks)
    return found


def level_scores(
    model: LevelModel, texts: QualityTexts, places: Integers, vectoriser: TfidfVectorizer
) -> Floats:
    """Return the scores of some of the texts, (n_places, n_dimensions)."""
    wording = _words(texts, places, vectoriser) @ model.word_weights
    return model.scores(texts.counts[places], wording, texts.meanings[places])


def _words(texts: QualityTexts, places: Integers, vectoriser: TfidfVectorizer) -> sparse.csr_matrix:
    rows = vectoriser.transform([texts.feature_lists[place] for place in places])
    return sparse.csr_matrix(sparse.diags(texts.heard[places]) @ rows)


@dataclass(frozen=True, kw_only=True)
class HeldOutLevels:
    """Held-out scores of one kind of level model, and what they mean."""

    scores: Floats
    """(n_texts, n_dimensions)."""
    probabilities: Floats
    """(n_texts, n_dimensions, 5)."""
    curves: LevelCurves
    low: LowCurve


@dataclass(frozen=True, kw_only=True)
class QualityFolds:
    """Held-out levels of every text whose quality was read."""

    taxonomy: Taxonomy
    looker: Looker
    texts: QualityTexts
    alone: HeldOutLevels
    """Without the encoder."""
    joint: HeldOutLevels | None
    """With it; None where it is not heard."""


def quality_folds(
    prepared: Prepared, out_of_fold: OutOfFold, looker: Looker, texts: QualityTexts
) -> QualityFolds:
    """Fit a level model on each fold's complement, and curves on held-out scores.

    Args:
        prepared: with options for the quality.
        out_of_fold: for its folds and what each fold's model sees of a text.
        looker: of the texts.
        texts: whose quality was read.
    """
    return QualityFolds(
        taxonomy=prepared.taxonomy,
        looker=looker,
        texts=texts,
        alone=_held_out_levels(prepared, out_of_fold, texts, hears=False),
        joint=(
            _held_out_levels(prepared, out_of_fold, texts, hears=True)
            if texts.meanings.shape[1]
            else None
        ),
    )


def _held_out_levels(
    prepared: Prepared, out_of_fold: OutOfFold, texts: QualityTexts, *, hears: bool
) -> HeldOutLevels:
    options, taxonomy = prepared.config.quality, prepared.taxonomy
    assert options is not None
    scores = np.zeros(texts.learnt.shape)
    fold_of = np.zeros(len(texts.rows), dtype=np.int64)
    for number, (fitted_on, held_out) in enumerate(out_of_fold.folds):
        vectoriser = out_of_fold.vectorisers[number]
        learnt = np.flatnonzero(np.isin(texts.rows, fitted_on) & ~texts.cut)
        told = np.flatnonzero(np.isin(texts.rows, held_out))
        model = fit_level_model(texts, learnt, vectoriser, options, hears=hears)
        scores[told] = level_scores(model, texts, told, vectoriser)
        fold_of[told] = number
    return HeldOutLevels(
        scores=scores,
        probabilities=_held_out_probabilities(texts, scores, fold_of, taxonomy),
        curves=fit_curves(texts, scores, np.ones(len(texts.rows), dtype=bool)),
        low=fit_low(texts, scores, taxonomy),
    )


def _held_out_probabilities(
    texts: QualityTexts, scores: Floats, fold_of: Integers, taxonomy: Taxonomy
) -> Floats:
    """Give each fold the curves of the others."""
    found = np.zeros((*scores.shape, HIGHEST + 1))
    for fold in sorted(set(fold_of)):
        told, others = fold_of == fold, fold_of != fold
        curves, absence = fit_curves(texts, scores, others), fit_absence(texts, others)
        found[told] = level_probabilities(texts, scores, told, curves, absence, taxonomy)
    return found


def level_probabilities(
    texts: QualityTexts,
    scores: Floats,
    chosen: Booleans,
    curves: LevelCurves,
    absence: AbsenceCurve,
    taxonomy: Taxonomy,
) -> Floats:
    """Return the probability of each level of the chosen texts, (n_chosen, n_dimensions, 5)."""
    found = curves.probabilities(scores[chosen])
    odds = texts.suggests[chosen] @ np.array(absence.weights) + absence.intercept
    absent = 1.0 / (1.0 + np.exp(-odds)) * (texts.long & ~texts.acting)[chosen]
    return mixed_with_nothing(found, absent, absence.dimensions, taxonomy)


def fit_curves(texts: QualityTexts, scores: Floats, among: Booleans) -> LevelCurves:
    """Fit proportional odds of the first reader's levels, a dimension at a time."""
    chosen = among & texts.proposals & ~texts.cut
    fitted = [
        _fit_curve(scores[chosen, dimension], texts.read[chosen, dimension])
        for dimension in range(scores.shape[1])
    ]
    slopes, cuts = zip(*fitted, strict=True)
    return LevelCurves(slopes=slopes, cuts=cuts)


def _fit_curve(scores: Floats, levels: Integers) -> tuple[float, Sequence[float]]:
    """Return the slope and four ascending cuts.

    Cuts are written as a first one and the logarithms of the steps between them; a weak pull of
    the steps towards 1 keeps cuts apart where a level never occurs.
    """
    known = np.arange(len(levels))

    def cuts_of(numbers: Floats) -> Floats:
        return np.concatenate([[numbers[1]], numbers[1] + np.cumsum(np.exp(numbers[2:]))])

    def loss(numbers: Floats) -> float:
        at_least = 1.0 / (1.0 + np.exp(cuts_of(numbers)[None] - numbers[0] * scores[:, None]))
        bounded = np.pad(at_least, ((0, 0), (1, 1)))
        bounded[:, 0] = 1.0
        right = (bounded[:, :-1] - bounded[:, 1:])[known, levels]
        return float(-np.log(right + 1e-9).sum() + 0.5 * (numbers[2:] ** 2).sum() / 4.0)

    start = np.array([3.0, 0.0, 1.0, 1.0, 1.0])
    bounds = [(0.1, 20.0), (-30.0, 60.0), *[(-3.0, 4.0)] * (HIGHEST - 1)]
    numbers = optimize.minimize(loss, start, method="L-BFGS-B", bounds=bounds).x
    return round(float(numbers[0]), 4), [round(float(cut), 4) for cut in cuts_of(numbers)]


def fit_absence(texts: QualityTexts, among: Booleans) -> AbsenceCurve:
    """Fit on proposals with their suggestions and cut off before them."""
    chosen = among & texts.proposals & texts.long & ~texts.acting
    machine = LogisticRegression(C=10.0, class_weight="balanced")
    machine.fit(texts.suggests[chosen], texts.read[chosen, texts.q4] == 0)
    return AbsenceCurve(
        counted=SUGGESTING,
        weights=[round(float(weight), 4) for weight in machine.coef_[0]],
        intercept=round(float(machine.intercept_[0]), 4),
        dimensions=_NOT_WITHOUT_SUGGESTIONS,
    )


def fit_low(texts: QualityTexts, scores: Floats, taxonomy: Taxonomy) -> LowCurve:
    """Fit how likely the reader's total falls below the lowest band, by the total score."""
    everything = np.ones(len(texts.rows), dtype=bool)
    chosen = texts.proposals & ~texts.cut
    curves, absence = fit_curves(texts, scores, everything), fit_absence(texts, everything)
    found = level_probabilities(texts, scores, chosen, curves, absence, taxonomy)
    totals = total_score(found, taxonomy)
    truth = is_low(texts.read[chosen], taxonomy)
    machine = LogisticRegression(C=100.0).fit(totals[:, None], truth)
    slope = -float(machine.coef_[0, 0])
    return LowCurve(slope=round(slope, 4), middle=round(float(machine.intercept_[0]) / slope, 3))


def is_low(levels: Integers, taxonomy: Taxonomy) -> Booleans:
    """Return of which texts the reader's total falls below the lowest band."""
    lowest = sorted(band.from_score for band in taxonomy.bands)[1]
    return readers_total(levels, taxonomy) < lowest
