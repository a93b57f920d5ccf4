"""The lines of the table of permissions that are for pages (``api.permissions`` says what they do).

A page that shows what is stored needs what the address of the same for programs needs.
"""

from collections.abc import Sequence

from nlp_service.api.permissions import SHOWS_RESTRICTED, Access, Line
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
    # one submission
    Line(
        method="GET",
        path="/submissions/{key}",
        needs=Permission.READ,
        also=SHOWS_RESTRICTED,
        page=True,
    ),
    _page("/submissions/{key}/original", Permission.READ_ORIGINAL),
    _form("/submissions/{key}/reviews", Permission.HANDLE),
    _form("/submissions/{key}/reviews/{review}:undo", Permission.HANDLE),
    _form("/submissions/{key}/outcomes", Permission.DECIDE),
    _form("/submissions/{key}:restrict", Permission.HANDLE),
    _form("/submissions/{key}:unrestrict", Permission.HANDLE),
    _form("/submissions/{key}/unmerge", Permission.HANDLE),
    _form("/submissions/{key}/return-note", Permission.EXPORT),
    # two side by side
    _page("/compare", Permission.READ),
    _form("/compare/{left}/{right}/relation", Permission.HANDLE),
    _form("/compare/{left}/{right}/merge", Permission.HANDLE),
    _form("/compare/{left}/{right}/unmerge", Permission.HANDLE),
    # screening
    _page("/screening", Permission.READ),
    _page("/screening/{session}/cases/{key}", Permission.READ),
    _page("/screening/{session}/progress", Permission.READ),
    _page("/screening/{session}/dial", Permission.READ),
    _page("/screening/{session}/packet.{format}", Permission.EXPORT),
    _form("/screening/sessions", Permission.HANDLE),
    _form("/screening/{session}:change", Permission.HANDLE),
    _form("/screening/{session}:remove", Permission.HANDLE),
    _form("/screening/{session}/cases/{key}/decision", Permission.HANDLE),
    _form("/screening/{session}/cases/{key}/merge", Permission.HANDLE),
    _form("/screening/{session}/cases/{key}:undo", Permission.HANDLE),
    _form("/screening/{session}/adoptions", Permission.HANDLE),
    _form("/screening/{session}/adoptions/{adoption}:undo", Permission.HANDLE),
)
