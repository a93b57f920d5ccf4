"""What the layers that do not learn make of the substance of texts, for the quality levels.

The service reads the same layers from the written encoder, in 8 bits.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from nlp_service.quality.meaning import join_parts
from nlp_service.quality.substance import Line
from nlp_service.tagging.linear import Floats
from nlp_service.tagging.reading import Window
from training.config import Encoder
from training.encoder.batches import best_device, pad_rows
from training.encoder.frozen import name_of_outputs
from training.encoder.held_out import read_with, trimmed_base
from training.encoder.network import TagNetwork
from training.encoder.pretrained import PretrainedEncoder
from training.prepare import Prepared

_BATCH_ROWS = 8


class TorchLowerLayers:
    """The frozen layers in 32 bits, heard as the service hears the written ones."""

    def __init__(self, base: PretrainedEncoder, options: Encoder) -> None:
        """Take the layers from a base whose vocabulary is trimmed."""
        self._base, self._reading = base, read_with(base, options)
        self._network = TagNetwork(
            base.model, choices={}, several={}, levels={}, dropout=0.0, frozen=options.frozen_layers
        )

    def line_means(self, lines: Sequence[str]) -> tuple[Floats, Floats]:
        """Return the mean of each line's token vectors, (n_lines, hidden), and its tokens."""
        ((means, tokens),) = self.means_of([lines])
        return means, tokens

    def means_of(
        self, texts: Sequence[Sequence[str]], *, kept: Path | None = None
    ) -> Sequence[tuple[Floats, Floats]]:
        """Return ``line_means`` of each text.

        With a folder they are kept there, and read from there when the same layers have read the
        same lines before.
        """
        windows = [self._reading.windows(lines) for lines in texts]
        every = [window for own in windows for window in own]
        means = self._kept_means(every, kept) if kept else self._means(every, quiet=True)
        tokens = [np.concatenate([np.zeros(0), *(w.tokens for w in own)]) for own in windows]
        ends = np.cumsum([len(own) for own in tokens])
        return list(zip(np.split(means, ends[:-1]), tokens, strict=True))

    def _kept_means(self, windows: Sequence[Window], folder: Path) -> Floats:
        name = name_of_outputs(self._network, [window.ids for window in windows])
        path = folder / f"lines-{name}.npy"
        if not path.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            np.save(path, self._means(windows, quiet=False))
        means: Floats = np.load(path)
        return means

    def _means(self, windows: Sequence[Window], *, quiet: bool) -> Floats:
        device = best_device()
        self._network.to(device).eval()
        found: dict[int, Floats] = {}
        order = np.argsort([len(window.ids) for window in windows], kind="stable").tolist()
        starts = range(0, len(order), _BATCH_ROWS)
        for start in tqdm(starts, desc="meaning", unit="batch", disable=quiet):
            chosen = order[start : start + _BATCH_ROWS]
            ids, mask = pad_rows([windows[place].ids for place in chosen], self._base.pad)
            with torch.inference_mode():
                hidden = self._network.lower(ids.to(device), mask.to(device)).float().cpu()
            for place, vectors in zip(chosen, hidden.double().numpy(), strict=True):
                found[place] = windows[place].means(vectors)
        none = np.zeros((0, self._base.model.config.hidden_size))
        return np.concatenate([none, *(found[place] for place in range(len(windows)))])


def lower_layers(prepared: Prepared) -> TorchLowerLayers:
    """Load the layers that the configured encoder leaves as they are."""
    options = prepared.config.encoder
    assert options is not None
    return TorchLowerLayers(trimmed_base(prepared, options), options)


def meanings_of(layers: TorchLowerLayers, texts: Sequence[Sequence[Line]], *, kept: Path) -> Floats:
    """Return the meaning of each text by the lines of its substance, (n_texts, width).

    What was read once is kept in the folder.
    """
    means = layers.means_of([[line.text for line in lines] for lines in texts], kept=kept)
    return np.stack([join_parts(lines, *own) for lines, own in zip(texts, means, strict=True)])
