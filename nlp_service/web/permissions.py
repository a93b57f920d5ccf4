"""The lines of the table of permissions that are for pages (``api.permissions`` says what they do).

A page that shows what is stored needs what the address of the same for programs needs.
"""

from collections.abc import Sequence

from nlp_service.api.limits import BATCHES_PAGE
from nlp_service.api.permissions import Access, Line
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
    _page(RETENTION, Permission.READ),
    _page(MODELS, Permission.READ),
    _form(MODELS, Permission.MANAGE),
    _page(AUDIT, Permission.READ_AUDIT),
    _page(f"{AUDIT}.csv", Permission.READ_AUDIT),
    _page(f"{AUDIT}/check", Permission.READ_AUDIT),
)
