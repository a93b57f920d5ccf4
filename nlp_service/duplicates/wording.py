"""A text as it is compared: its letters, its grams, and which of them are boilerplate."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from nlp_service.domain.span import Span
from nlp_service.duplicates.boilerplate import Boilerplate
from nlp_service.duplicates.fingerprints import Grams, hash_grams, winnow
from nlp_service.duplicates.letters import Booleans, Letters, Places, find_letters
from nlp_service.text.normalise import Document
from nlp_service.text.sections import find_suggestions


class Section(StrEnum):
    """The part of a text that something stands in."""

    TITLE = "title"
    """标题"""
    PROBLEM = "problem"
    """情况与问题：建议之前的正文；没有建议时为全部正文"""
    SUGGESTION = "suggestion"
    """建议"""


@dataclass(frozen=True, kw_only=True, eq=False)
class Wording:
    """The wording of one document."""

    document: Document
    letters: Letters  # (n_letters,)
    places: Places  # (n_letters,) offsets in document.text
    grams: Grams  # (n_grams,), the one at n begins with letter n
    fingerprints: Grams  # ascending, each once: what is indexed
    asked: Grams  # those of them that an index is asked for
    is_own: Booleans  # (n_letters,) False in boilerplate

    @cached_property
    def sections(self) -> Mapping[Section, tuple[int, int]]:
        """The first letter of each section and the one behind its last; together, all letters."""
        title = int(np.searchsorted(self.places, len(self.document.title)))
        start = _suggestions_start(self.document)
        suggestions = int(np.searchsorted(self.places, start))
        return {
            Section.TITLE: (0, title),
            Section.PROBLEM: (title, suggestions),
            Section.SUGGESTION: (suggestions, len(self.letters)),
        }

    def span(self, start: int, end: int) -> Span:
        """Return where the letters from ``start`` to before ``end`` stand, with what is between."""
        first, last = int(self.places[start]), int(self.places[end - 1]) + 1
        return Span(start=first, end=last, quote=self.document.text[first:last])


def read_wording(document: Document, boilerplate: Boilerplate) -> Wording:
    """Read a cleaned text."""
    letters, places = find_letters(document.text)
    grams = hash_grams(letters)
    fingerprints = winnow(grams)
    return Wording(
        document=document,
        letters=letters,
        places=places,
        grams=grams,
        fingerprints=fingerprints,
        asked=boilerplate.choose(fingerprints),
        is_own=~boilerplate.find(grams, len(letters)),
    )


def _suggestions_start(document: Document) -> int:
    """Return an offset in the whole text; a title that suggests is still a title."""
    found = find_suggestions(document.body)
    if found is None:
        return len(document.text)
    return len(document.text) - len(document.body) + found
