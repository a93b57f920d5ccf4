"""What the layers that do not learn make of every text: computed once, kept on disk.

The lower layers of a pretrained encoder hold what is true of all language and move little; leaving
them as they are lets each epoch and each fold run the upper ones alone.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from tqdm import tqdm

from training.encoder.batches import best_device, pad_rows, short_floats
from training.encoder.network import TagNetwork
from training.targets import Integers

_BATCH_ROWS = 16


class FrozenOutputs:
    """Token vectors of every text behind the frozen layers, in 16 bits."""

    def __init__(self, values: npt.NDArray[np.float16], lengths: Sequence[int]) -> None:
        """Keep them; ``values`` holds the texts' tokens one text behind the other."""
        self._values = values
        self.lengths: Sequence[int] = lengths
        self._starts = np.concatenate([[0], np.cumsum(lengths)])

    def vectors(self, network: TagNetwork, places: Integers) -> Tensor:
        """Return the vectors of the texts at these places, (n_places, hidden)."""
        device = best_device()
        hidden, mask = self._padded(places)
        return network.upper_vectors(hidden.to(device), mask.to(device))

    def _padded(self, places: Integers) -> tuple[Tensor, Tensor]:
        """Return token vectors (n_places, longest, hidden) and mask (n_places, longest)."""
        bounds = [(int(self._starts[place]), int(self._starts[place + 1])) for place in places]
        longest = max(end - start for start, end in bounds)
        hidden = torch.zeros((len(bounds), longest, self._values.shape[1]))
        mask = torch.zeros((len(bounds), longest), dtype=torch.long)
        for row, (start, end) in enumerate(bounds):
            hidden[row, : end - start] = torch.from_numpy(
                self._values[start:end].astype(np.float32)
            )
            mask[row, : end - start] = 1
        return hidden, mask


def frozen_outputs(
    network: TagNetwork,
    rows: Sequence[Sequence[int]],
    *,
    pad: int,
    bfloat16: bool,
    folder: Path,
) -> FrozenOutputs:
    """Compute the outputs, or read them when the same layers have read the same rows before."""
    lengths = [len(row) for row in rows]
    path = folder / f"frozen-{name_of_outputs(network, rows)}.npy"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        _compute(network, rows, draft, pad=pad, bfloat16=bfloat16)
        draft.replace(path)
    values: npt.NDArray[np.float16] = np.load(path, mmap_mode="r")
    return FrozenOutputs(values, lengths)


def _compute(
    network: TagNetwork, rows: Sequence[Sequence[int]], path: Path, *, pad: int, bfloat16: bool
) -> None:
    device = best_device()
    network.to(device).eval()
    lengths = np.array([len(row) for row in rows])
    starts = np.concatenate([[0], np.cumsum(lengths)])
    hidden = network.encoder.config.hidden_size
    values = np.lib.format.open_memmap(
        path, mode="w+", dtype=np.float16, shape=(int(starts[-1]), hidden)
    )
    order = np.argsort(lengths, kind="stable")
    for start in tqdm(range(0, len(order), _BATCH_ROWS), desc="frozen layers", unit="batch"):
        chosen = order[start : start + _BATCH_ROWS]
        ids, mask = pad_rows([rows[place] for place in chosen], pad)
        with torch.inference_mode(), short_floats(bfloat16):
            found = network.lower(ids.to(device), mask.to(device)).half().cpu().numpy()
        for place, vectors in zip(chosen, found, strict=True):
            values[starts[place] : starts[place + 1]] = vectors[: lengths[place]]
    values.flush()


def name_of_outputs(network: TagNetwork, rows: Sequence[Sequence[int]]) -> str:
    """Name the outputs by the weights and the ids that they come from."""
    digest = hashlib.sha256()
    for name, tensor in network.lower_state().items():
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().numpy().tobytes())
    for row in rows:
        digest.update(np.asarray([len(row), *row], dtype=np.int32).tobytes())
    return digest.hexdigest()[:16]
