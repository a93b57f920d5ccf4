"""Held-out answers of linear model and encoder together, and what they amount to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlp_service.tagging.calibration import TagScores
from nlp_service.tagging.doubt import Doubt
from nlp_service.tagging.linear import Floats
from nlp_service.tagging.thresholds import Thresholds
from training.combine import Joint, fit_joint, joint_held_out_scores
from training.out_of_fold import OutOfFold, split_in_folds
from training.prepare import Prepared, Say
from training.targets import Integers, Targets
from training.thresholds import fit_thresholds

ANSWERS = Path("var/encoder/folds")
"""Where the answers of a fold are kept until its options change."""

_FEW = 5  # parts of one fold's rows, when no other fold was answered


@dataclass(frozen=True, kw_only=True)
class JointFolds:
    """What both models say of the rows that the encoder answered without having seen them."""

    rows: Integers
    answers: Mapping[str, Floats]
    """Of the encoder, for all examples; not-a-number outside ``rows``."""
    scores: TagScores
    """Of both together."""
    alone: TagScores
    """Of the encoder alone, calibrated in the same way."""
    read_in_auto: Integers
    """Those of ``rows`` that the encoder would read in ``auto``."""
    joint: Joint
    thresholds: Thresholds
    doubt: Doubt


def answer_folds(
    prepared: Prepared, out_of_fold: OutOfFold, linear: TagScores, say: Say, *, folder: Path
) -> JointFolds:
    """Fine-tune on as many folds as the options say, and join the held-out answers."""
    from training.encoder.held_out import held_out_answers  # needs torch

    config, targets = prepared.config, prepared.targets
    assert config.encoder is not None
    answers = held_out_answers(
        prepared,
        out_of_fold.folds,
        folder,
        say,
        only=range(1, config.encoder.answered_folds + 1),
    )
    rows = np.flatnonzero(~np.isnan(answers["topic"][:, 0]))
    parts = _parts(prepared, out_of_fold, rows)
    margins, taxonomy = out_of_fold.margins, prepared.taxonomy
    everything = np.arange(len(prepared.examples))
    scores = joint_held_out_scores(margins, answers, targets, parts, taxonomy)
    silent = {head: np.zeros_like(values) for head, values in margins.items()}
    heard = {head: answers[head] for head in margins}
    doubt = _fit_doubt(targets, linear.topic, rows, config.encoder.auto_share)
    return JointFolds(
        rows=rows,
        answers=answers,
        scores=scores,
        alone=joint_held_out_scores(heard, silent, targets, parts, taxonomy),
        read_in_auto=rows[doubt.asks(linear.topic[rows])],
        joint=fit_joint(margins, answers, targets, rows, everything, taxonomy),
        thresholds=fit_thresholds(
            scores,
            targets,
            rows,
            error_rates=config.error_rates,
            missed_urgent=config.missed_urgent,
        ),
        doubt=doubt,
    )


def _fit_doubt(targets: Targets, topics: Floats, rows: Integers, share: float) -> Doubt:
    """Count how common topics are, and let the encoder read this share of the rows.

    Half a case is added to every topic: one that was never seen is rare, not impossible.
    """
    known = targets.choice["topic"][targets.rows_of("topic")]
    counts = np.bincount(known, minlength=topics.shape[1]) + 0.5
    shares = np.round(counts / counts.sum(), 6)
    doubts = Doubt(shares=shares.tolist(), read_from=0.0).of(topics[rows])
    read_from = float(np.quantile(doubts, 1.0 - share))
    return Doubt(shares=shares.tolist(), read_from=round(read_from, 4))


def _parts(prepared: Prepared, out_of_fold: OutOfFold, rows: Integers) -> Sequence[Integers]:
    """Return the rows fold by fold; a single fold's rows in a few parts."""
    by_fold = [np.intersect1d(held_out, rows) for _, held_out in out_of_fold.folds]
    by_fold = [part for part in by_fold if len(part)]
    if len(by_fold) > 1:
        return by_fold
    sources = [prepared.examples[row].source for row in rows]
    seed = prepared.config.seed
    few = split_in_folds(sources, np.arange(len(rows)), folds=_FEW, seed=seed)
    return [rows[held_out] for _, held_out in few]
