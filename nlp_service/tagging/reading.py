"""What an encoder reads of a text: its tokens, and which of them when there are too many.

Shared by the service and by training, so that both read the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from nlp_service.tagging.linear import Floats
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
class Window:
    """Some lines of a text in one row."""

    ids: Sequence[int]
    bounds: Places
    """(n_lines + 1,): each line's tokens stand from its bound up to the next one."""

    def means(self, vectors: Floats) -> Floats:
        """Return the mean of each line's vectors, (n_lines, hidden); of no token it is 0."""
        sums = np.cumsum(np.pad(vectors, ((1, 0), (0, 0))), axis=0)
        found: Floats = np.diff(sums[self.bounds], axis=0) / self.tokens[:, None].clip(1.0)
        return found

    @property
    def tokens(self) -> Floats:
        """Tokens of each line, (n_lines,)."""
        return np.diff(self.bounds).astype(np.float64)


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

    def tokens(self, document: Document) -> Sequence[int]:
        """Return the ids of all tokens of a text, read or not, without prefix and special ones."""
        encoded = self.tokenizer.encode(document.scored.text, add_special_tokens=False)
        found: list[int] = encoded.ids
        return found

    def windows(self, lines: Sequence[str]) -> Sequence[Window]:
        """Return rows that hold the lines in order, as many lines to a row as fit.

        A line longer than a row is cut. What a line becomes does not depend on its neighbours.
        """
        frame = self.tokenizer.encode(self.prefix).ids
        room = self.most_tokens - len(frame)
        found: list[list[list[int]]] = []
        for line in self.tokenizer.encode_batch(list(lines), add_special_tokens=False):
            ids = line.ids[:room]
            if not found or sum(map(len, found[-1])) + len(ids) > room:
                found.append([])
            found[-1].append(ids)
        return [
            Window(
                ids=[*frame[:-1], *chain.from_iterable(held), frame[-1]],
                bounds=len(frame) - 1 + np.cumsum([0, *map(len, held)]),
            )
            for held in found
        ]

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
