"""Held-out figures of every head against the readers.

Folds keep near-copies together. Every probability of a row comes from a model, a calibration and
a threshold that never saw it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlp_service.tagging.calibration import TagScores
from nlp_service.tagging.thresholds import Thresholds
from training.joint_folds import ANSWERS, JointFolds, answer_folds
from training.out_of_fold import OutOfFold, grouped_folds, held_out_margins, held_out_scores
from training.prepare import Prepared, Say
from training.quality_figures import measure_quality
from training.quality_stage import QualityHeldOut, held_out_quality
from training.results import Comparison, Report, SetResult, measure_set
from training.targets import Integers
from training.thresholds import fit_thresholds


@dataclass(frozen=True, kw_only=True)
class CrossValidated:
    """Held-out margins and probabilities of every example, and what they amount to."""

    out_of_fold: OutOfFold
    scores: TagScores
    sets: Sequence[SetResult]
    joint: JointFolds | None
    quality: QualityHeldOut | None


def cross_validate(prepared: Prepared, say: Say, *, answers: Path = ANSWERS) -> CrossValidated:
    """Fit on each fold's complement and measure on the fold, set by set.

    With an encoder, its answers are kept in (and taken from) the folder ``answers``.
    """
    config, targets = prepared.config, prepared.targets
    folds = grouped_folds(prepared.examples, folds=config.folds, seed=config.seed)
    say(f"{config.folds} 折交叉验证，近似文本同在一折。")
    out_of_fold = held_out_margins(prepared, folds)
    scores = held_out_scores(out_of_fold, targets, prepared.taxonomy)
    everything = np.arange(len(prepared.examples))
    thresholds = fit_thresholds(
        scores,
        targets,
        everything,
        error_rates=config.error_rates,
        missed_urgent=config.missed_urgent,
    )
    sets = _measure(prepared, scores, everything, thresholds, "")
    joint = None
    if config.encoder:
        joint = answer_folds(prepared, out_of_fold, scores, say, folder=answers)
        sets += _measure(prepared, joint.scores, joint.rows, joint.thresholds, ", with encoder")
    quality = None
    if config.quality:
        quality = held_out_quality(prepared, out_of_fold, scores, kept=answers)
    return CrossValidated(
        out_of_fold=out_of_fold, scores=scores, sets=sets, joint=joint, quality=quality
    )


def _measure(
    prepared: Prepared, scores: TagScores, among: Integers, thresholds: Thresholds, way: str
) -> list[SetResult]:
    """Measure each source's rows that figures are taken against."""
    found = []
    for source in prepared.config.source:
        rows = np.intersect1d(prepared.rows_from(source.name), among)
        rows = rows[prepared.targets.measured[rows]]
        if len(rows):
            found.append(
                measure_set(
                    source.name + way,
                    [example.id for example in prepared.examples],
                    scores,
                    prepared.targets,
                    rows,
                    taxonomy=prepared.taxonomy,
                    sure=thresholds.sure,
                    show=thresholds.show,
                    seed=prepared.config.seed,
                )
            )
    return found


def make_report(
    prepared: Prepared, validated: CrossValidated, comparisons: Sequence[Comparison]
) -> Report:
    """Gather the figures with what a reader must know of them."""
    config = prepared.config
    notes = [
        f"{config.folds} folds, near-copies together, seed {config.seed}.",
        "Intervals: 95 % bootstrap over texts.",
        "The readers are a large language model reading under the labelling guide; independent"
        " readings by the same kind of reader agree more than two people would.",
        "Figures on 'gold' are measures on our own writing.",
    ]
    if validated.joint:
        notes.append(
            f"Fine-tuned on {config.encoder.answered_folds if config.encoder else 0} of the folds:"
            f" {len(validated.joint.rows)} texts have held-out answers of the encoder; side by side"
            " every model is measured on these."
        )
    quality = None
    if held_out := validated.quality:
        quality = measure_quality(prepared, validated.out_of_fold, validated.scores, held_out)
    return Report(
        title=f"Cross-validation of {config.name}-{config.version}",
        date=config.released,
        notes=notes,
        sets=validated.sets,
        comparisons=comparisons,
        quality=quality,
    )
