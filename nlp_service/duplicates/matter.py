"""A submission as it is compared with others: what the pair classifier reads of one text.

The vector is handed in as data: nothing here knows how it is found. Tags and dates are not read:
they told readers' pairs apart no better than what the texts say (``docs/models.md``).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp_service.duplicates.letters import Places
from nlp_service.duplicates.terms import Terms, TermTable, pair_terms, word_terms
from nlp_service.duplicates.wording import Section, Wording
from nlp_service.text.places import Place, PlaceFinder, Word
from nlp_service.text.sentences import split_sentences

Vector = npt.NDArray[np.floating]
"""(n_dimensions,)"""
Items = npt.NDArray[Any]
"""(n_items,)"""
Stretch = tuple[int, int]
"""Start and end offset in the text."""

_ASKS = re.compile(
    r"希望|建议|恳请|恳求|请求|请问|要求|能否|可否|是否|何时|什么时候|怎么办|望[^着]|咨询|呼吁|盼|\?"
)
_LAST = 2  # sentences of a text that asks nowhere
_FIGURE = re.compile(r"\d[\d.]*\d(?:%|万|亿)?|\d(?:%|万|亿)")
_SAYING = frozenset("n nr ns nt nz v vn a an j l i eng b s".split())
"""Classes of words that say what a text is about, as jieba calls them."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PartTerms:
    """The terms of a text and of two parts of it."""

    whole: Terms
    headline: Terms
    """The title; without one, the first sentence."""
    asks: Terms
    """What is asked for."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Matter:
    """One text as the pair classifier reads it."""

    wording: Wording
    pairs: PartTerms
    words: PartTerms
    places: Sequence[Place]
    embedding: Vector | None
    """Of length 1, as ``Embedder.embed`` gives it; None where no encoder read the text."""

    @cached_property
    def capitals(self) -> str:
        """The text in capitals, as names of places are."""
        return self.wording.document.text.upper()

    @cached_property
    def figures(self) -> frozenset[str]:
        """Its numbers of two digits or more, or with a unit: %, 万, 亿."""
        return frozenset(_FIGURE.findall(self.wording.document.text))


@dataclass(frozen=True, kw_only=True, eq=False)
class MatterReader:
    """Reads texts for comparison. Holds no state of any text; safe for threads."""

    finder: PlaceFinder
    pair_table: TermTable
    word_table: TermTable

    def read(
        self,
        wording: Wording,
        *,
        embedding: Vector | None = None,
    ) -> Matter:
        """Read a text, once for all the pairs that it stands in."""
        text = wording.document.text
        headline, asks = find_headline(wording), find_asks(wording)
        tagged = self.finder.tag(text)
        words, offsets = find_words(tagged)
        terms = word_terms(words)
        return Matter(
            wording=wording,
            pairs=PartTerms(
                whole=self.pair_table.weigh(pair_terms(wording.letters)),
                headline=self.pair_table.weigh(
                    pair_terms(_inside(wording.letters, wording.places, [headline]))
                ),
                asks=self.pair_table.weigh(
                    pair_terms(_inside(wording.letters, wording.places, asks))
                ),
            ),
            words=PartTerms(
                whole=self.word_table.weigh(terms),
                headline=self.word_table.weigh(_inside(terms, offsets, [headline])),
                asks=self.word_table.weigh(_inside(terms, offsets, asks)),
            ),
            places=self.finder.find(text, tagged),
            embedding=embedding,
        )


def find_words(tagged: Sequence[Word]) -> tuple[Sequence[str], Places]:
    """Return the words of two letters and more that say what a text is about, and their offsets.

    Args:
        tagged: the words of the text, in order, each with its class.
    """
    ends = np.cumsum([0, *(len(word) for word, _ in tagged)])
    saying = [
        place for place, (word, kind) in enumerate(tagged) if kind in _SAYING and len(word) > 1
    ]
    return [tagged[place][0] for place in saying], ends[saying]


def find_headline(wording: Wording) -> Stretch:
    """Return where the title stands or, where there is none, the first sentence."""
    document = wording.document
    if document.title:
        return 0, len(document.title)
    first = split_sentences(document.text)[0]
    return first.start, first.end


def find_asks(wording: Wording) -> Sequence[Stretch]:
    """Return where a text asks for something, in text order.

    These are its suggestions; where nothing announces any, the sentences that ask; of a text that
    asks nowhere, the last ones.
    """
    start, end = wording.sections[Section.SUGGESTION]
    if end > start:
        return [(int(wording.places[start]), len(wording.document.text))]
    sentences = split_sentences(wording.document.text)
    asking = [one for one in sentences if _ASKS.search(one.quote)]
    return [(one.start, one.end) for one in asking or sentences[-_LAST:]]


def _inside(items: Items, places: Places, stretches: Sequence[Stretch]) -> Items:
    """Return the items whose places lie in stretches of the text."""
    bounds = np.searchsorted(places, np.array(stretches).reshape(-1, 2))
    return np.concatenate([items[first:last] for first, last in bounds])
