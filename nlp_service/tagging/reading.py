"""What an encoder reads of a text: its tokens, and which of them when there are too many.

Shared by the service and by training, so that both read the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from tokenizers import Tokenizer

from nlp_service.text.normalise import Document

Places = npt.NDArray[np.int64]
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How texts are turned into token ids."""

    tokenizer: Tokenizer
    pad: int
    """Id that fills up a batch."""
    prefix: str
    """Put before every text, as the base encoder was taught (``query: `` for E5)."""
    most_tokens: int
    """Longest row, special tokens included."""
    tail_share: float
    """Share of a row that comes from the end of a text which is too long, 0–1: the ask of a
    message and the suggestions of a proposal stand there."""

    def rows(self, documents: Sequence[Document]) -> list[list[int]]:
        """Return each document's token ids, special tokens included."""
        encoded = self.tokenizer.encode_batch_fast([self._text(item) for item in documents])
        return [self._cut(row.ids) for row in encoded]

    def located_row(self, document: Document) -> tuple[list[int], Places, Places]:
        """Return one document's ids with the start and end of each in ``document.text``.

        What stands outside the text (special tokens, the prefix) starts and ends at 0.
        """
        encoded = self.tokenizer.encode(self._text(document))
        places = np.array(self._cut(encoded.offsets), dtype=np.int64) - len(self.prefix)
        special = np.array(self._cut(encoded.special_tokens_mask), dtype=bool)
        places[special] = 0
        starts, ends = np.maximum(places, 0).T
        return self._cut(encoded.ids), starts, ends

    def _text(self, document: Document) -> str:
        return self.prefix + document.text

    def _cut(self, row: list[T]) -> list[T]:
        if len(row) <= self.most_tokens:
            return row
        tail = max(1, round(self.most_tokens * self.tail_share))  # the last token ends every row
        return row[: self.most_tokens - tail] + row[-tail:]
