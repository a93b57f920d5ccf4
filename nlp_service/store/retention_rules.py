"""Which rules of retention are in force: what an admin set last, else the file of the settings.

What is in force erases nothing: ``store.retention`` does, when somebody runs it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from nlp_service.domain.audit import Change, Facts
from nlp_service.domain.errors import InvalidTaxonomy, RulesRefused
from nlp_service.domain.in_force import Ruling, Subject
from nlp_service.domain.retention import (
    RetentionRule,
    build_rules,
    check_rules,
    read_retention_rules,
    table_of,
)
from nlp_service.store.opening import Office

OF_FILE = "file"
"""Mark of the rules in the file of the settings."""
_PAGE = Path("设置 › 保存期限")
"""Where rules stand that an admin set, in the place of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Rules, and where they come from; without a ruling and a file nobody has set any."""

    rules: Sequence[RetentionRule] = ()
    ruling: Ruling | None = None
    """As which an admin set them; None where they stand in a file."""
    file: Path | None = None
    problem: str = ""
    """Why they cannot be read: then there are none."""

    @property
    def digest(self) -> str:
        """Changes with any rule: it tells later which rules somebody saw."""
        told = json.dumps(table_of(self.rules), ensure_ascii=False)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def mark(self) -> str:
        """By which these rules are found again, among those of earlier: a moment, or the file."""
        return OF_FILE if self.ruling is None else self.ruling.set_at.astimezone(UTC).isoformat()


def find_rules(office: Office, file: Path | None) -> RuleSet:
    """Return what is in force; ``file`` is that of the settings.

    Raises:
        StoreError: the database refuses.
    """
    ruling = office.rulings.newest(Subject.RETENTION)
    if ruling is not None:
        return _read_ruling(ruling)
    return RuleSet() if file is None else read_rules_file(file)


def read_rules_file(file: Path) -> RuleSet:
    """Return the rules of a file, or why it has none."""
    try:
        return RuleSet(rules=read_retention_rules(file), file=file)
    except InvalidTaxonomy as error:
        return RuleSet(file=file, problem=_why(error))


def past_rules(office: Office, file: Path | None) -> Sequence[RuleSet]:
    """Return what admins set, the newest first, and at the end, if there is one, the file.

    Raises:
        StoreError: the database refuses.
    """
    rulings = office.rulings.history(Subject.RETENTION)
    return [*map(_read_ruling, rulings), *([] if file is None else [read_rules_file(file)])]


def earlier_rules(office: Office, file: Path | None, *, mark: str) -> Sequence[RetentionRule]:
    """Return rules of earlier by their mark.

    Raises:
        RulesRefused: there are none of that mark, or they cannot be read.
    """
    found = next((one for one in past_rules(office, file) if one.mark == mark), None)
    if found is None:
        raise RulesRefused("没有这一次更改，请刷新页面后再选。")
    if found.problem:
        raise RulesRefused(f"这些规则有误，不能恢复：{found.problem}")
    return found.rules


def take_turn(office: Office, file: Path | None, *, seen: str) -> RuleSet:
    """Return what is in force, and let nobody else change it until the transaction ends.

    Args:
        office: of a transaction that is to put other rules in force.
        file: that of the settings.
        seen: digest of the rules from which the change was made.

    Raises:
        RulesRefused: others are in force by now; the message says who set them.
    """
    office.rulings.hold(Subject.RETENTION)
    now = find_rules(office, file)
    if now.digest != seen:
        who = f"{now.ruling.set_by} 已经改过保存期限" if now.ruling else "规则文件已经改过"
        raise RulesRefused(f"你打开这页以后，{who}，所以没有保存。请看现在的规则，再存一次。")
    return now


def put_in_force(office: Office, rules: Sequence[RetentionRule], *, before: RuleSet) -> None:
    """Put rules in force, none also; the same ones as before change nothing.

    Args:
        office: of the transaction that took its turn.
        rules: all that shall be in force.
        before: what was until now.

    Raises:
        RulesRefused: they cannot be in force; the message says why.
    """
    check_rules(rules)
    if table_of(rules) != table_of(before.rules) or before.problem:
        change = Change(before=_told(before.rules), after=_told(rules))
        office.rulings.set(Subject.RETENTION, table_of(rules), change=change)


def _read_ruling(ruling: Ruling) -> RuleSet:
    """Return the rules of a ruling, or, where a later version of the program wrote it, why not."""
    try:
        return RuleSet(rules=build_rules(ruling.content, file=_PAGE), ruling=ruling)
    except InvalidTaxonomy as error:
        return RuleSet(ruling=ruling, problem=_why(error))


def _told(rules: Sequence[RetentionRule]) -> Facts:
    """Return what the audit tells of rules: by the name of each, the rest of it."""
    tables = table_of(rules)["rule"]
    return {one["name"]: {key: one[key] for key in one if key != "name"} for one in tables}


def _why(error: InvalidTaxonomy) -> str:
    return error.reason if error.key == "rule" else f"{error.key}：{error.reason}"
