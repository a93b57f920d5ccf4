"""The lines of the table of permissions that are for pages (``api.permissions`` says what they do).

A page that shows what is stored needs what the address of the same for programs needs.
"""

from collections.abc import Sequence

from nlp_service.api.permissions import Access, Line
from nlp_service.domain.people import Permission
from nlp_service.web.assets import STATIC_PATH


def _page(path: str, needs: Permission | Access) -> Line:
    return Line(method="GET", path=path, needs=needs, page=True)


def _form(path: str, needs: Permission | Access) -> Line:
    return Line(method="POST", path=path, needs=needs, page=True, form=True)


PAGE_LINES: Sequence[Line] = (
    Line(method="GET", path=STATIC_PATH, needs=Access.OPEN),
    _page("/login", Access.OPEN),
    _form("/login", Access.OPEN),
    _form("/logout", Access.SIGNED_IN),
    _page("/password", Access.SIGNED_IN),
    _form("/password", Access.SIGNED_IN),
    _page("/", Permission.ASSESS),
    _page("/try", Permission.ASSESS),
    # the inbox
    _page("/inbox", Permission.READ),
    _page("/inbox/rows", Permission.READ),
    _page("/inbox/{key}/options/{part}", Permission.HANDLE),
    _form("/inbox/{key}/correct", Permission.HANDLE),
    _form("/inbox/confirm", Permission.HANDLE),
    _form("/inbox/undo", Permission.HANDLE),
    _form("/inbox/views", Permission.READ),
    _form("/inbox/views/{key}:remove", Permission.READ),
)
