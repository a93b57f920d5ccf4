"""Write a bundle, read it back through the service, and only then put it in place.

Weights are rounded to 8 bits, one step a label (the figures do not move, ``docs/experiments.md``).
The trainer is given the rounded weights too, so both sides must agree to 1e-9.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import save_file

from nlp_service.assess import Assessor
from nlp_service.bundle import (
    ENCODER_FORMAT,
    GOLDEN,
    LABEL_SHARES,
    LINEAR_FORMAT,
    MANIFEST,
    MODEL,
    QUALITY_RULES,
    TAXONOMY,
    VOCABULARY,
    hash_file,
    read_bundle,
)
from nlp_service.domain.taxonomy_files import FILES
from nlp_service.tagging.calibration import Calibration, Tables, TagScores, tag_scores
from nlp_service.tagging.features import features, fingerprint
from nlp_service.tagging.linear import Floats, dequantise
from nlp_service.tagging.thresholds import Thresholds
from nlp_service.text.normalise import Document
from nlp_service.text.segment import Segmenter
from training.config import TrainingConfig, as_table
from training.errors import ParityFailure
from training.fit_linear import FittedLinear, split_by_head
from training.label_shares import Shares
from training.quality_stage import TrainedQuality, check_quality_parity
from training.quantise import Codes, quantise

if TYPE_CHECKING:  # a fit of the linear models alone needs no torch
    from training.encoder.stage import TrainedStage

PARITY = 1e-9
"""Largest difference of a probability between the trainer and the written bundle."""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """All that the trainer knows and the service needs to score a text."""

    segmenter: Segmenter
    heads: Mapping[str, Sequence[str]]
    linear: FittedLinear
    calibration: Calibration
    tables: Tables
    thresholds: Thresholds
    label_shares: Shares
    stage: "TrainedStage | None" = None
    quality: TrainedQuality | None = None

    def margins(self, documents: Sequence[Document]) -> Mapping[str, Floats]:
        """Return the decision values as scikit-learn gives them."""
        lists = [features(document, self.segmenter) for document in documents]
        found = self.linear.margins(self.linear.vectoriser.transform(lists))
        return split_by_head(found, self.heads)

    def scores(self, documents: Sequence[Document]) -> TagScores:
        """Score as scikit-learn does: what the service must agree with."""
        return tag_scores(self.margins(documents), self.calibration, self.tables)


def write_bundle(
    folder: Path,
    trained: Trained,
    *,
    config: TrainingConfig,
    data: Sequence[Mapping[str, Any]],
    model_cards: Mapping[str, str],
    check_on: Sequence[Document],
) -> None:
    """Write the bundle beside ``folder``, check it, then replace ``folder`` with it.

    Raises:
        ParityFailure: the bundle read back differs from the trainer by more than ``PARITY``.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    codes, steps = quantise(trained.linear.weights)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".writing-") as work:
        draft = Path(work) / folder.name
        (draft / TAXONOMY).mkdir(parents=True)
        save_file(_arrays(trained, codes, steps), draft / MODEL)
        vocabulary = "\n".join(trained.linear.vectoriser.get_feature_names_out())
        (draft / VOCABULARY).write_text(vocabulary, encoding="utf-8")
        for name, card in model_cards.items():
            (draft / name).write_text(card, encoding="utf-8")
        shutil.copyfile(config.golden, draft / GOLDEN)
        for name in FILES:
            shutil.copyfile(config.taxonomy / name, draft / TAXONOMY / name)
        manifest = dict(_description(trained, config))
        if trained.stage:
            manifest |= {"format": ENCODER_FORMAT, "encoder": trained.stage.write(draft)}
        if trained.quality:
            manifest |= {QUALITY_RULES: trained.quality.write(draft)}
        manifest |= {"data": list(data), "files": _hashes(draft)}
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        (draft / MANIFEST).write_text(text + "\n", encoding="utf-8")
        rounded = replace(trained.linear, weights=dequantise(codes, steps))
        check_parity(draft, replace(trained, linear=rounded), check_on)
        if trained.stage:
            from training.encoder.stage import check_stage_parity

            check_stage_parity(draft, trained.stage, check_on, trained.margins(check_on))
        if trained.quality:
            check_quality_parity(draft, trained.quality, check_on, PARITY)
        if folder.exists():
            shutil.rmtree(folder)
        shutil.move(draft, folder)


def _arrays(trained: Trained, codes: Codes, steps: Floats) -> dict[str, np.ndarray[Any, Any]]:
    arrays = {
        "idf": np.asarray(trained.linear.vectoriser.idf_, dtype=np.float64),
        "weights": codes,
        "weight_steps": steps,
        "intercepts": trained.linear.intercepts,
    }
    for item in fields(Tables):
        arrays[f"table_{item.name}"] = getattr(trained.tables, item.name).toarray()
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def _description(trained: Trained, config: TrainingConfig) -> Mapping[str, Any]:
    golden = config.golden.read_text(encoding="utf-8").splitlines()
    segmenter = trained.segmenter
    return {
        "format": LINEAR_FORMAT,
        "name": config.name,
        "version": config.version,
        "released": config.released,
        "segmenter": {"name": segmenter.name, "version": segmenter.version},
        "fingerprint": fingerprint(golden, segmenter),
        "heads": trained.heads,
        "calibration": asdict(trained.calibration),
        "thresholds": asdict(trained.thresholds),
        LABEL_SHARES: trained.label_shares,
        "config": as_table(config),
    }


def _hashes(folder: Path) -> Mapping[str, str]:
    return {
        path.relative_to(folder).as_posix(): hash_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def check_parity(folder: Path, trained: Trained, documents: Sequence[Document]) -> None:
    """Compare the bundle, read and used by the service, with the trainer on the documents."""
    ours = trained.scores(documents)
    theirs = Assessor(read_bundle(folder)).scores(documents)
    for head in TagScores.__annotations__:
        difference = float(np.abs(getattr(ours, head) - getattr(theirs, head)).max())
        if difference > PARITY:
            raise ParityFailure(
                f"写出的模型包与训练结果不一致：{head} 最大相差 {difference:.2e}，"
                f"超过 {PARITY:.0e}，未启用。"
            )
