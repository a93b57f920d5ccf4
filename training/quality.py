"""Fit what tells the quality levels: from evidence and wording, and from the encoder beside them.

A ridge regression on the evidence that was found and on the wording gives a score a dimension.
What scores mean as levels is fitted on held-out ones, so that no text speaks for itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.quality.levels import (
    HIGHEST,
    AbsenceCurve,
    LevelCurves,
    LevelModel,
    LowCurve,
    mean_levels,
    mixed_with_nothing,
    readers_total,
    total_score,
)
from nlp_service.quality.look import Looker
from nlp_service.tagging.linear import Floats
from training.config import QualityOptions
from training.out_of_fold import OutOfFold
from training.prepare import Prepared
from training.quality_texts import SUGGESTING, QualityTexts, fit_looker, read_quality_texts
from training.targets import Booleans, Integers

_NOT_WITHOUT_SUGGESTIONS = ("Q4", "Q5")


def fit_level_model(
    texts: QualityTexts, places: Integers, vectoriser: TfidfVectorizer, options: QualityOptions
) -> LevelModel:
    """Fit on some of the texts, and on one of which nothing is left, by the rubric.

    One penalty holds for evidence and wording together.
    """
    counts = texts.counts[places]
    spread = counts.std(axis=0)
    scale = np.sqrt(options.evidence_share / counts.shape[1]) / np.where(spread > 0, spread, 1.0)
    words = _words(texts, places, vectoriser)
    machine = Ridge(alpha=options.penalty, solver="sparse_cg", tol=1e-6)
    seen = sparse.hstack([sparse.csr_matrix(counts * scale), words], format="csr")
    machine.fit(
        sparse.vstack([seen, sparse.csr_matrix((1, seen.shape[1]))], format="csr"),
        np.vstack([texts.learnt[places], texts.of_nothing]),
        sample_weight=np.append(texts.weights[places], options.nothing_weight),
    )
    weights = machine.coef_.T
    return LevelModel(
        counted=texts.counted,
        count_weights=weights[: len(scale)] * scale[:, None],
        word_weights=weights[len(scale) :],
        intercepts=machine.intercept_,
    )


def level_scores(
    model: LevelModel, texts: QualityTexts, places: Integers, vectoriser: TfidfVectorizer
) -> Floats:
    """Return the scores of some of the texts, (n_places, n_dimensions)."""
    words = _words(texts, places, vectoriser)
    found: Floats = words @ model.word_weights
    return found + texts.counts[places] @ model.count_weights + model.intercepts


def _words(texts: QualityTexts, places: Integers, vectoriser: TfidfVectorizer) -> sparse.csr_matrix:
    rows = vectoriser.transform([texts.feature_lists[place] for place in places])
    return sparse.csr_matrix(sparse.diags(texts.heard[places]) @ rows)


@dataclass(frozen=True, kw_only=True)
class QualityFolds:
    """Held-out scores and probabilities of every text whose quality was read."""

    taxonomy: Taxonomy
    looker: Looker
    texts: QualityTexts
    scores: Floats
    """(n_texts, n_dimensions): of the level model."""
    encoder: Floats
    """The same of the encoder: mean levels; not-a-number where it did not answer."""
    alone: Floats
    """(n_texts, n_dimensions, 5): probabilities without the encoder."""
    joint: Floats
    """The same with it; not-a-number where it did not answer."""
    curves: LevelCurves
    joint_curves: LevelCurves | None
    low: LowCurve
    joint_low: LowCurve | None


def quality_folds(
    prepared: Prepared, out_of_fold: OutOfFold, answers: Mapping[str, Floats] | None
) -> QualityFolds:
    """Fit a level model on each fold's complement, and curves on held-out scores.

    Args:
        prepared: with options for the quality.
        out_of_fold: for its folds and what each fold's model sees of a text.
        answers: the encoder's held-out answers, of all examples.
    """
    options = prepared.config.quality
    assert options is not None
    looker = fit_looker(prepared, options)
    texts = read_quality_texts(prepared, options, looker)
    scores = np.zeros(texts.learnt.shape)
    fold_of = np.zeros(len(texts.rows), dtype=np.int64)
    for number, (fitted_on, held_out) in enumerate(out_of_fold.folds):
        vectoriser = out_of_fold.vectorisers[number]
        learnt = np.flatnonzero(np.isin(texts.rows, fitted_on) & ~texts.cut)
        told = np.flatnonzero(np.isin(texts.rows, held_out))
        model = fit_level_model(texts, learnt, vectoriser, options)
        scores[told] = level_scores(model, texts, told, vectoriser)
        fold_of[told] = number
    encoder = np.full(scores.shape, np.nan)
    if answers is not None and options.hears_encoder:
        encoder = mean_levels(np.exp(answers["quality"][texts.rows]))
        encoder[texts.cut] = np.nan  # it read the whole text
    there = ~np.isnan(encoder).any(axis=1)
    taxonomy = prepared.taxonomy
    everything = np.ones(len(texts.rows), dtype=bool)
    return QualityFolds(
        taxonomy=taxonomy,
        looker=looker,
        texts=texts,
        scores=scores,
        encoder=encoder,
        alone=_held_out_probabilities(texts, scores, None, everything, fold_of, taxonomy),
        joint=_held_out_probabilities(texts, scores, encoder, there, fold_of, taxonomy),
        curves=fit_curves(texts, scores, None, everything),
        joint_curves=fit_curves(texts, scores, encoder, there) if there.any() else None,
        low=fit_low(texts, scores, None, everything, taxonomy),
        joint_low=fit_low(texts, scores, encoder, there, taxonomy) if there.any() else None,
    )


def _held_out_probabilities(
    texts: QualityTexts,
    scores: Floats,
    encoder: Floats | None,
    among: Booleans,
    fold_of: Integers,
    taxonomy: Taxonomy,
) -> Floats:
    """Give each fold the curves of the others; a single fold's texts are cut in a few parts."""
    found = np.full((*scores.shape, HIGHEST + 1), np.nan)
    parts = fold_of if len(set(fold_of[among])) > 1 else np.arange(len(fold_of)) % 5
    for part in sorted(set(parts[among])):
        told, others = among & (parts == part), parts != part
        curves = fit_curves(texts, scores, encoder, among & others)
        found[told] = level_probabilities(
            texts, scores, encoder, told, curves, fit_absence(texts, others), taxonomy
        )
    return found


