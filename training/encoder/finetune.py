"""One fine-tuning for all tags. Killed at any moment, it goes on from its last checkpoint."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from training.config import Encoder
from training.encoder.batches import best_device, short_floats, shuffled_batches
from training.encoder.lessons import Lessons, loss_of
from training.encoder.network import TagNetwork, Texts
from training.targets import Integers

_CHECKPOINT_STEPS = 100
_HEAD_LEARNING_RATE = 1e-3
_WARM_UP = 0.06  # share of all steps
_LARGEST_GRADIENT = 1.0


def finetune(
    network: TagNetwork,
    texts: Texts,
    lessons: Lessons,
    places: Integers,
    options: Encoder,
    *,
    seed: int,
    checkpoint: Path,
    label: str,
) -> None:
    """Teach the network, in place.

    Args:
        network: moved to a GPU when there is one.
        texts: all texts.
        lessons: truths of all texts.
        places: texts to learn from.
        options: epochs, rates, shares.
        seed: of the order of texts.
        checkpoint: file that is written every few steps, read when it is there, and removed by
            whoever keeps the result.
        label: named in the progress bar.
    """
    device = best_device()
    network.to(device).train()
    schedule = [
        batch
        for epoch in range(options.epochs)
        for batch in shuffled_batches(
            [texts.lengths[place] for place in places],
            most_tokens=options.batch_tokens,
            most_rows=options.batch_rows,
            seed=seed + epoch,
        )
    ]
    optimiser = _optimiser(network, options)
    rates = torch.optim.lr_scheduler.LambdaLR(optimiser, _warm_then_fall(len(schedule)))
    done = _resume(checkpoint, network, optimiser, rates)
    torch.manual_seed(seed + done)
    for step in tqdm(
        range(done, len(schedule)), initial=done, total=len(schedule), desc=label, unit="batch"
    ):
        chosen = places[schedule[step]]
        with short_floats(options.bfloat16):
            vectors = texts.vectors(network, chosen)
        answers = {head: answer.float().cpu() for head, answer in network.answers(vectors).items()}
        loss = loss_of(
            answers,
            lessons.take(chosen),
            options.shares,
            partial_weight=options.partial_weight,
            smoothing=options.smoothing,
        )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
        optimiser.step()
        rates.step()
        optimiser.zero_grad()
        if (step + 1) % _CHECKPOINT_STEPS == 0:
            _save(checkpoint, network, optimiser, rates, step + 1)
    network.eval()


def answer_all(
    network: TagNetwork, texts: Texts, places: Integers, options: Encoder, *, label: str
) -> tuple[Mapping[str, np.ndarray], np.ndarray]:
    """Return every head's answers and the vectors of the texts at the places, in 32-bit floats."""
    device = best_device()
    network.to(device).eval()
    order = np.argsort([texts.lengths[place] for place in places], kind="stable")
    ordered = places[order]
    found: dict[str, list[Tensor]] = {}
    vectors: list[Tensor] = []
    for start in tqdm(range(0, len(order), options.batch_rows), desc=label, unit="batch"):
        chosen = ordered[start : start + options.batch_rows]
        with torch.inference_mode(), short_floats(options.bfloat16):
            seen = texts.vectors(network, chosen).float()
            answers = network.answers(seen)
        vectors.append(seen.cpu())
        for head, answer in answers.items():
            found.setdefault(head, []).append(answer.float().cpu())
    back = np.argsort(order)
    return {h: torch.cat(parts).numpy()[back] for h, parts in found.items()}, torch.cat(
        vectors
    ).numpy()[back]


def _optimiser(network: TagNetwork, options: Encoder) -> torch.optim.AdamW:
    inside = list(network.encoder.parameters())
    known = {id(parameter) for parameter in inside}
    heads = [parameter for parameter in network.parameters() if id(parameter) not in known]
    groups = [
        {"params": inside, "lr": options.learning_rate, "weight_decay": 0.01},
        {"params": heads, "lr": _HEAD_LEARNING_RATE, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups)


class _warm_then_fall:
    """Rise for the first steps, then fall to nothing."""

    def __init__(self, steps: int) -> None:
        self.steps, self.warm = steps, max(1, round(_WARM_UP * steps))

    def __call__(self, step: int) -> float:
        rising = (step + 1) / self.warm
        falling = (self.steps - step) / max(1, self.steps - self.warm)
        return min(1.0, rising, falling)


def _save(
    checkpoint: Path,
    network: TagNetwork,
    optimiser: torch.optim.Optimizer,
    rates: torch.optim.lr_scheduler.LRScheduler,
    step: int,
) -> None:
    """Write beside and then move: a kill while writing leaves the one before."""
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    draft = checkpoint.with_suffix(".draft")
    torch.save(
        {
            "network": network.state_dict(),
            "optimiser": optimiser.state_dict(),
            "rates": rates.state_dict(),
            "step": step,
        },
        draft,
    )
    os.replace(draft, checkpoint)


def _resume(
    checkpoint: Path,
    network: TagNetwork,
    optimiser: torch.optim.Optimizer,
    rates: torch.optim.lr_scheduler.LRScheduler,
) -> int:
    """Return the number of steps already done."""
    if not checkpoint.is_file():
        return 0
    state = torch.load(checkpoint, map_location=best_device(), weights_only=True)
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    rates.load_state_dict(state["rates"])
    return int(state["step"])
