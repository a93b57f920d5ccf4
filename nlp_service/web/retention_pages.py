"""设置, 保存期限: the rules of how long texts are kept; put in force here, they erase nothing."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from nlp_service.api.deps import ActorDep, StoreDep
from nlp_service.domain.errors import RulesRefused
from nlp_service.domain.records import CHINA
from nlp_service.domain.retention import MOST_YEARS, RetentionRule, State
from nlp_service.domain.submission import Kind
from nlp_service.settings import Settings
from nlp_service.store.opening import Office, Store
from nlp_service.store.retention import count_due
from nlp_service.store.retention_rules import (
    earlier_rules,
    find_rules,
    past_rules,
    put_in_force,
    take_turn,
)
from nlp_service.web.forms import Form, SignedFormDep
from nlp_service.web.rendering import by_htmx
from nlp_service.web.retention_form import (
    GONE,
    RuleDraft,
    draft_of,
    read_draft,
    with_draft,
    without,
)
from nlp_service.web.settings_frame import RETENTION, render_section

retention_router = APIRouter(include_in_schema=False)

RULES = f"{RETENTION}/rules"

_Rules = Sequence[RetentionRule]
_NEW = RuleDraft()


@retention_router.get(RETENTION)
def show_retention(request: Request, store: StoreDep, rule: str = "") -> Response:
    """Show the rules, how many submissions each would erase today, and one to be changed."""
    with store.reading() as office:
        rules = find_rules(office, _file(request)).rules
    draft = next((draft_of(one) for one in rules if one.name == rule), _NEW)
    return _show(request, store, draft=draft, refused=GONE if rule and not draft.of else "")


@retention_router.post(RULES)
def save_rule(request: Request, form: SignedFormDep, store: StoreDep, actor: ActorDep) -> Response:
    """Add a rule, or put one in the place of another."""
    draft = read_draft(form)

    def edit(office: Office, rules: _Rules) -> _Rules:
        return with_draft(rules, draft)

    said = f"{'已更改' if draft.of else '已添加'}规则“{draft.name}”。"
    return _change(request, form, store, actor, edit, typed=draft, said=said)


@retention_router.post(f"{RULES}:remove")
def remove_rule(
    request: Request, form: SignedFormDep, store: StoreDep, actor: ActorDep
) -> Response:
    """Take a rule away; without any nothing is erased, whatever a file says."""
    name = form.get("of", "")

    def edit(office: Office, rules: _Rules) -> _Rules:
        return without(rules, name)

    return _change(request, form, store, actor, edit, said=f"已去掉规则“{name}”。")


@retention_router.post(f"{RULES}:restore")
def restore_rules(
    request: Request, form: SignedFormDep, store: StoreDep, actor: ActorDep
) -> Response:
    """Put the rules of earlier in force again."""

    def edit(office: Office, rules: _Rules) -> _Rules:
        return earlier_rules(office, _file(request), mark=form.get("mark", ""))

    return _change(request, form, store, actor, edit, said="已恢复当时的规则。")


def _change(
    request: Request,
    form: Form,
    store: Store,
    actor: str,
    edit: Callable[[Office, _Rules], _Rules],
    *,
    said: str,
    typed: RuleDraft | None = None,
) -> Response:
    """Put edited rules in force; where they are refused, show why, and what was typed."""
    try:
        with store.transaction(actor=actor) as office:
            before = take_turn(office, _file(request), seen=form.get("seen", ""))
            put_in_force(office, edit(office, before.rules), before=before)
    except RulesRefused as error:
        return _show(request, store, draft=typed or _NEW, typed=bool(typed), refused=str(error))
    if by_htmx(request):
        return _show(request, store, said=said)
    return RedirectResponse(RETENTION, 303)


def _show(
    request: Request,
    store: Store,
    *,
    draft: RuleDraft = _NEW,
    typed: bool = False,
    refused: str = "",
    said: str = "",
) -> Response:
    """Show the page; what was typed and refused stays in its form, beside the reason."""
    file = _file(request)
    with store.reading() as office:
        found, past = find_rules(office, file), past_rules(office, file)
    due = count_due(store, found.rules, today=datetime.now(CHINA).date())
    total = sum(each.count for each in due)
    page = render_section(
        request,
        "retention.html",
        status=422 if refused else 200,
        said=f"{said}现在到期 {total:,} 件，没有清除任何来件。" if said else "",
        found=found,
        past=past,
        file=file,
        due=due,
        total=total,
        draft=draft,
        typed=typed,
        refused=refused,
        states=State,
        kinds=Kind,
        most_years=MOST_YEARS,
    )
    if refused:
        place = "rule" if typed else "refused"
        page.headers["HX-Reswap"] = f"outerHTML show:#{place}:top"
    return page


def _file(request: Request) -> Path | None:
    settings: Settings = request.app.state.settings
    return settings.retention
