"""One run from a configuration to a bundle in place."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp_service.bundle import hash_file
from training.cross_validate import CrossValidated, cross_validate, make_report
from training.export import Trained, write_bundle
from training.fit_linear import fit_linear
from training.model_card import model_card
from training.out_of_fold import fit_probabilities
from training.prepare import Prepared, Say
from training.results import Report
from training.thresholds import fit_thresholds

_CHECKED_TEXTS = 200


def fit(prepared: Prepared, folder: Path, say: Say) -> Report:
    """Cross-validate, fit on everything, write and check the bundle; return the figures.

    Raises:
        ParityFailure: the written bundle does not score as the trainer does; the old one stays.
    """
    validated = cross_validate(prepared, say)
    say("在全部数据上训练。")
    trained = train(prepared, validated)
    report = make_report(prepared, validated, [])
    data = data_lines(prepared)
    step = max(1, len(prepared.examples) // _CHECKED_TEXTS)
    write_bundle(
        folder,
        trained,
        config=prepared.config,
        data=data,
        model_card=model_card(prepared, report, trained.thresholds, data),
        check_on=[example.document for example in prepared.examples[::step]],
    )
    say(f"模型包已写入 {folder}，与训练结果逐项相符。")
    return report


def train(prepared: Prepared, validated: CrossValidated) -> Trained:
    """Fit weights on everything; what turns them into probabilities, on held-out margins."""
    config, targets = prepared.config, prepared.targets
    everything = np.arange(len(prepared.examples))
    calibration, tables = fit_probabilities(
        validated.out_of_fold, targets, everything, prepared.taxonomy
    )
    return Trained(
        segmenter=prepared.segmenter,
        heads=targets.heads,
        linear=fit_linear(prepared, everything, label="all"),
        calibration=calibration,
        tables=tables,
        thresholds=fit_thresholds(
            validated.scores,
            targets,
            everything,
            error_rates=config.error_rates,
            missed_urgent=config.missed_urgent,
        ),
    )


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
                    "split": source.split,
                    "rows": len(rows),
                    "read": int(prepared.targets.read[rows].sum()),
                }
            )
    return lines
