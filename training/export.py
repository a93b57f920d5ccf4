"""Write a bundle, read it back through the service, and only then put it in place.

Weights are rounded to 8 bits, one step a label (the figures do not move, ``docs/experiments.md``).
The trainer is given the rounded weights too, so both sides must agree to 1e-9.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from nlp_service.assess import Assessor
from nlp_service.bundle import (
    FORMAT,
    GOLDEN,
    MANIFEST,
    MODEL,
    TAXONOMY,
    VOCABULARY,
    dequantise,
    hash_file,
    read_bundle,
)
from nlp_service.domain.taxonomy_files import FILES
from nlp_service.tagging.calibration import Calibration, Tables, TagScores, tag_scores
from nlp_service.tagging.features import features, fingerprint
from nlp_service.tagging.linear import Floats
from nlp_service.tagging.thresholds import Thresholds
from nlp_service.text.normalise import Document
from nlp_service.text.segment import Segmenter
from training.config import TrainingConfig, as_table
from training.errors import ParityFailure
from training.fit_linear import FittedLinear, split_by_head

PARITY = 1e-9
"""Largest difference of a probability between the trainer and the written bundle."""

MODEL_CARD = "MODEL_CARD.md"


def quantise(weights: Floats) -> tuple[np.ndarray[Any, np.dtype[np.int8]], Floats]:
    """Return 8-bit codes and the step of each column; code · step is the rounded weight."""
    largest = np.abs(weights).max(axis=0)
    steps = np.where(largest > 0, largest / 127.0, 1.0)
    return np.round(weights / steps).astype(np.int8), steps


def write_bundle(
    folder: Path,
    *,
    config: TrainingConfig,
    segmenter: Segmenter,
    fitted: FittedLinear,
    heads: Mapping[str, Sequence[str]],
    calibration: Calibration,
    tables: Tables,
    thresholds: Thresholds,
    data: Sequence[Mapping[str, Any]],
    model_card: str,
    check_on: Sequence[Document],
) -> None:
    """Write the bundle beside ``folder``, check it, then replace ``folder`` with it.

    Raises:
        ParityFailure: the bundle read back differs from the trainer by more than ``PARITY``.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".writing-") as work:
        draft = Path(work) / folder.name
        (draft / TAXONOMY).mkdir(parents=True)
        codes, steps = quantise(fitted.weights)
        arrays = {
            "idf": np.asarray(fitted.vectoriser.idf_, dtype=np.float64),
            "weights": codes,
            "weight_steps": steps,
            "intercepts": fitted.intercepts,
            **{
                f"table_{item.name}": getattr(tables, item.name).toarray()
                for item in fields(tables)
            },
        }
        save_file({name: np.ascontiguousarray(a) for name, a in arrays.items()}, draft / MODEL)
        vocabulary = "\n".join(fitted.vectoriser.get_feature_names_out())
        (draft / VOCABULARY).write_text(vocabulary, encoding="utf-8")
        (draft / MODEL_CARD).write_text(model_card, encoding="utf-8")
        shutil.copyfile(config.golden, draft / GOLDEN)
        for name in FILES:
            shutil.copyfile(config.taxonomy / name, draft / TAXONOMY / name)
        golden = config.golden.read_text(encoding="utf-8").splitlines()
        manifest = {
            "format": FORMAT,
            "name": config.name,
            "version": config.version,
            "released": config.released,
            "segmenter": {"name": segmenter.name, "version": segmenter.version},
            "fingerprint": fingerprint(golden, segmenter),
            "heads": heads,
            "calibration": asdict(calibration),
            "thresholds": asdict(thresholds),
            "data": list(data),
            "config": as_table(config),
            "files": {
                path.relative_to(draft).as_posix(): hash_file(path)
                for path in sorted(draft.rglob("*"))
                if path.is_file()
            },
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        (draft / MANIFEST).write_text(text + "\n", encoding="utf-8")
        rounded = FittedLinear(
            vectoriser=fitted.vectoriser,
            weights=dequantise(codes, steps),
            intercepts=fitted.intercepts,
        )
        check_parity(draft, rounded, heads, calibration, tables, segmenter, check_on)
        if folder.exists():
            shutil.rmtree(folder)
        shutil.move(draft, folder)


def check_parity(
    folder: Path,
    fitted: FittedLinear,
    heads: Mapping[str, Sequence[str]],
    calibration: Calibration,
    tables: Tables,
    segmenter: Segmenter,
    documents: Sequence[Document],
) -> None:
    """Compare the bundle, read and used by the service, with scikit-learn on the documents."""
    lists = [features(document, segmenter) for document in documents]
    margins = fitted.margins(fitted.vectoriser.transform(lists))
    ours = tag_scores(split_by_head(margins, heads), calibration, tables)
    theirs = Assessor(read_bundle(folder)).scores(documents)
    for head in TagScores.__annotations__:
        difference = float(np.abs(getattr(ours, head) - getattr(theirs, head)).max())
        if difference > PARITY:
            raise ParityFailure(
                f"写出的模型包与训练结果不一致：{head} 最大相差 {difference:.2e}，"
                f"超过 {PARITY:.0e}，未启用。"
            )
