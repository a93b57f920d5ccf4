"""What the linear model sees of a text: words and pairs of characters, the title's twice.

``features`` says what they are: training counts its strings, ``tagging.counting`` the same ones
without making them. Its behaviour on golden sentences is part of every bundle.
"""

import hashlib
import operator
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from nlp_service.text.normalise import Document, normalise
from nlp_service.text.segment import Segmenter

WORD, TITLE_WORD = " ", "\t"
"""Marks before a word, so that it is not the pair of the same two characters."""

Places = npt.NDArray[np.int64]


def features(document: Document, segmenter: Segmenter) -> list[str]:
    """Return every feature of the document, repeated as often as it occurs, in no set order.

    Words of the title count three times (twice as words, once as title words), which measured
    better than once.

    >>> from nlp_service.text.segment import load_segmenter
    >>> sorted(features(Document(title="", body="修 路"), load_segmenter("rjieba")))
    [' 修', ' 路', '修路']
    """
    document = document.scored
    found: list[str] = []
    if document.title:
        words = segmenter.cut(document.title)
        pairs = _pairs(document.title)
        marked = [WORD + word for word in words if not word.isspace()]
        found += marked + pairs + marked + pairs
        found += [TITLE_WORD + word for word in words if not word.isspace()]
    for line in document.body.split("\n"):
        found += [WORD + word for word in segmenter.cut(line) if not word.isspace()]
    return found + _pairs(document.body)


def _pairs(text: str) -> list[str]:
    """Return the neighbouring characters, blanks and breaks left out."""
    characters = dense(text)
    return list(map(operator.add, characters, characters[1:]))


def dense(text: str) -> str:
    """Return the text without blanks and breaks: what its pairs of characters are made of."""
    return text.replace("\n", "").replace(" ", "")


@dataclass(frozen=True, kw_only=True)
class LocatedFeatures:
    """The features of ``features`` with their places in ``document.text``."""

    features: Sequence[str]
    starts: Places
    ends: Places
    """A pair's place spans the blanks inside it."""
    word_ends: Places
    """Where each word of the text ends; the first begins at 0, each other where one ended."""


def locate_features(document: Document, segmenter: Segmenter) -> LocatedFeatures:
    """Return every feature with its place: for explaining, slower than ``features``."""
    document = document.scored
    lines = document.text.split("\n")
    title_words = segmenter.cut(document.title) if document.title else []
    body_lines = lines[1:] if document.title else lines
    words = list(title_words)
    if document.title and document.body:
        words.append("\n")
    words += chain.from_iterable(_with_breaks(map(segmenter.cut, body_lines)))
    word_ends = np.cumsum([len(word) for word in words], dtype=np.int64)
    said = np.flatnonzero([not word.isspace() for word in words])
    in_title = said[said < len(title_words)]
    named = [(WORD, said), (WORD, in_title), (TITLE_WORD, in_title)]
    found = [mark + words[n] for mark, places in named for n in places]
    chosen = np.concatenate([places for _, places in named])
    ends = [word_ends[chosen]]
    starts = [word_ends[chosen] - [len(words[n]) for n in chosen]]
    body_start = len(document.text) - len(document.body)
    for text, offset in ((document.title, 0), (document.title, 0), (document.body, body_start)):
        characters = np.flatnonzero([character not in " \n" for character in text]) + offset
        found += _pairs(text)
        starts.append(characters[:-1])
        ends.append(characters[1:] + 1)
    return LocatedFeatures(
        features=found,
        starts=np.concatenate(starts).astype(np.int64),
        ends=np.concatenate(ends).astype(np.int64),
        word_ends=word_ends,
    )


def _with_breaks(lines: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    for number, words in enumerate(lines):
        yield ["\n", *words] if number else words


def fingerprint(sentences: Sequence[str], segmenter: Segmenter) -> str:
    """Return a hash of what ``normalise`` and ``features`` make of the golden sentences.

    Any change of code, segmenter or dictionary that would change a score changes it.
    """
    digest = hashlib.sha256()
    for sentence in sentences:
        document = Document(title=normalise(sentence[:12]), body=normalise(sentence))
        digest.update("\x1f".join(features(document, segmenter)).encode())
        digest.update(b"\x1e")
    return digest.hexdigest()
