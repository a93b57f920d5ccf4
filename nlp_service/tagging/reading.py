"""What an encoder reads of a text: its tokens, and which of them when there are too many.

Shared by the service and by training, so that both read the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from nlp_service.text.normalise import Document
from nlp_service.text.sections import find_suggestions

Places = npt.NDArray[np.int64]


class Tail(StrEnum):
    """What is read of a text that is too long, besides its beginning."""

    END = "end"
    """Its last words."""
    SUGGESTIONS = "suggestions"
    """Where its suggestions begin; its last words when nothing says where that is."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How texts are turned into token ids."""

    tokenizer: Tokenizer
    prefix: str
    """Put before every text, as the base encoder was taught (``query: `` for E5)."""
    most_tokens: int
    """Longest row, special tokens included."""
    tail_share: float
    """Share of a row that does not come from the beginning of a text which is too long, 0–1."""
    tail: Tail

    def rows(self, documents: Sequence[Document]) -> list[list[int]]:
        """Return each document's token ids, special tokens included."""
        encoded = self.tokenizer.encode_batch([self._text(item) for item in documents])
        return [
            np.asarray(row.ids)[self._read(row, document)].tolist()
            for row, document in zip(encoded, documents, strict=True)
        ]

    def located_row(self, document: Document) -> tuple[list[int], Places, Places]:
        """Return one document's ids with the start and end of each in ``document.text``.

        What stands outside the text (special tokens, the prefix) starts and ends at 0.
        """
        encoded = self.tokenizer.encode(self._text(document))
        read = self._read(encoded, document)
        places = np.array(encoded.offsets, dtype=np.int64)[read] - len(self.prefix)
        places[np.array(encoded.special_tokens_mask, dtype=bool)[read]] = 0
        starts, ends = np.maximum(places, 0).T
        return np.asarray(encoded.ids)[read].tolist(), starts, ends

    def _text(self, document: Document) -> str:
        return self.prefix + document.scored.text

    def _read(self, encoded: Encoding, document: Document) -> Places:
        """Return which tokens are read, ascending; the last one ends every row."""
        count = len(encoded.ids)
        if count <= self.most_tokens:
            return np.arange(count)
        tail = max(1, round(self.most_tokens * self.tail_share)) - 1
        head = self.most_tokens - tail - 1
        start = max(head, min(self._tail_start(encoded, document), count - 1 - tail))
        return np.concatenate([np.arange(head), np.arange(start, start + tail), [count - 1]])

    def _tail_start(self, encoded: Encoding, document: Document) -> int:
        if self.tail is Tail.SUGGESTIONS:
            place = find_suggestions(document.scored.text)
            if place is not None:
                sought = place + len(self.prefix)
                return next(n for n, (_, end) in enumerate(encoded.offsets) if end > sought)
        return len(encoded.ids)
