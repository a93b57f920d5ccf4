"""The quality part of a bundle: fitted on everything, written, read back, compared."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from sklearn.feature_extraction.text import TfidfVectorizer

from nlp_service.bundle import QUALITY, QUALITY_RULES, dequantise, read_bundle
from nlp_service.quality.files import FILES, GATES
from nlp_service.quality.gate_rules import read_gate_rules
from nlp_service.quality.gates import GateCurves
from nlp_service.quality.judge import QualityModel, Rulings
from nlp_service.quality.levels import heard_share, mixed_with_nothing
from nlp_service.tagging.calibration import TagScores
from nlp_service.tagging.features import features
from nlp_service.tagging.linear import Floats
from nlp_service.text.normalise import Document
from nlp_service.text.segment import Segmenter
from training.errors import ParityFailure
from training.gates import GateTexts, fit_gate_curves, read_gate_texts
from training.joint_folds import JointFolds
from training.out_of_fold import OutOfFold
from training.prepare import Prepared
from training.quality import QualityFolds, fit_absence, fit_level_model, quality_folds
from training.quantise import Codes, quantise


@dataclass(frozen=True, kw_only=True)
class QualityHeldOut:
    """What held-out answers say of levels and gates."""

    folds: QualityFolds
    gate_texts: GateTexts
    gates: GateCurves


def held_out_quality(
    prepared: Prepared, out_of_fold: OutOfFold, scores: TagScores, joint: JointFolds | None
) -> QualityHeldOut:
    """Fit levels fold by fold, and what scores and rule hits mean.

    Args:
        prepared: with options for the quality.
        out_of_fold: of the linear model.
        scores: its held-out probabilities.
        joint: of the encoder, with the rows that it answered.
    """
    options = prepared.config.quality
    assert options is not None
    gate_texts = read_gate_texts(prepared, read_gate_rules(options.rules / GATES))
    read = np.flatnonzero(prepared.targets.read)
    return QualityHeldOut(
        folds=quality_folds(prepared, out_of_fold, joint.answers if joint else None),
        gate_texts=gate_texts,
        gates=fit_gate_curves(gate_texts, scores.gates, read),
    )


@dataclass(frozen=True, kw_only=True)
class TrainedQuality:
    """A fitted quality model with the rules that it was fitted to."""

    model: QualityModel
    held_out: QualityHeldOut
    vectoriser: TfidfVectorizer
    segmenter: Segmenter
    rules: Path

    @cached_property
    def _codes(self) -> tuple[Codes, Floats]:
        return quantise(self.model.levels.word_weights)

    @cached_property
    def _rounded(self) -> Floats:
        return dequantise(*self._codes)

    def write(self, folder: Path) -> Mapping[str, Any]:
        """Write rules and arrays; return what the manifest says of them."""
        (folder / QUALITY_RULES).mkdir()
        for name in FILES:
            shutil.copyfile(self.rules / name, folder / QUALITY_RULES / name)
        codes, steps = self._codes
        looker = self.model.looker
        arrays = {
            **{f"role_{name}": array for name, array in looker.roles.arrays().items()},
            **{f"empty_{name}": array for name, array in looker.empty_talk.arrays().items()},
            "count_weights": self.model.levels.count_weights,
            "intercepts": self.model.levels.intercepts,
            "word_weights": codes,
            "word_steps": steps,
        }
        save_file(
            {name: np.ascontiguousarray(array) for name, array in arrays.items()},
            folder / QUALITY,
        )
        joint = self.model.joint
        return {
            "counted": list(self.model.levels.counted),
            "absence": asdict(self.model.absence),
            "alone": asdict(self.model.alone),
            "joint": asdict(joint) if joint else None,
            "gates": asdict(self.held_out.gates),
        }

    def probabilities(self, document: Document) -> Floats:
        """Judge as scikit-learn does: what the service must agree with."""
        look = self.model.looker.look(document)
        substance, levels = look.substance, self.model.levels
        words = self.vectoriser.transform([features(substance.document, self.segmenter)])
        heard = heard_share(len(substance.document.body))
        scores = heard * (words @ self._rounded)[0] + levels.intercepts
        scores = scores + levels.count_row(substance.counts) @ levels.count_weights
        absence = self.model.absence
        absent = absence.probability(substance.suggests, len(document.text))
        found = self.model.alone.curves.probabilities(scores)
        taxonomy = self.held_out.folds.taxonomy
        return mixed_with_nothing(found, np.asarray(absent), absence.dimensions, taxonomy)


def train_quality(
    prepared: Prepared, held_out: QualityHeldOut, vectoriser: TfidfVectorizer
) -> TrainedQuality:
    """Fit the level model on everything; what its scores mean is known from held-out ones."""
    options, folds = prepared.config.quality, held_out.folds
    assert options is not None
    learnt = np.flatnonzero(~folds.texts.cut)
    joint = (
        Rulings(curves=folds.joint_curves, low=folds.joint_low)
        if folds.joint_curves and folds.joint_low
        else None
    )
    return TrainedQuality(
        model=QualityModel(
            looker=folds.looker,
            levels=fit_level_model(folds.texts, learnt, vectoriser, options),
            absence=fit_absence(folds.texts, np.ones(len(folds.texts.rows), dtype=bool)),
            alone=Rulings(curves=folds.curves, low=folds.low),
            joint=joint,
        ),
        held_out=held_out,
        vectoriser=vectoriser,
        segmenter=prepared.segmenter,
        rules=options.rules,
    )


def check_quality_parity(
    folder: Path, trained: TrainedQuality, documents: Sequence[Document], parity: float
) -> None:
    """Compare the written quality part, as the service uses it, with the trainer's.

    Raises:
        ParityFailure: a probability differs by more than ``parity``.
    """
    stage = read_bundle(folder).quality
    assert stage is not None
    for document in documents:
        look = stage.judge.model.looker.look(document)
        theirs = stage.judge.probabilities(document, look)
        difference = float(np.abs(trained.probabilities(document) - theirs).max())
        if difference > parity:
            raise ParityFailure(
                f"写出的质量模型与训练结果不一致：等级概率最大相差 {difference:.2e}，"
                f"超过 {parity:.0e}，未启用。"
            )
