"""One run from a configuration to a bundle in place."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nlp_service.bundle import hash_file
from training.cross_validate import CrossValidated, cross_validate, make_report
from training.export import Trained, write_bundle
from training.fit_linear import fit_linear
from training.joint_folds import ANSWERS, JointFolds
from training.label_shares import count_label_shares
from training.model_card import model_cards
from training.out_of_fold import fit_probabilities
from training.prepare import Prepared, Say
from training.quality_stage import train_quality
from training.results import Report
from training.thresholds import fit_thresholds

if TYPE_CHECKING:  # a fit of the linear models alone needs no torch
    from training.encoder.stage import TrainedStage

_CHECKED_TEXTS = 400


def fit(prepared: Prepared, folder: Path, say: Say, *, answers: Path = ANSWERS) -> Report:
    """Cross-validate, fit on everything, write and check the bundle; return the figures.

    The encoder's held-out answers and checkpoints are kept in the folder ``answers``, so that a
    run that was killed goes on where it was.

    Raises:
        ParityFailure: the written bundle does not score as the trainer does; the old one stays.
    """
    validated = cross_validate(prepared, say, answers=answers)
    say("在全部数据上训练。")
    trained = train(prepared, validated)
    if validated.joint:
        trained = replace(trained, stage=_fit_stage(prepared, validated.joint, answers))
    report = make_report(prepared, validated, [])
    data = data_lines(prepared)
    step = max(1, len(prepared.examples) // _CHECKED_TEXTS)
    write_bundle(
        folder,
        trained,
        config=prepared.config,
        data=data,
        model_cards=model_cards(
            prepared,
            report,
            trained.thresholds,
            data,
            combined=validated.joint.thresholds if validated.joint else None,
        ),
        check_on=[example.document for example in prepared.examples[::step]],
    )
    say(f"模型包已写入 {folder}，与训练结果逐项相符。")
    return report


def train(prepared: Prepared, validated: CrossValidated) -> Trained:
    """Fit weights on everything; what turns them into probabilities, on held-out margins."""
    config, targets = prepared.config, prepared.targets
    everything = np.arange(len(prepared.examples))
    linear = fit_linear(prepared, everything, label="all")
    held_out = validated.quality
    calibration, tables = fit_probabilities(
        validated.out_of_fold, targets, everything, prepared.taxonomy
    )
    return Trained(
        segmenter=prepared.segmenter,
        heads=targets.heads,
        linear=linear,
        quality=train_quality(prepared, held_out, linear.vectoriser) if held_out else None,
        calibration=calibration,
        tables=tables,
        thresholds=fit_thresholds(
            validated.scores,
            targets,
            everything,
            error_rates=config.error_rates,
            missed_urgent=config.missed_urgent,
        ),
        label_shares=count_label_shares(prepared.examples),
    )


def _fit_stage(prepared: Prepared, joint: JointFolds, answers: Path) -> "TrainedStage":
    from training.encoder.stage import fit_stage  # needs torch

    assert prepared.config.encoder is not None
    return fit_stage(
        prepared,
        prepared.config.encoder,
        joint=joint.joint,
        thresholds=joint.thresholds,
        doubt=joint.doubt,
        read_in_auto=_shares_read_in_auto(prepared, joint),
        kept=answers,
    )


def _shares_read_in_auto(prepared: Prepared, joint: JointFolds) -> Mapping[str, float]:
    """Return of each source which share of its held-out texts the encoder reads in ``auto``."""
    return {
        source.name: round(float(np.isin(held_out, joint.read_in_auto).mean()), 4)
        for source in prepared.config.source
        if len(held_out := np.intersect1d(prepared.rows_from(source.name), joint.rows))
    }


def data_lines(prepared: Prepared) -> Sequence[Mapping[str, Any]]:
    """Return what the manifest says of each source: file, hash, split, rows."""
    lines = []
    for source in prepared.config.source:
        rows = prepared.rows_from(source.name)
        if len(rows):
            lines.append(
                {
                    "name": source.name,
                    "file": source.path.name,
                    "sha256": hash_file(source.path),
                    "labels_sha256": hash_file(source.labels) if source.labels else None,
                    "further_labels_sha256": (
                        hash_file(source.further_labels) if source.further_labels else None
                    ),
                    "split": source.split,
                    "rows": len(rows),
                    "read": int(prepared.targets.read[rows].sum()),
                    "measured": int(prepared.targets.measured[rows].sum()),
                }
            )
    return lines
