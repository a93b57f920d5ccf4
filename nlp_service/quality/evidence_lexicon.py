"""Read ``evidence.toml``: the word lists and patterns by which evidence is found.

The file explains its notation. A pattern may not repeat without end, so that whatever an office
writes there, a text is read in time linear in its length.
"""

import enum
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.taxonomy import Unit
from nlp_service.domain.toml_tables import build, read_toml
from nlp_service.text.normalise import normalise


class EvidenceType(enum.StrEnum):
    """What a quote shows; the names for users stand in ``evidence.toml``."""

    FIGURE = "figure"
    """数字与单位"""
    SURVEY = "survey"
    """走访调研"""
    CASE = "case"
    """具体事例"""
    COMPARISON = "comparison"
    """比较"""
    SOURCE = "source"
    """资料来源"""
    PLACE = "place"
    """具体地点"""
    GROUP = "group"
    """涉及群体"""
    CAUSE = "cause"
    """原因"""
    OBSTACLE = "obstacle"
    """障碍"""
    BODY = "body"
    """责任单位"""
    ACTION = "action"
    """动作和对象"""
    QUANTITY = "quantity"
    """建议中的数量"""
    DEADLINE = "deadline"
    """时限"""
    MONEY = "money"
    """经费"""
    LEGAL_BASIS = "legal_basis"
    """法律政策依据"""
    PRECEDENT = "precedent"
    """试点与先例"""
    SLOGAN = "slogan"
    """口号"""
    HEARSAY = "hearsay"
    """传闻"""
    VAGUENESS = "vagueness"
    """含糊说法"""

    @property
    def lacks_substance(self) -> bool:
        """Whether such a quote shows what the text lacks, not what it has."""
        return self in (EvidenceType.SLOGAN, EvidenceType.HEARSAY, EvidenceType.VAGUENESS)


class Fact(enum.StrEnum):
    """What else is known of a quote."""

    ACTS = "acts"
    """The body is named as the one that does something: that is to, where this is suggested."""
    NAMED = "named"
    """Who counted or reported is named; of a precedent: where it is from."""
    POLICY = "policy"
    """The source is a law or a policy paper, not data."""
    LISTED = "listed"
    """An item of an enumeration of problems, not a cause that is called one."""
    DATED = "dated"
    """A date stands in it."""
    COUNTED = "counted"
    """A figure stands in it."""
    HOLLOW = "hollow"
    """A figure of what nobody can measure."""
    PLACED = "placed"
    """A named place stands in it."""


class Part(enum.StrEnum):
    """Where in a text a rule holds."""

    ANYWHERE = "anywhere"
    """Title and body."""
    BODY = "body"
    """Not the title."""
    SITUATION = "situation"
    """The body without its suggestions."""
    SUGGESTIONS = "suggestions"
    """What the body suggests."""


class Stretch(enum.StrEnum):
    """How far a quote reaches beyond the match."""

    MATCH = "match"
    """Not at all."""
    BACK = "back"
    """Back to the beginning of the clause."""
    ON = "on"
    """On to the end of the clause."""
    CLAUSE = "clause"
    """The whole clause."""


@dataclass(frozen=True, kw_only=True)
class RuleTable:
    """A pattern and when it counts; the file explains the notation."""

    find: str
    part: Part = Part.BODY
    stretch: Stretch = Stretch.MATCH
    lead: str | None = None
    """A pattern; what of it stands directly before the match belongs to the quote."""
    not_after: Sequence[str] = ()
    not_before: Sequence[str] = ()
    not_starting: Sequence[str] = ()
    not_ending: Sequence[str] = ()
    unless: str | None = None
    """A pattern; a clause that holds it does not count."""
    only_with: str | None = None
    """A pattern; only a quote that holds it counts."""
    only_with_type: EvidenceType | None = None
    """Only a quote that holds one of this type counts; the file lists that type earlier."""
    fact: Fact | None = None


@dataclass(frozen=True, kw_only=True)
class TypeTable:
    """One type's name for users and its rules."""

    code: EvidenceType
    name: str
    rule: Sequence[RuleTable] = ()
    beside: str | None = None
    """A pattern; a neighbouring clause that holds it belongs to the quote."""


