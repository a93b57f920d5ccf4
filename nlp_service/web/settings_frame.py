"""设置: its sections, and how each of their pages is shown; nobody sees what they may not read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.responses import HTMLResponse

from nlp_service.domain.people import Permission
from nlp_service.web.rendering import render

SETTINGS = "/settings"
USERS, KEYS = f"{SETTINGS}/users", f"{SETTINGS}/keys"
FILING, TAXONOMY = f"{SETTINGS}/filing", f"{SETTINGS}/taxonomy"
RETENTION, MODELS, AUDIT = f"{SETTINGS}/retention", f"{SETTINGS}/models", f"{SETTINGS}/audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One page of the settings."""

    name: str
    path: str
    needs: Permission


SECTIONS: Sequence[Section] = (
    Section(name="我的账户", path=SETTINGS, needs=Permission.READ),
    Section(name="用户", path=USERS, needs=Permission.MANAGE),
    Section(name="密钥", path=KEYS, needs=Permission.MANAGE),
    Section(name="立案分数线", path=FILING, needs=Permission.READ),
    Section(name="分类体系", path=TAXONOMY, needs=Permission.READ),
    Section(name="保存期限", path=RETENTION, needs=Permission.READ),
    Section(name="模型", path=MODELS, needs=Permission.READ),
    Section(name="审计", path=AUDIT, needs=Permission.READ_AUDIT),
)


def render_section(
    request: Request, template: str, *, said: str = "", status: int = 200, **values: Any
) -> HTMLResponse:
    """Return a page of the settings, beside the list of its neighbours."""
    caller = request.state.caller
    sections = [section for section in SECTIONS if caller.may(section.needs)]
    path = request.scope["path"]
    here = max(
        (one.path for one in sections if path == one.path or path.startswith(f"{one.path}/")),
        key=len,
        default=SETTINGS,
    )
    return render(
        request, template, said=said, status=status, sections=sections, here=here, **values
    )
