"""How near held-out quality levels come to the reader's, and what screening by them saves.

Measured on each source's proposals, with the encoder and without it, beside plain models on the
same rows and folds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.quality.levels import (
    HIGHEST,
    mean_levels,
    readers_total,
    total_score,
)
from nlp_service.tagging.calibration import TagScores
from nlp_service.tagging.linear import Floats
from training.gate_figures import GateSet, measure_gates
from training.level_metrics import (
    load_for_recall,
    mean_error,
    rank_agreement,
    rank_agreement_at_equal_length,
    rank_agreement_without_length,
    review_curve,
    weighted_kappa,
)
from training.metrics import Figure, draws, figure_of
from training.out_of_fold import OutOfFold
from training.prepare import Prepared
from training.quality import QualityFolds, is_low
from training.quality_peers import plain_levels
from training.quality_stage import QualityHeldOut
from training.targets import Booleans, Integers

ALONE, JOINT = "ours: linear", "ours: linear + encoder"

_FEW = 20  # proposals of a source, below which nothing is measured
_FEW_LOW = 5  # of them low, below which no screening is
_CURVE_POINTS = 60


@dataclass(frozen=True, kw_only=True)
class LevelRow:
    """How near one model comes to the reader, or how much nearer than another."""

    model: str
    kappa: Mapping[str, Figure]
    """Dimension -> quadratically weighted κ of the whole level nearest to the mean."""
    total: Mapping[str, Figure]
    """Of the total: ``spearman``, ``equal_length`` (its mean within quintiles of length),
    ``without_length`` (of the residuals on log length) and ``error`` (mean absolute)."""


@dataclass(frozen=True, kw_only=True)
class ScreeningRow:
    """Proposals read in order of rising total: how soon the low ones are reached."""

    model: str
    load: Sequence[float]
    """Share of the texts read."""
    recall: Sequence[float]
    """Share of the low ones among them."""
    stated: Mapping[str, Figure]
    """The smallest ``load`` that reaches the recall aimed at, and the ``precision`` there."""


@dataclass(frozen=True, kw_only=True)
class QualitySet:
    """How levels and screening fared on the proposals of one source."""

    name: str
    count: int
    low: int
    """Those whose total by the reader is below the lowest band."""
    levels: Sequence[LevelRow]
    gains: Sequence[LevelRow]
    """Of ours over each other model, text by text."""
    screening: Sequence[ScreeningRow]


@dataclass(frozen=True, kw_only=True)
class QualityResult:
    """What was found of levels, screening and gates."""

    sets: Sequence[QualitySet]
    gates: Sequence[GateSet]


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """What a model or a reader says of some texts."""

    levels: Integers  # (n_texts, n_dimensions)
    totals: Floats


def measure_quality(
    prepared: Prepared,
    out_of_fold: OutOfFold,
    scores: TagScores,
    held_out: QualityHeldOut,
) -> QualityResult:
    """Measure levels, screening and gates against the reader.

    Args:
        prepared: for sources, kinds and what is measured.
        out_of_fold: for the folds, on which the plain models are fitted, too.
        scores: the linear model's held-out probabilities.
        held_out: levels and gates.
    """
    plain = plain_levels(prepared, out_of_fold.folds, held_out.folds.texts)
    return QualityResult(
        sets=measure_levels(prepared, held_out.folds, plain),
        gates=measure_gates(prepared, out_of_fold, scores, held_out.gate_texts),
    )


def measure_levels(
    prepared: Prepared, folds: QualityFolds, plain: Mapping[str, Floats]
) -> Sequence[QualitySet]:
    """Measure on each source's proposals."""
    texts, taxonomy = folds.texts, folds.taxonomy
    judged = {name: _of_means(levels, taxonomy) for name, levels in plain.items()}
    judged[ALONE] = _of_probabilities(folds.alone.probabilities, taxonomy)
    if folds.joint:
        judged[JOINT] = _of_probabilities(folds.joint.probabilities, taxonomy)
    sources = np.array([prepared.examples[row].source for row in texts.rows.tolist()])
    among = texts.proposals & ~texts.cut & prepared.targets.measured[texts.rows]
    found = []
    for source in prepared.config.source:
        places = np.flatnonzero(among & (sources == source.name))
        if len(places) >= _FEW:
            found.append(_measure_set(source.name, prepared, folds, judged, places))
    return found


