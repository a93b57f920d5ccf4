"""What the linear model sees of a text: words and pairs of characters, the title's twice.

One function serves training (scikit-learn calls it as ``analyzer``) and the service, so the two
cannot drift apart; its behaviour on golden sentences is part of every bundle.
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

from nlp_service.text.normalise import Document, normalise
from nlp_service.text.segment import Segmenter

# A word carries a mark, so that it is not the pair of the same two characters.
_WORD, _TITLE_WORD = " ", "\t"


def features(document: Document, segmenter: Segmenter) -> list[str]:
    """Return every feature of the document, repeated as often as it occurs, in no set order.

    Words of the title count three times (twice as words, once as title words), which measured
    better than once.

    >>> from nlp_service.text.segment import load_segmenter
    >>> sorted(features(Document(title="", body="修 路"), load_segmenter("rjieba")))
    [' 修', ' 路', '修路']
    """
    found: list[str] = []
    if document.title:
        words = segmenter.cut(document.title)
        pairs = _pairs(document.title)
        marked = [_WORD + word for word in words if word != " "]
        found += marked + pairs + marked + pairs
        found += [_TITLE_WORD + word for word in words if word != " "]
    for line in document.body.split("\n"):
        found += [_WORD + word for word in segmenter.cut(line) if word != " "]
    return found + _pairs(document.body)


def _pairs(text: str) -> list[str]:
    """Return the neighbouring characters, blanks and breaks left out."""
    dense = text.replace("\n", "").replace(" ", "")
    return list(map(str.__add__, dense, dense[1:]))


def located_features(document: Document, segmenter: Segmenter) -> Iterator[tuple[str, int, int]]:
    """Yield the features of ``features`` with the place in ``document.text`` of each.

    For explaining, not for scoring: slower, and a pair's place spans the blanks inside it.
    """
    body_start = len(document.text) - len(document.body)
    if document.title:
        for _ in range(2):
            yield from _located_words(document.title, 0, _WORD, segmenter)
            yield from _located_pairs(document.title, 0)
        yield from _located_words(document.title, 0, _TITLE_WORD, segmenter)
    start = body_start
    for line in document.body.split("\n"):
        yield from _located_words(line, start, _WORD, segmenter)
        start += len(line) + 1
    yield from _located_pairs(document.body, body_start)


def _located_words(
    text: str, start: int, mark: str, segmenter: Segmenter
) -> Iterator[tuple[str, int, int]]:
    for word in segmenter.cut(text):
        end = start + len(word)
        if word != " ":
            yield mark + word, start, end
        start = end


def _located_pairs(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    places = [place for place, character in enumerate(text) if character not in " \n"]
    for left, right in pairwise(places):
        yield text[left] + text[right], start + left, start + right + 1


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
