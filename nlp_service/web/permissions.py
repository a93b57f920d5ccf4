"""The lines of the table of permissions that are for pages (``api.permissions`` says what they do).

A page that shows what is stored needs what the address of the same for programs needs.
"""

from collections.abc import Sequence

from nlp_service.api.limits import BATCHES_PAGE
from nlp_service.api.permissions import SHOWS_RESTRICTED, Access, Line
from nlp_service.domain.people import Permission
from nlp_service.web.assets import STATIC_PATH
from nlp_service.web.settings_frame import (
    AUDIT,
    FILING,
    KEYS,
    MODELS,
    RETENTION,
    SETTINGS,
    TAXONOMY,
    USERS,
)


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
    _page("/hot-issues", Permission.READ),
    _page("/hot-issues/{group}/members", Permission.READ),
    _page("/hot-issues/{figure}.{format}", Permission.EXPORT),
    _form("/samples:remove", Permission.DELETE),
    _page("/statistics", Permission.READ),
    _page("/statistics/{figure}.{format}", Permission.EXPORT),
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
    _form("/submissions/{key}:delete", Permission.DELETE),
    _form("/submissions/{key}/unmerge", Permission.HANDLE),
    _form("/submissions/{key}/return-note", Permission.EXPORT),
    # two side by side
    _page("/compare", Permission.READ),
    _form("/compare/{left}/{right}/relation", Permission.HANDLE),
    _form("/compare/{left}/{right}/merge", Permission.HANDLE),
    _form("/compare/{left}/{right}/unmerge", Permission.HANDLE),
    # batches: a file that waits is its sender's alone; only who may file may store it
    _page(BATCHES_PAGE, Permission.READ),
    _form(BATCHES_PAGE, Permission.ASSESS),
    _page(f"{BATCHES_PAGE}/files/{{key}}", Permission.ASSESS),
    _form(f"{BATCHES_PAGE}/files/{{key}}:check", Permission.ASSESS),
    _form(f"{BATCHES_PAGE}/files/{{key}}:start", Permission.ASSESS),
    _form(f"{BATCHES_PAGE}/files/{{key}}:drop", Permission.ASSESS),
    _page(f"{BATCHES_PAGE}/{{key}}", Permission.READ),
    _form(f"{BATCHES_PAGE}/{{key}}:cancel", Permission.FILE),
    # settings
    _page(SETTINGS, Permission.READ),
    _page(USERS, Permission.MANAGE),
    _form(USERS, Permission.MANAGE),
    _form(f"{USERS}/{{key}}:role", Permission.MANAGE),
    _form(f"{USERS}/{{key}}:disable", Permission.MANAGE),
    _form(f"{USERS}/{{key}}:enable", Permission.MANAGE),
    _form(f"{USERS}/{{key}}:reset-password", Permission.MANAGE),
    _page(KEYS, Permission.MANAGE),
    _form(KEYS, Permission.MANAGE),
    _form(f"{KEYS}/{{key}}:revoke", Permission.MANAGE),
    _page(FILING, Permission.READ),
    _form(FILING, Permission.MANAGE),
    _page(TAXONOMY, Permission.READ),
    _page(f"{TAXONOMY}.csv", Permission.READ),
    _page(f"{TAXONOMY}/labels/{{code}}", Permission.MANAGE),
    _form(f"{TAXONOMY}/labels/{{code}}:rename", Permission.MANAGE),
    _form(f"{TAXONOMY}/labels/{{code}}:reset", Permission.MANAGE),
    _page(f"{TAXONOMY}/units", Permission.MANAGE),
    _form(f"{TAXONOMY}/units", Permission.MANAGE),
    _page(RETENTION, Permission.READ),
    _form(f"{RETENTION}/rules", Permission.MANAGE),
    _form(f"{RETENTION}/rules:remove", Permission.MANAGE),
    _form(f"{RETENTION}/rules:restore", Permission.MANAGE),
    _page(MODELS, Permission.READ),
    _form(MODELS, Permission.MANAGE),
    _page(AUDIT, Permission.READ_AUDIT),
    _page(f"{AUDIT}.csv", Permission.READ_AUDIT),
    _page(f"{AUDIT}/check", Permission.READ_AUDIT),
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
