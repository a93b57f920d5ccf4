"""How long texts are kept: rules by state and age, which the office writes; without one all stays.

The records and archives law of a place decides the years; nothing is preset.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.submission import Kind
from nlp_service.domain.toml_tables import build, read_toml


class State(enum.StrEnum):
    """How a submission stands; each has one, the first that applies."""

    DELETED = "deleted"
    """已从列表中删除"""
    RESTRICTED = "restricted"
    """限阅"""
    FILED = "filed"
    """立案"""
    MERGED = "merged"
    """并案：登记为并案，或在现行的并案中而未另行登记"""
    CONVERTED = "converted"
    """转意见建议"""
    RETURNED = "returned"
    """退回完善"""
    NOT_FILED = "not_filed"
    """不予立案"""
    UNDECIDED = "undecided"
    """没有登记办理结果"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """From which age on the texts of some submissions are erased."""

    name: str
    """As the tombstones tell it."""
    states: Sequence[State]
    years: int
    """Whole years, 1 or more, from the day that a submission counts under; of deleted ones from
    the day of their deletion."""
    kinds: Sequence[Kind] = ()
    """As the sender stated them; none: all."""

    def limit(self, today: date) -> date:
        """Return the day before which a submission is due."""
        try:
            return today.replace(year=today.year - self.years)
        except ValueError:  # 29 February
            return today.replace(year=today.year - self.years, day=28)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    rule: Sequence[RetentionRule]


def read_retention_rules(path: Path) -> Sequence[RetentionRule]:
    """Read an office's rules.

    Raises:
        InvalidTaxonomy: a key is missing, unknown or of another type; a rule has no name, no
            state or no whole year; or two rules speak of the same submissions.
    """
    rules = build(_Rules, read_toml(path), file=path, key="retention").rule
    spoken_of: dict[tuple[State, Kind], str] = {}
    for number, rule in enumerate(rules):
        key = f"rule[{number}]"
        if not rule.name.strip() or not rule.states or not 1 <= rule.years <= 200:
            needed = "须有 name、至少一个 state，years 为 1–200 的整数"
            raise InvalidTaxonomy(str(path), key, needed)
        for pair in ((state, kind) for state in rule.states for kind in rule.kinds or Kind):
            if pair in spoken_of:
                other = spoken_of[pair]
                reason = f"与“{other}”都管 {pair[0]} 的 {pair[1]}，请只留一条"
                raise InvalidTaxonomy(str(path), key, reason)
            spoken_of[pair] = rule.name
    return rules