def _of_probabilities(probabilities: Floats, taxonomy: Taxonomy) -> _Judged:
    return _Judged(
        levels=_nearest(mean_levels(probabilities)), totals=total_score(probabilities, taxonomy)
    )


def _of_means(means: Floats, taxonomy: Taxonomy) -> _Judged:
    """Judge without caps: a mean does not say how likely a level 0 is."""
    weights = np.array([dimension.weight for dimension in taxonomy.dimensions])
    return _Judged(levels=_nearest(means), totals=means @ weights / HIGHEST)


def _nearest(means: Floats) -> Integers:
    """Return the whole levels, halves upwards, as the service does."""
    return np.minimum((means + 0.5).astype(np.int64), HIGHEST)


def _measure_set(
    name: str,
    prepared: Prepared,
    folds: QualityFolds,
    models: Mapping[str, _Judged],
    places: Integers,
) -> QualitySet:
    texts, taxonomy = folds.texts, folds.taxonomy
    read = texts.read[places]
    reader = _Judged(levels=read, totals=readers_total(read, taxonomy))
    rows = texts.rows[places].tolist()
    lengths = np.array([len(prepared.examples[row].document.text) for row in rows])
    drawn = draws(len(places), seed=prepared.config.seed)
    codes = [dimension.code for dimension in taxonomy.dimensions]
    own = {
        model: _Judged(levels=judged.levels[places], totals=judged.totals[places])
        for model, judged in models.items()
    }
    values = {
        model: (_kappas(codes, judged, reader, drawn), _totals(judged, reader, lengths, drawn))
        for model, judged in own.items()
    }
    low, ours = is_low(read, taxonomy), list(models)[-1]
    return QualitySet(
        name=name,
        count=len(places),
        low=int(low.sum()),
        levels=[_level_row(model, *found) for model, found in values.items()],
        gains=[
            _level_row(
                f"gain of {ours} over {model}",
                *(_minus(a, b) for a, b in zip(values[ours], others, strict=True)),
            )
            for model, others in values.items()
            if model != ours
        ],
        screening=[
            _screening_row(model, judged.totals, low, drawn)
            for model, judged in own.items()
            if low.sum() >= _FEW_LOW
        ],
    )


_Drawn = Mapping[str, Floats]
"""Name of a measure -> its value on each draw."""


def _kappas(codes: Sequence[str], found: _Judged, reader: _Judged, drawn: Integers) -> _Drawn:
    return {
        code: weighted_kappa(found.levels[:, n], reader.levels[:, n], drawn)
        for n, code in enumerate(codes)
    }


def _totals(found: _Judged, reader: _Judged, lengths: Integers, drawn: Integers) -> _Drawn:
    totals = found.totals, reader.totals
    return {
        "spearman": rank_agreement(*totals, drawn),
        "equal_length": rank_agreement_at_equal_length(*totals, lengths, drawn),
        "without_length": rank_agreement_without_length(*totals, lengths, drawn),
        "error": mean_error(*totals, drawn),
    }


def _minus(ours: _Drawn, others: _Drawn) -> _Drawn:
    return {name: values - others[name] for name, values in ours.items()}


def _level_row(model: str, kappas: _Drawn, totals: _Drawn) -> LevelRow:
    return LevelRow(model=model, kappa=_figures(kappas), total=_figures(totals))


def _figures(drawn: _Drawn) -> Mapping[str, Figure]:
    return {name: figure_of(values) for name, values in drawn.items()}


def _screening_row(model: str, totals: Floats, low: Booleans, drawn: Integers) -> ScreeningRow:
    recall, precision = review_curve(totals, low, drawn)
    load, there = load_for_recall(recall, precision)
    thin = np.unique(np.linspace(0, len(totals) - 1, _CURVE_POINTS).astype(int))
    return ScreeningRow(
        model=model,
        load=((thin + 1) / len(totals)).tolist(),
        recall=recall[0, thin].tolist(),
        stated={"load": figure_of(load), "precision": figure_of(there)},
    )
