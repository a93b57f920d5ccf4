"""Know the wording that is nobody's: official set phrases, and what many submitters write.

Set phrases are written in ``data/duplicates/set_phrases.toml``; what is common in an archive is
learnt from it. Both are sets of grams. Boilerplate is left out when texts are asked for and when
shares are counted, never when a text is indexed: an index need not be made anew when phrases are
added or an archive grows.
"""

import itertools
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
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
    """Add to the set phrases what is common in an archive: shared by 8 submitters and 0.2 % of all.

    Eight, because a joint proposal of a few members would else make its wording nobody's.
    Fingerprints alone leave the ends of common wording open, up to a window on either side; so the
    grams around common fingerprints are counted as well.

    Args:
        archive: an index of fingerprints.
        texts: submitter and all grams, in order, of each of its texts; read once. Texts without a
            submitter are each a submitter of their own.
        set_phrases: as ``read_set_phrases`` returns them.
    """
    at_least = max(
        _LEAST_SUBMITTERS, math.ceil(_LEAST_SHARE_OF_SUBMITTERS * archive.count_submitters())
    )
    common = archive.common_grams(at_least)
    if len(common):
        common = np.union1d(common, _common_around(common, texts, at_least))
    return Boilerplate(set_phrases=set_phrases, common=common)


def _common_around(common: Grams, texts: Iterable[tuple[str, Grams]], at_least: int) -> Grams:
    """Return the grams less than a window from common fingerprints that are common themselves."""
    near: dict[str, list[Grams]] = defaultdict(list)  # by submitter
    for number, (submitter, grams) in enumerate(texts):
        at = np.flatnonzero(contains(common, grams))
        around = cover(
            np.maximum(at - WINDOW + 1, 0), np.minimum(at + WINDOW, len(grams)), len(grams)
        )
        near[submitter or f"\n{number}"].append(grams[around])
    of_each = [np.unique(np.concatenate(grams)) for grams in near.values()]
    found, submitters = np.unique(np.concatenate([_NO_GRAMS, *of_each]), return_counts=True)
    return found[submitters >= at_least]


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
