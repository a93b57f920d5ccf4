"""Batches of rows of like length, none above a number of tokens."""

import time
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import torch
from torch import Tensor

from training.encoder.network import TagNetwork
from training.targets import Integers

_POOL = 32  # batches' worth of rows that are sorted by length together


def shuffled_batches(
    lengths: Sequence[int], *, most_tokens: int, most_rows: int, seed: int
) -> list[list[int]]:
    """Return the places of all rows in batches, anew for each seed.

    Rows are shuffled, sorted by length within pools, cut into batches of at most ``most_rows``
    rows and ``most_tokens`` tokens with padding, and the batches are shuffled again.
    """
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(lengths))
    batches: list[list[int]] = []
    for start in range(0, len(order), _POOL * most_rows):
        pool = sorted(order[start : start + _POOL * most_rows].tolist(), key=lengths.__getitem__)
        batches += list(_cut(pool, lengths, most_tokens, most_rows))
    draw.shuffle(batches)
    return batches


def _cut(
    places: Sequence[int], lengths: Sequence[int], most_tokens: int, most_rows: int
) -> Iterator[list[int]]:
    batch: list[int] = []
    for place in places:
        if batch and (len(batch) == most_rows or (len(batch) + 1) * lengths[place] > most_tokens):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def best_device() -> torch.device:
    """Return the GPU when there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def short_floats(wanted: bool) -> torch.autocast:
    """Return the context in which products compute in 16 bits, if wanted and if that is quicker."""
    device = best_device().type
    enabled = wanted and quick_in_16_bits()
    return torch.autocast(device, dtype=torch.bfloat16, enabled=enabled)


@cache
def quick_in_16_bits() -> bool:
    """Tell whether products in 16 bits are quicker here than in 32.

    Measured: of two processors that both have the instructions, one took half the time and the
    other half as long again.
    """
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return _seconds_of_product(torch.bfloat16) < _seconds_of_product(torch.float32)


def _seconds_of_product(kind: torch.dtype) -> float:
    """Return the least of a few times: a machine's neighbours only ever slow it down."""
    tokens, weights = torch.randn(2048, 384).to(kind), torch.randn(384, 1536).to(kind)
    times = []
    for _ in range(8):
        start = time.perf_counter()
        tokens @ weights
        times.append(time.perf_counter() - start)
    return min(times)


class Rows:
    """Token ids of texts, read by the whole network."""

    def __init__(self, ids: Sequence[Sequence[int]], *, pad: int) -> None:
        """Keep the ids; ``pad`` fills up a batch."""
        self._ids, self._pad = ids, pad
        self.lengths: Sequence[int] = [len(row) for row in ids]

    def vectors(self, network: TagNetwork, places: Integers) -> Tensor:
        """Return the vectors of the texts at these places, (n_places, hidden)."""
        device = best_device()
        ids, mask = pad_rows([self._ids[place] for place in places], self._pad)
        return network.vectors(ids.to(device), mask.to(device))


def pad_rows(rows: Sequence[Sequence[int]], pad: int) -> tuple[Tensor, Tensor]:
    """Return ids and mask, both (n_rows, longest row)."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), pad, dtype=torch.long)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
        mask[place, : len(row)] = 1
    return ids, mask
