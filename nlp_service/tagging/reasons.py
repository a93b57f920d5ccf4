"""Which words of a text carried a label, read off the models' own sums.

The linear margin is a sum over features, the encoder's answer a sum over tokens: each share is
known exactly. It is spread over the characters where the feature or token stands, both models'
shares are added as their answers are, and the words that hold most of it are quoted.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nlp_service.domain.span import Span
from nlp_service.tagging.cascade import EncoderStage
from nlp_service.tagging.features import Places, locate_features
from nlp_service.tagging.linear import Floats, LinearModel
from nlp_service.text.normalise import Document
from nlp_service.text.segment import Segmenter
from nlp_service.text.sentences import split_sentences

if TYPE_CHECKING:  # a bundle without an encoder starts without its libraries
    from nlp_service.tagging.encoder import TokenShares

_WORD_SHARE = 0.3  # a word with less than this share of the strongest one's weight is not quoted
_LONGEST = 16  # characters; a longer phrase reads as a whole sentence, not as the reason


class Explainer:
    """The features of one text, located once and then asked about any number of labels."""

    def __init__(
        self,
        document: Document,
        model: LinearModel,
        segmenter: Segmenter,
        *,
        stage: EncoderStage | None = None,
        tokens: "TokenShares | None" = None,
    ) -> None:
        """Locate the features; ``tokens`` are what the stage's encoder read, if it did."""
        self._text, self._model, self._stage, self._tokens = document.text, model, stage, tokens
        located = locate_features(document, segmenter)
        known = model.vocabulary.get
        rows = np.array([known(feature, -1) for feature in located.features], dtype=np.int64)
        used = np.flatnonzero(rows >= 0)
        self._rows, self._of, counts = np.unique(
            rows[used], return_inverse=True, return_counts=True
        )
        self._starts, self._ends = located.starts[used], located.ends[used]
        values = (np.log(counts) + 1.0) * model.idf[self._rows]
        values /= max(float(np.linalg.norm(values)), 1e-12) * counts
        self._per_character = values[self._of] / (self._ends - self._starts)
        self._word_ends = located.word_ends

    def _carried(self, head: str, place: int) -> Floats:
        """Return the running sum, over characters, of what spoke for the label.

        ``carried[end] - carried[start]`` is what a stretch of text contributed.
        """
        column = self._model.columns(head).start + place
        shares = self._model.weights[self._rows, column][self._of] * self._per_character
        steps = self._steps(shares, self._starts, self._ends)
        if self._stage and self._tokens:
            tokens = self._tokens
            said = self._stage.encoder.heads.shares(head, place, tokens.shares)
            said *= self._stage.mix[head] / np.maximum(tokens.ends - tokens.starts, 1)
            steps += self._steps(said, tokens.starts, tokens.ends)
        return np.concatenate([[0.0], np.cumsum(np.cumsum(steps)[:-1])])

    def _steps(self, shares: Floats, starts: Places, ends: Places) -> Floats:
        """Return where the shares, each a height over its characters, rise and fall."""
        size = len(self._text) + 1
        rises, falls = (np.bincount(places, shares, size) for places in (starts, ends))
        return np.subtract(rises, falls, dtype=np.float64)  # of no shares at all numpy counts whole

    def phrases(self, head: str, place: int, *, most: int = 3) -> Sequence[Span]:
        """Return the strongest phrases for the head's label at that place, in text order."""
        words = self._words
        if not len(words):
            return []
        carried = self._carried(head, place)
        strengths = carried[words[:, 1]] - carried[words[:, 0]]
        strong = words[strengths >= _WORD_SHARE * max(strengths.max(), 1e-12)]
        phrases = _joined(strong.tolist())
        phrases.sort(key=lambda place: carried[place[0]] - carried[place[1]])
        return [self._span(*place) for place in sorted(phrases[:most])]

    def sentence(self, head: str, place: int) -> Sequence[Span]:
        """Return the one sentence that spoke most for the label; none if none did."""
        carried = self._carried(head, place)
        sentences = self._sentences
        strengths = [carried[span.end] - carried[span.start] for span in sentences]
        if not strengths or max(strengths) <= 0:
            return []
        return [sentences[int(np.argmax(strengths))]]

    @cached_property
    def _words(self) -> npt.NDArray[np.int64]:
        """Start and end of every word that is not a mark or a blank."""
        ends = self._word_ends
        starts = np.concatenate([[0], ends[:-1]])
        text = self._text
        said = [text[start].isalnum() for start in starts.tolist()]
        return np.stack([starts, ends], axis=1)[said] if len(ends) else np.empty((0, 2), int)

    @cached_property
    def _sentences(self) -> Sequence[Span]:
        return split_sentences(self._text)

    def _span(self, start: int, end: int) -> Span:
        return Span(start=start, end=end, quote=self._text[start:end])


def _joined(words: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Join words that touch into phrases; a phrase of one character says too little alone."""
    phrases: list[tuple[int, int]] = []
    for start, end in words:
        if phrases and phrases[-1][1] == start and end - phrases[-1][0] <= _LONGEST:
            phrases[-1] = (phrases[-1][0], end)
        else:
            phrases.append((start, end))
    return [place for place in phrases if place[1] - place[0] > 1] or phrases
