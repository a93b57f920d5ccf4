"""The quality part of a bundle: fitted on everything, written, read back, compared."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from sklearn.feature_extraction.text import TfidfVectorizer

from nlp_service.bundle import QUALITY, QUALITY_RULES, read_bundle
from nlp_service.quality.files import FILES, GATES
from nlp_service.quality.gate_rules import read_gate_rules
from nlp_service.quality.gates import GateCurves
from nlp_service.quality.judge import QualityModel, Rulings
from nlp_service.quality.levels import LevelModel, heard_share, mean_levels, mixed_with_nothing
from nlp_service.quality.meaning import LowerLayers, read_meaning
from nlp_service.tagging.calibration import TagScores
from nlp_service.tagging.features import features
from nlp_service.tagging.linear import Floats, dequantise
from nlp_service.text.normalise import Document
from nlp_service.text.segment import Segmenter
from training.errors import ParityFailure
from training.gates import GateTexts, fit_gate_curves, read_gate_texts
from training.out_of_fold import OutOfFold
from training.prepare import Prepared
from training.quality import (
    HeldOutLevels,
    QualityFolds,
    fit_absence,
    fit_level_model,
    quality_folds,
)
from training.quality_texts import fit_looker, read_quality_texts
from training.quantise import Codes, quantise

NEAR_LEVELS = 0.03
"""Largest mean distance of the levels that the 8-bit and the 32-bit encoder lead to."""


@dataclass(frozen=True, kw_only=True)
class QualityHeldOut:
    """What held-out answers say of levels and gates."""

    folds: QualityFolds
    gate_texts: GateTexts
    gates: GateCurves
    layers: LowerLayers | None
    """Those of the encoder that were heard."""


def held_out_quality(
    prepared: Prepared, out_of_fold: OutOfFold, scores: TagScores, *, kept: Path
) -> QualityHeldOut:
    """Fit levels fold by fold, and what scores and rule hits mean.

    Args:
        prepared: with options for the quality.
        out_of_fold: of the linear model.
        scores: its held-out probabilities.
        kept: folder in which stays what the encoder's layers make of the texts.
    """
    options = prepared.config.quality
    assert options is not None
    looker = fit_looker(prepared, options)
    texts = read_quality_texts(prepared, options, looker)
    layers = None
    if options.meaning_share:
        from training.encoder.meaning import lower_layers, meanings_of  # needs torch

        layers = lower_layers(prepared)
        texts = replace(texts, meanings=meanings_of(layers, texts.lines, kept=kept))
    gate_texts = read_gate_texts(prepared, read_gate_rules(options.rules / GATES))
    read = np.flatnonzero(prepared.targets.read)
    return QualityHeldOut(
        folds=quality_folds(prepared, out_of_fold, looker, texts),
        gate_texts=gate_texts,
        gates=fit_gate_curves(gate_texts, scores.gates, read),
        layers=layers,
    )


@dataclass(frozen=True, kw_only=True)
class _Rounded:
    """Weights of the words as they are written: in 8 bits."""

    codes: Codes
    steps: Floats

    @cached_property
    def weights(self) -> Floats:
        return dequantise(self.codes, self.steps)


@dataclass(frozen=True, kw_only=True)
class TrainedQuality:
    """A fitted quality model with the rules that it was fitted to."""

    model: QualityModel
    held_out: QualityHeldOut
    vectoriser: TfidfVectorizer
    segmenter: Segmenter
    rules: Path

    @property
    def ways(self) -> Mapping[str, Rulings]:
        """How a text is judged: without an encoder and, where one is heard, with it."""
        joint = self.model.joint
        return {"alone": self.model.alone, **({"joint": joint} if joint else {})}

    @cached_property
    def _rounded(self) -> Mapping[str, _Rounded]:
        return {
            way: _Rounded(codes=codes, steps=steps)
            for way, rulings in self.ways.items()
            for codes, steps in [quantise(rulings.levels.word_weights)]
        }

    def write(self, folder: Path) -> Mapping[str, Any]:
        """Write rules and arrays; return what the manifest says of them."""
        (folder / QUALITY_RULES).mkdir()
        for name in FILES:
            shutil.copyfile(self.rules / name, folder / QUALITY_RULES / name)
        looker = self.model.looker
        arrays = {
            **{f"role_{name}": array for name, array in looker.roles.arrays().items()},
            **{f"empty_{name}": array for name, array in looker.empty_talk.arrays().items()},
        }
        for way, rulings in self.ways.items():
            arrays |= {f"{way}_{name}": array for name, array in self._arrays(way, rulings.levels)}
        save_file(
            {name: np.ascontiguousarray(array) for name, array in arrays.items()},
            folder / QUALITY,
        )
        described = {
            way: {"curves": asdict(rulings.curves), "low": asdict(rulings.low)}
            for way, rulings in self.ways.items()
        }
        return {
            "counted": list(self.model.alone.levels.counted),
            "absence": asdict(self.model.absence),
            "alone": described["alone"],
            "joint": described.get("joint"),
            "gates": asdict(self.held_out.gates),
        }

    def _arrays(self, way: str, levels: LevelModel) -> Sequence[tuple[str, Any]]:
        rounded = self._rounded[way]
        arrays: list[tuple[str, Any]] = [
            ("count_weights", levels.count_weights),
            ("intercepts", levels.intercepts),
            ("word_codes", rounded.codes),
            ("word_steps", rounded.steps),
        ]
        if levels.meaning_weights is not None:
            arrays.append(("meaning_weights", levels.meaning_weights))
        return arrays

    def probabilities(self, document: Document, way: str) -> Floats:
        """Judge as scikit-learn and torch do: what the service must agree with."""
        look = self.model.looker.look(document)
        substance, rulings = look.substance, self.ways[way]
        words = self.vectoriser.transform([features(substance.document, self.segmenter)])
        heard = heard_share(len(substance.document.body))
        layers = self.held_out.layers if way == "joint" else None
        scores = rulings.levels.scores(
            rulings.levels.count_row(substance.counts)[None],
            heard * (words @ self._rounded[way].weights),
            read_meaning(substance.lines, layers)[None] if layers else None,
        )
        absence = self.model.absence
        absent = absence.probability(substance.suggests, len(document.text))
        found = rulings.curves.probabilities(scores)[0]
        taxonomy = self.held_out.folds.taxonomy
        return mixed_with_nothing(found, np.asarray(absent), absence.dimensions, taxonomy)


def train_quality(
    prepared: Prepared, held_out: QualityHeldOut, vectoriser: TfidfVectorizer
) -> TrainedQuality:
    """Fit the level models on everything; what their scores mean is known from held-out ones."""
    options, folds = prepared.config.quality, held_out.folds
    assert options is not None
    texts = folds.texts
    learnt = np.flatnonzero(~texts.cut)

    def rulings(levels: HeldOutLevels, *, hears: bool) -> Rulings:
        return Rulings(
            levels=fit_level_model(texts, learnt, vectoriser, options, hears=hears),
            curves=levels.curves,
            low=levels.low,
        )

    return TrainedQuality(
        model=QualityModel(
            looker=folds.looker,
            absence=fit_absence(texts, np.ones(len(texts.rows), dtype=bool)),
            alone=rulings(folds.alone, hears=False),
            joint=rulings(folds.joint, hears=True) if folds.joint else None,
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
        ParityFailure: a probability without the encoder differs by more than ``parity``, or the
            levels with it are on average further apart than ``NEAR_LEVELS``.
    """
    bundle = read_bundle(folder)
    assert bundle.quality is not None
    judge = bundle.quality.judge
    apart = []
    for document in documents:
        look = judge.model.looker.look(document)
        theirs = judge.probabilities(document, look)
        difference = float(np.abs(trained.probabilities(document, "alone") - theirs).max())
        if difference > parity:
            raise ParityFailure(
                f"写出的质量模型与训练结果不一致：等级概率最大相差 {difference:.2e}，"
                f"超过 {parity:.0e}，未启用。"
            )
        if trained.model.joint and bundle.stage:
            heard = judge.probabilities(document, look, bundle.stage.encoder)
            ours = trained.probabilities(document, "joint")
            apart.append(np.abs(mean_levels(heard) - mean_levels(ours)).mean())
    if apart and (distance := float(np.mean(apart))) > NEAR_LEVELS:
        raise ParityFailure(
            f"8 位编码器下的质量等级与训练结果平均相差 {distance:.3f} 级"
            f"（至多 {NEAR_LEVELS}），未启用。"
        )
