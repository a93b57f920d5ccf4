"""Which words of a text carried a label, read off the linear weights.

A label's margin is a sum over features, so each feature's share is known exactly; it is spread
over the characters where the feature stands, and the strongest phrases are quoted.
"""

from collections.abc import Sequence

import numpy as np

from nlp_service.domain.assessment import Span
from nlp_service.tagging.features import located_features
from nlp_service.tagging.linear import Floats, LinearModel
from nlp_service.text.normalise import Document
from nlp_service.text.segment import Segmenter
from nlp_service.text.sentences import split_sentences

_ENOUGH = 0.6  # a phrase below this share of the strongest one is not quoted


class Explainer:
    """The features of one text, located once and then asked about any number of labels."""

    def __init__(self, document: Document, model: LinearModel, segmenter: Segmenter) -> None:
        self._text = document.text
        self._weights = model.weights
        places: dict[int, list[tuple[int, int]]] = {}
        for feature, start, end in located_features(document, segmenter):
            row = model.vocabulary.get(feature)
            if row is not None:
                places.setdefault(row, []).append((start, end))
        self._rows = np.fromiter(places, dtype=np.int64, count=len(places))
        self._places = list(places.values())
        counts = np.array([len(spans) for spans in self._places])
        self._values = (np.log(counts) + 1.0) * model.idf[self._rows] if len(counts) else counts

    def _per_character(self, column: int) -> Floats:
        """Return how much each character of the text spoke for the label; below 0: against."""
        carried = np.zeros(len(self._text))
        shares = self._values * self._weights[self._rows, column] if len(self._rows) else []
        for share, spans in zip(shares, self._places, strict=True):
            for start, end in spans:
                carried[start:end] += share / len(spans) / (end - start)
        return carried

    def phrases(self, column: int, *, most: int = 3) -> Sequence[Span]:
        """Return the strongest phrases for the label of that column, in text order."""
        carried = self._per_character(column)
        runs = _positive_runs(carried, self._text)
        strengths = [carried[start:end].sum() for start, end in runs]
        order = sorted(range(len(runs)), key=lambda n: -strengths[n])[:most]
        best = [n for n in order if strengths[n] >= _ENOUGH * strengths[order[0]]]
        return [self._span(*runs[n]) for n in sorted(best)]

    def sentence(self, column: int) -> Sequence[Span]:
        """Return the one sentence that spoke most for the label; none if none did."""
        carried = self._per_character(column)
        sentences = split_sentences(self._text)
        strengths = [carried[span.start : span.end].sum() for span in sentences]
        if not strengths or max(strengths) <= 0:
            return []
        return [sentences[int(np.argmax(strengths))]]

    def _span(self, start: int, end: int) -> Span:
        return Span(start=start, end=end, quote=self._text[start:end])


def _positive_runs(carried: Floats, text: str) -> list[tuple[int, int]]:
    """Return the stretches of ≥ 2 characters that speak for a label, cut at punctuation."""
    runs, start = [], None
    for place, character in enumerate(text):
        speaks = carried[place] > 0 and character.isalnum()
        if speaks and start is None:
            start = place
        elif not speaks and start is not None:
            runs.append((start, place))
            start = None
    if start is not None:
        runs.append((start, len(text)))
    return [(start, end) for start, end in runs if end - start >= 2]
