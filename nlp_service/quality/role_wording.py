"""Read ``roles.toml``: headings, and words that tell what a sentence does; the file explains them.

What is made of them is said in ``roles``.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.quality import SentenceRole
from nlp_service.domain.span import Span
from nlp_service.domain.toml_tables import build, read_toml
from nlp_service.text.normalise import normalise


@dataclass(frozen=True, kw_only=True)
class HeadingTable:
    """Headings under which sentences do the same."""

    role: SentenceRole
    words: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class SuggestionTable:
    """Words with which a clause begins that asks for something."""

    asks: Sequence[str]
    but_not: Sequence[str]
    so: Sequence[str] = ()
    """May stand before what asks; older bundles know none."""


@dataclass(frozen=True, kw_only=True)
class OtherTable:
    """Words of a short sentence that belongs to no matter; ``^`` asks for its beginning."""

    short: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class PersonalTable:
    """Words of private matters."""

    private: Sequence[str]
    pleas: Sequence[str]
    official: Sequence[str]
    """With one of these the sentence speaks for more than its writer."""


@dataclass(frozen=True, kw_only=True)
class WordingTable:
    """``roles.toml`` as it is written."""

    before: Sequence[str]
    after: Sequence[str]
    heading: Sequence[HeadingTable]
    suggestion: SuggestionTable
    other: OtherTable
    personal: PersonalTable


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleWording:
    """The words, ready to be looked for."""

    heading: re.Pattern[str]
    """One group a role, named like it; fits only where a heading may begin."""
    announcement: re.Pattern[str]
    """A whole sentence that says no more than a heading does: 为此,我提几条办法。"""
    asks: re.Pattern[str]
    other: re.Pattern[str]
    private: re.Pattern[str]
    official: re.Pattern[str]


def read_role_wording(path: Path) -> RoleWording:
    """Read ``roles.toml``.

    Raises:
        InvalidTaxonomy: a key or type that does not fit, a role that headings cannot have, or
            one that has two tables.
    """
    table = build(WordingTable, read_toml(path), file=path, key="roles")
    _check_roles([each.role for each in table.heading], path)
    before, after = _any_of(table.before), _any_of(table.after)
    roles = "|".join(f"(?P<{each.role}>{_any_of(each.words)})" for each in table.heading)
    announced = _any_of([word for each in table.heading for word in each.words])
    return RoleWording(
        heading=re.compile(
            rf"(?:{_NUMBER}|[【\[■●◆#*]{{1,3}} ?){{0,2}}"
            rf"(?:{before},?){{0,3}}(?:{roles}){after}?(?:[:】\]*]{{1,2}}|\Z|(?=\n))"
        ),
        announcement=re.compile(
            rf"(?:{_NUMBER})?(?:{before},?){{0,{_MOST_BEFORE}}}{announced}{after}?[。:;!]?"
        ),
        asks=re.compile(
            rf"(?:^|[,;:]) ?(?:{_NUMBER})?(?:{_any_of(table.suggestion.so)},?)?"
            f"(?!{_any_of(table.suggestion.but_not)}){_any_of(table.suggestion.asks)}"
        ),
        other=re.compile(_any_of(table.other.short)),
        private=re.compile(_any_of([*table.personal.private, *table.personal.pleas])),
        official=re.compile(_any_of(table.personal.official)),
    )


HEADED = (
    SentenceRole.BACKGROUND,
    SentenceRole.PROBLEM,
    SentenceRole.CAUSE,
    SentenceRole.SUGGESTION,
)
"""What may stand under a heading."""


def _check_roles(roles: Sequence[SentenceRole], path: Path) -> None:
    for role in roles:
        if role not in HEADED or roles.count(role) > 1:
            reason = f"role 应为 {'、'.join(HEADED)} 之一，且各写一次"
            raise InvalidTaxonomy(str(path), f"roles.heading[{role}]", reason)


_LONGEST_ANNOUNCEMENT = 24  # characters
_MOST_BEFORE = 4  # words that lead up to an announcement: 为此,我提几条办法
_NUMBER = (
    r"(?:第?[一二三四五六七八九十]{1,2}[、.]|\([一二三四五六七八九十\d]{1,2}\)|\d{1,2}[.、]) ?"
)


_NUMBERED_HEADING = re.compile(rf"{_NUMBER}[^\W\d_]{{1,8}}")


def is_numbered_heading(sentence: str) -> bool:
    """Say whether a sentence is a number and a few letters, no mark: (一)主观原因."""
    return _NUMBERED_HEADING.fullmatch(sentence) is not None


def is_announcement(sentence: str, wording: RoleWording) -> bool:
    """Say whether a sentence only says what follows."""
    short = len(sentence) <= _LONGEST_ANNOUNCEMENT
    return short and wording.announcement.fullmatch(sentence) is not None


def _any_of(words: Sequence[str]) -> str:
    """Return a pattern of the words, the longest first; ``^`` is the beginning."""
    ordered = sorted(map(normalise, words), key=lambda word: (-len(word), word))
    return f"(?:{'|'.join(re.escape(word).replace(chr(92) + '^', '^') for word in ordered)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading(Span):
    """A heading in the text; what stands under it should do ``role``."""

    role: SentenceRole


_BEFORE_HEADING = re.compile(r"[\n。;!?:”) ]")


def find_headings(text: str, wording: RoleWording) -> Iterator[Heading]:
    """Yield the headings of a normalised text, in order."""
    reached = 0
    for start in (0, *(mark.end() for mark in _BEFORE_HEADING.finditer(text))):
        if start >= reached and (match := wording.heading.match(text, start)):
            reached = match.end()
            yield Heading(
                start=start,
                end=reached,
                quote=match.group(),
                role=SentenceRole(match.lastgroup or SentenceRole.OTHER),
            )