def level_probabilities(
    texts: QualityTexts,
    scores: Floats,
    encoder: Floats | None,
    chosen: Booleans,
    curves: LevelCurves,
    absence: AbsenceCurve,
    taxonomy: Taxonomy,
) -> Floats:
    """Return the probability of each level of the chosen texts, (n_chosen, n_dimensions, 5)."""
    found = curves.probabilities(scores[chosen], None if encoder is None else encoder[chosen])
    odds = texts.suggests[chosen] @ np.array(absence.weights) + absence.intercept
    absent = 1.0 / (1.0 + np.exp(-odds)) * (texts.long & ~texts.acting)[chosen]
    return mixed_with_nothing(found, absent, absence.dimensions, taxonomy)


def fit_curves(
    texts: QualityTexts, scores: Floats, encoder: Floats | None, among: Booleans
) -> LevelCurves:
    """Fit proportional odds of the first reader's levels, a dimension at a time."""
    chosen = among & texts.proposals & ~texts.cut
    fitted = [
        _fit_curve(
            scores[chosen, dimension],
            None if encoder is None else encoder[chosen, dimension],
            texts.read[chosen, dimension],
        )
        for dimension in range(scores.shape[1])
    ]
    own, heard, cuts = zip(*fitted, strict=True)
    return LevelCurves(own=own, heard=heard, cuts=cuts)


def _fit_curve(
    scores: Floats, encoder: Floats | None, levels: Integers
) -> tuple[float, float, Sequence[float]]:
    """Return weight of the score, weight of the encoder and four ascending cuts.

    Cuts are written as a first one and the logarithms of the steps between them; a weak pull of
    the steps towards 1 keeps cuts apart where a level never occurs.
    """
    heard = np.zeros_like(scores) if encoder is None else encoder
    known = np.arange(len(levels))

    def cuts_of(numbers: Floats) -> Floats:
        return np.concatenate([[numbers[2]], numbers[2] + np.cumsum(np.exp(numbers[3:]))])

    def loss(numbers: Floats) -> float:
        sums = numbers[0] * scores + numbers[1] * heard
        at_least = 1.0 / (1.0 + np.exp(cuts_of(numbers)[None] - sums[:, None]))
        bounded = np.pad(at_least, ((0, 0), (1, 1)))
        bounded[:, 0] = 1.0
        right = (bounded[:, :-1] - bounded[:, 1:])[known, levels]
        return float(-np.log(right + 1e-9).sum() + 0.5 * (numbers[3:] ** 2).sum() / 4.0)

    start = np.array([3.0, 0.5 if encoder is not None else 0.0, 0.0, 1.0, 1.0, 1.0])
    most = 10.0 if encoder is not None else 0.0
    bounds = [(0.1, 20.0), (0.0, most), (-30.0, 60.0), *[(-3.0, 4.0)] * (HIGHEST - 1)]
    numbers = optimize.minimize(loss, start, method="L-BFGS-B", bounds=bounds).x
    cuts = [round(float(cut), 4) for cut in cuts_of(numbers)]
    return round(float(numbers[0]), 4), round(float(numbers[1]), 4), cuts


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


def fit_low(
    texts: QualityTexts,
    scores: Floats,
    encoder: Floats | None,
    among: Booleans,
    taxonomy: Taxonomy,
) -> LowCurve:
    """Fit how likely the reader's total falls below the lowest band, by the total score."""
    chosen = among & texts.proposals & ~texts.cut
    curves = fit_curves(texts, scores, encoder, among)
    absence = fit_absence(texts, np.ones(len(texts.rows), dtype=bool))
    found = level_probabilities(texts, scores, encoder, chosen, curves, absence, taxonomy)
    totals = total_score(found, taxonomy)
    truth = is_low(texts.read[chosen], taxonomy)
    machine = LogisticRegression(C=100.0).fit(totals[:, None], truth)
    slope = -float(machine.coef_[0, 0])
    return LowCurve(slope=round(slope, 4), middle=round(float(machine.intercept_[0]) / slope, 3))


def is_low(levels: Integers, taxonomy: Taxonomy) -> Booleans:
    """Return of which texts the reader's total falls below the lowest band."""
    lowest = sorted(band.from_score for band in taxonomy.bands)[1]
    return readers_total(levels, taxonomy) < lowest
