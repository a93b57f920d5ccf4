"""The encoder's part of a bundle: fine-tuned on everything, written in 8 bits, read back, compared.

What turns its answers into probabilities was fitted on held-out answers of the same recipe.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import save_file

from nlp_service.assess import Assessor
from nlp_service.bundle import ENCODER, ENCODER_HEADS, TOKENIZER, read_bundle
from nlp_service.domain.submission import Mode
from nlp_service.tagging.calibration import TagScores
from nlp_service.tagging.doubt import Doubt
from nlp_service.tagging.linear import Floats
from nlp_service.tagging.thresholds import Thresholds
from nlp_service.text.normalise import Document
from training.combine import Joint
from training.config import Encoder
from training.encoder.batches import Rows
from training.encoder.finetune import finetune
from training.encoder.held_out import (
    answers_of,
    places_of_an_epoch,
    read_with,
    run_name,
    start_network,
)
from training.encoder.lessons import OFFICE
from training.encoder.network import TagNetwork
from training.encoder.pretrained import PretrainedEncoder
from training.encoder.write_onnx import head_arrays, write_onnx
from training.errors import ParityFailure
from training.prepare import Prepared
from training.targets import CHOICES

SAME_CHOICE = 0.995
"""Least share of texts of which the 8-bit model picks the same label as the trainer."""
NEAR = 0.03
"""Largest median difference of the picked label's probability."""

_SAMPLE = 100  # texts that show the written model how large its numbers become


@dataclass(frozen=True, kw_only=True)
class TrainedStage:
    """A fine-tuned encoder and what joins it to the linear model."""

    base: PretrainedEncoder
    network: TagNetwork
    sample: Sequence[Sequence[int]]
    """Ids of a few dozen texts that were learnt from."""
    options: Encoder
    joint: Joint
    thresholds: Thresholds
    doubt: Doubt
    read_in_auto: Mapping[str, float]
    """Source -> share of its held-out texts that the encoder reads in ``auto``."""

    def write(self, folder: Path) -> Mapping[str, Any]:
        """Write model, heads and tokenizer; return what the manifest says of them."""
        write_onnx(
            self.base,
            folder / ENCODER,
            frozen=self.options.frozen_layers,
            sample=self.sample,
        )
        self.base.tokenizer.save(str(folder / TOKENIZER), pretty=False)
        weights, intercepts = head_arrays(self.network)
        heads = [head for head in weights if head != OFFICE]
        arrays = {f"weights_{head}": weights[head] for head in heads}
        arrays |= {f"intercepts_{head}": intercepts[head] for head in heads}
        save_file(
            {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()},
            folder / ENCODER_HEADS,
        )
        return {
            "reading": {
                "prefix": self.options.prefix,
                "most_tokens": self.options.most_tokens,
                "tail_share": self.options.tail_share,
                "tail": self.options.tail,
            },
            "heads": heads,
            "choices": [head for head in CHOICES if head in self.network.choices],
            "levels": list(self.network.levels),
            "mix": self.joint.mix,
            "calibration": asdict(self.joint.calibration),
            "thresholds": asdict(self.thresholds),
            "doubt": asdict(self.doubt),
            "read_in_auto": self.read_in_auto,
        }

    def scores(self, documents: Sequence[Document], margins: Mapping[str, Floats]) -> TagScores:
        """Score with torch, in 32 bits: what the service must agree with."""
        rows = read_with(self.base, self.options).rows(documents)
        exact = self.options.exact()
        texts = Rows(rows, pad=self.base.pad)
        answers = answers_of(self.network, texts, np.arange(len(rows)), exact)
        return self.joint.scores(margins, answers)


def fit_stage(
    prepared: Prepared,
    options: Encoder,
    *,
    joint: Joint,
    thresholds: Thresholds,
    doubt: Doubt,
    read_in_auto: Mapping[str, float],
    kept: Path,
) -> TrainedStage:
    """Fine-tune on every example; the weights stay in the folder ``kept`` for a next run.

    The joining, the thresholds and what is read in ``auto`` are those of the held-out folds.
    """
    everything = np.arange(len(prepared.examples))
    start = start_network(prepared, options, everything, folder=kept)
    network = start.network
    finished = kept / f"{run_name(prepared, everything)}.finished.pt"
    if finished.is_file():
        network.load_state_dict(torch.load(finished, weights_only=True))
        network.eval()
    else:
        checkpoint = finished.with_suffix(".checkpoint")
        finetune(
            network,
            start.texts,
            start.lessons,
            places_of_an_epoch(prepared, everything),
            options,
            seed=prepared.config.seed,
            checkpoint=checkpoint,
            label="all",
        )
        kept.mkdir(parents=True, exist_ok=True)
        torch.save(network.state_dict(), finished)
        checkpoint.unlink(missing_ok=True)
    step = max(1, len(prepared.examples) // _SAMPLE)
    sample = [example.document for example in prepared.examples[::step]]
    return TrainedStage(
        base=start.base,
        network=network,
        sample=read_with(start.base, options).rows(sample),
        options=options,
        joint=joint,
        thresholds=thresholds,
        doubt=doubt,
        read_in_auto=read_in_auto,
    )


def check_stage_parity(
    folder: Path,
    stage: TrainedStage,
    documents: Sequence[Document],
    margins: Mapping[str, Floats],
) -> Mapping[str, tuple[float, float]]:
    """Compare the written 8-bit model, as the service uses it, with the trainer's.

    Args:
        folder: the bundle, complete.
        stage: the trainer's side.
        documents: texts to compare on.
        margins: the linear model's, of the same texts.

    Returns:
        Head -> share of texts with the same choice, and median difference of its probability.

    Raises:
        ParityFailure: a head differs by more than ``SAME_CHOICE`` and ``NEAR`` allow.
    """
    ours = stage.scores(documents, margins)
    theirs = Assessor(read_bundle(folder)).scores(documents, Mode.ACCURATE)
    found = {}
    for head in CHOICES:
        one, other = getattr(ours, head), getattr(theirs, head)
        best = one.argmax(axis=1)
        same = float((best == other.argmax(axis=1)).mean())
        at = np.arange(len(best))
        near = float(np.median(np.abs(one[at, best] - other[at, best])))
        found[head] = (same, near)
        if same < SAME_CHOICE or near > NEAR:
            raise ParityFailure(
                f"8 位编码器与训练结果不一致：{head} 有 {same:.2%} 的文本选出同一标签"
                f"（至少 {SAME_CHOICE:.1%}），概率中位差 {near:.3f}（至多 {NEAR}），未启用。"
            )
    return found
