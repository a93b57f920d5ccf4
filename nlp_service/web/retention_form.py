"""The form of one rule of retention: as somebody typed it, and what it makes of the rules."""

from collections.abc import Sequence
from dataclasses import dataclass

from nlp_service.domain.errors import RulesRefused
from nlp_service.domain.retention import MOST_YEARS, RetentionRule, State
from nlp_service.domain.submission import Kind
from nlp_service.web.forms import Form

GONE = "没有这条规则，可能刚被改名或去掉。请看现在的规则。"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDraft:
    """A rule as it was typed; what was refused is shown again, so nothing is checked."""

    of: str = ""
    """Name of the rule that it changes; empty: it is a new one."""
    name: str = ""
    states: Sequence[str] = ()
    kinds: Sequence[str] = ()
    years: str = ""


def draft_of(rule: RetentionRule) -> RuleDraft:
    """Return the draft from which a rule is changed."""
    return RuleDraft(
        of=rule.name, name=rule.name, states=rule.states, kinds=rule.kinds, years=str(rule.years)
    )


def read_draft(form: Form) -> RuleDraft:
    """Return what was typed."""
    return RuleDraft(
        of=form.get("of", ""),
        name=form.get("name", "").strip(),
        states=form.getlist("state"),
        kinds=form.getlist("kind"),
        years=form.get("years", "").strip(),
    )


def with_draft(rules: Sequence[RetentionRule], draft: RuleDraft) -> Sequence[RetentionRule]:
    """Return the rules with the draft in the place of the one that it changes, or at the end.

    Raises:
        RulesRefused: there is no such rule, or the draft makes none.
    """
    made = _rule_of(draft)
    if not draft.of:
        return [*rules, made]
    _check_there(rules, draft.of)
    return [made if rule.name == draft.of else rule for rule in rules]


def without(rules: Sequence[RetentionRule], name: str) -> Sequence[RetentionRule]:
    """Return the rules but that of a name.

    Raises:
        RulesRefused: there is none.
    """
    _check_there(rules, name)
    return [rule for rule in rules if rule.name != name]


def _check_there(rules: Sequence[RetentionRule], name: str) -> None:
    if all(rule.name != name for rule in rules):
        raise RulesRefused(GONE)


def _rule_of(draft: RuleDraft) -> RetentionRule:
    """Return the rule; whether it fits the others is checked where they are put in force."""
    try:
        states = tuple(map(State, draft.states))
        kinds = tuple(map(Kind, draft.kinds))
    except ValueError:
        raise RulesRefused("选的来件不在表里，请刷新页面后再选。") from None
    try:
        years = int(draft.years)
    except ValueError:
        raise RulesRefused(f"“满几年”应是 1 到 {MOST_YEARS} 的整数。") from None
    return RetentionRule(name=draft.name, states=states, kinds=kinds, years=years)
