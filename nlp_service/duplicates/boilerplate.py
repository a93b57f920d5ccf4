"""Know the wording that is nobody's: official set phrases, and what many submitters write.

Set phrases are written in ``data/duplicates/set_phrases.toml``; what is common in an archive is
learnt from it. Both are sets of grams. Boilerplate is left out when texts are asked for and when
shares are counted, never when a text is indexed: an index need not be made anew when phrases are
added or an archive grows.
"""

import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from nlp_service.domain.toml_tables import build_all, read_toml
from nlp_service.duplicates.fingerprints import GRAM, WINDOW, Grams, hash_grams
from nlp_service.duplicates.letters import Booleans, cover, find_letters
from nlp_service.text.normalise import normalise

_ALTERNATIVES = re.compile(r"\(([^()]*)\)")
_LEAST_SUBMITTERS, _LEAST_SHARE_OF_SUBMITTERS = 8, 0.002
_BUCKET_BITS = 24
"""Grams are first counted by their upper bits, 64 MB of counters, then only the likely ones."""
_TO_BUCKET = 63 - _BUCKET_BITS
_LARGE_PART = 1_000_000
_NO_GRAMS: Grams = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPhrases:
    """One table of ``set_phrases.toml``."""

    name: str
    """What they are for, for the reader of the file."""
    phrases: Sequence[str]
    """Plain, or with ``(甲/乙/)``: either of them, or neither where one is empty."""


class Archive(Protocol):
    """What boilerplate is learnt from."""

    def count_submitters(self) -> int:
        """Return how many different people or bodies submitted something."""

    def common_grams(self, at_least: int) -> Grams:
        """Return the fingerprints, ascending, that so many different submitters share."""


@dataclass(frozen=True, kw_only=True)
class Boilerplate:
    """Grams that do not count."""

    set_phrases: Grams = field(default_factory=_NO_GRAMS.copy)  # ascending, each once
    common: Grams = field(default_factory=_NO_GRAMS.copy)  # ascending, each once

    def find(self, grams: Grams, n_letters: int) -> Booleans:
        """Say of each letter whether it stands in boilerplate.

        Args:
            grams: of all letters in order, not only the fingerprints.
            n_letters: of the text.
        """
        at = np.flatnonzero(contains(self.set_phrases, grams) | contains(self.common, grams))
        return cover(at, np.minimum(at + GRAM, n_letters), n_letters)

    def choose(self, fingerprints: Grams) -> Grams:
        """Return the fingerprints to ask an index for: those that are not boilerplate.

        Where more than half of a text is what many write, it may be a form letter, and its other
        senders are to be found: only set phrases are left out then.
        """
        own = fingerprints[~contains(self.set_phrases, fingerprints)]
        rare = own[~contains(self.common, own)]
        return rare if 2 * len(rare) >= len(own) else own


def learn_boilerplate(
    archive: Archive, texts: Iterable[tuple[str, Grams]], set_phrases: Grams
) -> Boilerplate:
    """Add to the set phrases what is common in an archive, as ``learn_common`` says.

    Args:
        archive: an index of fingerprints.
        texts: submitter and all grams, in order, of each of its texts; read once. Texts without a
            submitter are each a submitter of their own.
        set_phrases: as ``read_set_phrases`` returns them.
    """
    by_submitter = sorted(texts, key=lambda each: each[0])
    return Boilerplate(set_phrases=set_phrases, common=learn_common(archive, lambda: by_submitter))


def learn_common(archive: Archive, read_texts: Callable[[], Iterable[tuple[str, Grams]]]) -> Grams:
    """Return what is common in an archive, ascending: shared by 8 submitters and 0.2 % of all.

    Eight, because a joint proposal of a few members would else make its wording nobody's.
    Fingerprints alone leave the ends of common wording open, up to a window on either side; so the
    grams around common fingerprints are counted as well. The texts are read twice and not kept:
    the memory that it takes depends on how much is common, not on how many they are.

    Args:
        archive: an index of fingerprints.
        read_texts: begins to read the texts: submitter and all grams, in order, of each; those of
            one submitter in a row.
    """
    at_least = max(
        _LEAST_SUBMITTERS, math.ceil(_LEAST_SHARE_OF_SUBMITTERS * archive.count_submitters())
    )
    common = archive.common_grams(at_least)
    if not len(common):
        return common
    counted = np.zeros(1 << _BUCKET_BITS, dtype=np.uint32)
    for grams in _near_of_each(common, read_texts()):
        counted[np.unique(grams >> _TO_BUCKET)] += 1
    likely = (
        grams[counted[grams >> _TO_BUCKET] >= at_least]
        for grams in _near_of_each(common, read_texts())
    )
    return np.union1d(common, _found_often(likely, at_least))


def _near_of_each(common: Grams, texts: Iterable[tuple[str, Grams]]) -> Iterator[Grams]:
    """Yield of each submitter the grams less than a window from common ones, each once."""
    whose = ((submitter or f"\n{number}", grams) for number, (submitter, grams) in enumerate(texts))
    for _, theirs in itertools.groupby(whose, key=lambda each: each[0]):
        yield np.unique(np.concatenate([_near(common, grams) for _, grams in theirs]))


def _near(common: Grams, grams: Grams) -> Grams:
    at = np.flatnonzero(contains(common, grams))
    first, end = np.maximum(at - WINDOW + 1, 0), np.minimum(at + WINDOW, len(grams))
    return grams[cover(first, end, len(grams))]


def _found_often(some: Iterable[Grams], at_least: int) -> Grams:
    """Return the grams that stand in so many of these, each of which has none twice."""
    found, times = _NO_GRAMS, _NO_GRAMS
    for grams in _in_large_parts(some):
        merged = np.concatenate([found, grams])
        worth = np.concatenate([times, np.ones(len(grams), dtype=np.int64)])
        found, place = np.unique(merged, return_inverse=True)
        times = np.bincount(place, worth, len(found)).astype(np.int64)
    return found[times >= at_least]


def _in_large_parts(some: Iterable[Grams]) -> Iterator[Grams]:
    """Join arrays, so that what is done with each is done seldom."""
    waiting, size = [_NO_GRAMS], 0
    for grams in some:
        if len(grams):
            waiting.append(grams)
            size += len(grams)
        if size > _LARGE_PART:
            yield np.concatenate(waiting)
            waiting, size = [_NO_GRAMS], 0
    yield np.concatenate(waiting)


def read_set_phrases(path: Path) -> Grams:
    """Return the grams of the phrases in a file, ascending; phrases below five letters have none.

    Raises:
        InvalidTaxonomy: the file is absent or does not fit.
    """
    groups = build_all(SetPhrases, read_toml(path).get("group"), file=path, key="group")
    grams = [
        hash_grams(letters)
        for group in groups
        for phrase in group.phrases
        for wording in _wordings(normalise(phrase))
        if len(letters := find_letters(wording)[0]) >= GRAM
    ]
    return np.unique(np.concatenate([_NO_GRAMS, *grams]))


def contains(known: Grams, grams: Grams) -> Booleans:
    """Say of each gram whether it is among the known ones, which ascend."""
    if not len(known):
        return np.zeros(len(grams), dtype=np.bool_)
    nearest = np.minimum(np.searchsorted(known, grams), len(known) - 1)
    return np.equal(known[nearest], grams)


def _wordings(phrase: str) -> Iterator[str]:
    """Write out every choice of the alternatives."""
    parts = _ALTERNATIVES.split(phrase)
    choices = [part.split("/") if n % 2 else [part] for n, part in enumerate(parts)]
    return map("".join, itertools.product(*choices))