@dataclass(frozen=True, kw_only=True)
class WordingTable:
    """The few phrases that the mechanics ask for."""

    begins: str
    """There the suggestions begin, where ``find_suggestions`` finds no sign of it."""
    suggests: str
    """A sentence that holds it suggests something, wherever it stands."""
    urges: str
    """The same, in a text that does not say where its suggestions begin …"""
    tells: str
    """… unless the sentence tells of what has happened."""
    acts_after: Sequence[str]
    """Directly before a body: it is to act."""
    acts_before: str
    """Directly behind a body: it is to act."""
    links: Sequence[str]
    """Between two bodies: what holds of the second holds of the first."""
    date: str


@dataclass(frozen=True, kw_only=True)
class LexiconTable:
    """``evidence.toml`` as it is written."""

    lists: Mapping[str, Sequence[str]]
    parts: Mapping[str, str]
    wording: WordingTable
    type: Sequence[TypeTable]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRule:
    """A rule, ready to be applied."""

    regex: re.Pattern[str]
    part: Part
    stretch: Stretch
    lead: re.Pattern[str] | None
    """Ends where the match begins."""
    not_after: tuple[str, ...]
    not_before: tuple[str, ...]
    not_starting: tuple[str, ...]
    not_ending: tuple[str, ...]
    unless: re.Pattern[str] | None
    only_with: re.Pattern[str] | None
    only_with_type: EvidenceType | None
    facts: frozenset[Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLexicon:
    """The rules of all types, ready to be applied."""

    names: Mapping[EvidenceType, str]
    """What users call each type."""
    rules: Mapping[EvidenceType, Sequence[EvidenceRule]]
    """In the order of the file."""
    beside: Mapping[EvidenceType, re.Pattern[str]]
    begins: re.Pattern[str]
    suggests: re.Pattern[str]
    urges: re.Pattern[str]
    tells: re.Pattern[str]
    acts_after: tuple[str, ...]
    acts_before: re.Pattern[str]
    links: frozenset[str]
    date: re.Pattern[str]


def read_evidence_lexicon(path: Path, units: Sequence[Unit]) -> EvidenceLexicon:
    """Read ``evidence.toml``; the names of the units become two lists of it.

    Raises:
        InvalidTaxonomy: a key or type that does not fit, an unknown list, a pattern that is
            none or may repeat without end, a type without a table or with two.
    """
    table = build(LexiconTable, read_toml(path), file=path, key="evidence")
    names, short = _names_of(units)
    reader = _Reader(
        file=path, lists={**table.lists, "单位": names, "单位简称": short}, parts=table.parts
    )
    _check_types(table.type, path)
    wording = table.wording
    return EvidenceLexicon(
        names={each.code: each.name for each in table.type},
        rules={each.code: list(reader.rules(each)) for each in table.type},
        beside={
            each.code: reader.regex(each.beside, f"type[{each.code}].beside")
            for each in table.type
            if each.beside
        },
        begins=reader.regex(wording.begins, "wording.begins"),
        suggests=reader.regex(wording.suggests, "wording.suggests"),
        urges=reader.regex(wording.urges, "wording.urges"),
        tells=reader.regex(wording.tells, "wording.tells"),
        acts_after=reader.words(wording.acts_after, "wording.acts_after"),
        acts_before=reader.regex(wording.acts_before, "wording.acts_before"),
        links=frozenset(wording.links),
        date=reader.regex(wording.date, "wording.date"),
    )


def _check_types(tables: Sequence[TypeTable], path: Path) -> None:
    codes = [table.code for table in tables]
    for code in EvidenceType:
        if codes.count(code) != 1:
            raise InvalidTaxonomy(str(path), f"type[{code}]", "每种证据应恰有一个表")
    for place, table in enumerate(tables):
        for number, rule in enumerate(table.rule):
            if rule.only_with_type and rule.only_with_type not in codes[:place]:
                key = f"type[{table.code}].rule[{number}].only_with_type"
                raise InvalidTaxonomy(str(path), key, f"{rule.only_with_type} 应写在前面")


_ENDS_OF_NAMES = ("局", "委", "部", "办", "院", "会", "厅", "室", "政府", "街道", "公司", "企业")
_ENDS_CUT_OFF = re.compile("(?:管理)?(?:委员会|局|办公室|中心)$")


def _names_of(units: Sequence[Unit]) -> tuple[Sequence[str], Sequence[str]]:
    """Return the units' full names, and what stands before 局 or 部门 in shorter ones.

    What an office calls units of its own are names, however they end; none of one letter is.
    """
    called = [name for unit in units if unit.is_local for name in (unit.name, unit.short)]
    own = [name for name in called if len(name) > 1]
    full = [name for unit in units for name in (unit.name, *unit.former)]
    parts = [part for name in full for part in re.split("[()、,]", name) if len(part) > 2]
    names = [part for part in parts if part.endswith((*_ENDS_OF_NAMES, "中心", "支队"))]
    brief = [name for unit in units for name in (unit.short, *unit.former)]
    short = [part for name in brief for part in name.split("/")]
    stems = [_ENDS_CUT_OFF.sub("", name) for name in names]
    return [*names, *own], [
        stem for stem in [*stems, *short] if len(stem) > 1 and stem not in names
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Turns what is written in the file into what can be looked for."""

    file: Path
    lists: Mapping[str, Sequence[str]]
    parts: Mapping[str, str]

    def rules(self, table: TypeTable) -> Iterator[EvidenceRule]:
        for number, rule in enumerate(table.rule):
            key = f"type[{table.code}].rule[{number}]"
            yield EvidenceRule(
                regex=self.regex(rule.find, f"{key}.find"),
                part=rule.part,
                stretch=rule.stretch,
                lead=self._regex_if(rule.lead and rf"(?:{rule.lead})\Z", f"{key}.lead"),
                not_after=self.words(rule.not_after, f"{key}.not_after"),
                not_before=self.words(rule.not_before, f"{key}.not_before"),
                not_starting=self.words(rule.not_starting, f"{key}.not_starting"),
                not_ending=self.words(rule.not_ending, f"{key}.not_ending"),
                unless=self._regex_if(rule.unless, f"{key}.unless"),
                only_with=self._regex_if(rule.only_with, f"{key}.only_with"),
                only_with_type=rule.only_with_type,
                facts=frozenset([rule.fact] if rule.fact else []),
            )

    def _regex_if(self, pattern: str | None, key: str) -> re.Pattern[str] | None:
        return self.regex(pattern, key) if pattern else None

    def regex(self, pattern: str, key: str) -> re.Pattern[str]:
        try:
            written_out = self._written_out(pattern, key)
            regex = re.compile(written_out)
        except re.error as error:
            raise InvalidTaxonomy(str(self.file), key, f"不是有效的句式：{error}") from None
        except RecursionError:
            raise InvalidTaxonomy(str(self.file), key, "零件或词表互相引用，没有尽头") from None
        if _ENDLESS.search(_ESCAPES_AND_CLASSES.sub("", written_out)):
            raise InvalidTaxonomy(str(self.file), key, "不得使用没有上限的重复（* + {n,}）")
        return regex

    def _written_out(self, pattern: str, key: str) -> str:
        def meaning(mention: re.Match[str]) -> str:
            if mention[1] in self.parts:
                return f"(?:{self._written_out(self.parts[mention[1]], key)})"
            return _any_of(set(self.words([mention[0]], key)))

        return _MENTION.sub(meaning, pattern)

    def words(self, items: Sequence[str], key: str) -> tuple[str, ...]:
        """Return the words, each list in the place of its mention."""
        words: list[str] = []
        for item in items:
            mention = _MENTION.fullmatch(item)
            words += self.words(self._list(mention[1], key), key) if mention else [normalise(item)]
        return tuple(words)

    def _list(self, name: str, key: str) -> Sequence[str]:
        if name not in self.lists:
            raise InvalidTaxonomy(str(self.file), key, f"没有名为 {name} 的词表或零件")
        return self.lists[name]


_MENTION = re.compile(r"\{([^\W\d]\w*)\}")
_ESCAPES_AND_CLASSES = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]")
_ENDLESS = re.compile(r"[*+]|\{\d*,\}")
_LONG_LIST = 30


def _any_of(words: Collection[str]) -> str:
    """Return a pattern of the words, of which the longest that fits counts.

    A long list asks for the first two characters before it tries word after word, and has one
    branch a first character: together three times as fast.
    """
    branches: dict[str, list[str]] = {}
    for word in sorted(words, key=lambda word: (-len(word), word)):
        branches.setdefault(word[0], []).append(re.escape(word[1:]))
    branched = "|".join(f"{re.escape(c)}(?:{'|'.join(rest)})" for c, rest in branches.items())
    if len(words) <= _LONG_LIST or min(map(len, words)) < 2:
        return f"(?:{branched or '(?!)'})"
    first, second = (re.escape("".join(sorted({word[n] for word in words}))) for n in (0, 1))
    return f"(?:(?=[{first}][{second}])(?:{branched}))"
