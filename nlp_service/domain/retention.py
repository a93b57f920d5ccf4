"""How long texts are kept: rules by state and age, which the office writes; without one all stays.

The records and archives law of a place decides the years; nothing is preset.
"""

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

from nlp_service.domain.errors import InvalidSubmission, InvalidTaxonomy, RulesRefused
from nlp_service.domain.records import check_name
from nlp_service.domain.submission import KIND_NAMES, Kind
from nlp_service.domain.toml_tables import Table, build, read_toml

MOST_YEARS = 200


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


STATE_NAMES: Mapping[State, str] = {
    State.DELETED: "已删除",
    State.RESTRICTED: "限阅",
    State.FILED: "立案",
    State.MERGED: "并案",
    State.CONVERTED: "转意见建议",
    State.RETURNED: "退回完善",
    State.NOT_FILED: "不予立案",
    State.UNDECIDED: "没有登记结果",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """From which age on the texts of some submissions are erased."""

    name: str
    """As the tombstones tell it; no two rules have the same."""
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


def read_retention_rules(path: Path) -> Sequence[RetentionRule]:
    """Read an office's rules.

    Raises:
        InvalidTaxonomy: as ``build_rules`` does; or the file is absent or no TOML.
    """
    return build_rules(read_toml(path), file=path)


def build_rules(table: Table, *, file: Path) -> Sequence[RetentionRule]:
    """Make the rules of a table that has the shape of an office's file; it may hold none.

    Raises:
        InvalidTaxonomy: a key is missing, unknown or of another type, or the rules do not pass
            ``check_rules``; its key names the rule.
    """
    tables = table.get("rule")
    if not isinstance(tables, list) or len(table) != 1:
        raise InvalidTaxonomy(str(file), "rule", "应为 [[rule]] 的列表，此外没有别的键")
    rules = [
        build(RetentionRule, one, file=file, key=_place(one, number))
        for number, one in enumerate(tables, 1)
    ]
    try:
        check_rules(rules)
    except RulesRefused as error:
        raise InvalidTaxonomy(str(file), "rule", str(error)) from None
    return rules


def table_of(rules: Sequence[RetentionRule]) -> dict[str, Any]:
    """Return rules in the shape of an office's file, fit for JSON; of equal rules the same."""
    return {"rule": [_table_of(rule) for rule in rules]}


def _table_of(rule: RetentionRule) -> dict[str, Any]:
    states = [state for state in State if state in rule.states]
    kinds = [kind for kind in Kind if kind in rule.kinds]
    table = {"name": rule.name, "states": states, "years": rule.years}
    return table | {"kinds": kinds} if kinds else table


def check_rules(rules: Sequence[RetentionRule]) -> None:
    """Let pass what can be in force.

    Raises:
        RulesRefused: a rule has no name, no state or no whole year; or two have the same name
            or speak of the same submissions. The message names them, and says what to do.
    """
    for rule in rules:
        _check_rule(rule)
    for one, other in combinations(rules, 2):
        if one.name == other.name:
            raise RulesRefused(f"有两条规则都叫“{one.name}”，请给其中一条换个名称。")
        _check_apart(one, other)


def _check_rule(rule: RetentionRule) -> None:
    if not rule.name.strip():
        raise RulesRefused("规则没有名称，请写一个，如“未立案满三年”。")
    try:
        check_name("规则的名称", rule.name)
    except InvalidSubmission as error:
        raise RulesRefused(str(error)) from None
    if not rule.states:
        raise RulesRefused(f"规则“{rule.name}”没有选管哪些来件，请至少选一种。")
    if not 1 <= rule.years <= MOST_YEARS:
        raise RulesRefused(f"规则“{rule.name}”的年数应是 1 到 {MOST_YEARS} 的整数。")


def _check_apart(one: RetentionRule, other: RetentionRule) -> None:
    both = set(one.states) & set(other.states)
    states = [name for state, name in STATE_NAMES.items() if state in both]
    kinds = set(one.kinds or Kind) & set(other.kinds or Kind)
    if states and kinds:
        of_kinds = "、".join(name for kind, name in KIND_NAMES.items() if kind in kinds)
        only = "" if kinds == set(Kind) else f"（{of_kinds}）"
        raise RulesRefused(
            f"规则“{one.name}”和“{other.name}”都管{'、'.join(states)}的来件{only}，一件来件只能归一条"
            "规则。请在其中一条里去掉，或按来件类型分开。"
        )


def _place(table: object, number: int) -> str:
    """Name a rule by its name where it has one: a person finds it faster."""
    name = table.get("name") if isinstance(table, Mapping) else None
    return f"规则“{name}”" if isinstance(name, str) and name else f"第 {number} 条规则"
