"""Forms of pages: their fields, and the token that shows that our page sent them.

The gate leaves the token of a form to its route, since it may stand in the body. So every route
that takes a form depends on ``FormDep`` or ``SignedFormDep``; a test walks them all without one.
"""

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.datastructures import ImmutableMultiDict

from nlp_service.api.cookies import read_session_cookie
from nlp_service.api.deps import media_type_of
from nlp_service.api.gate import CSRF_HEADER
from nlp_service.api.problems import RequestRefused
from nlp_service.people.tokens import csrf_token_of, same

TOKEN_FIELD = "csrf_token"
_MOST_FIELDS = 2000
"""More than any page sends: a page of 500 rows to be confirmed."""

Form = ImmutableMultiDict[str, str]


async def read_form(request: Request) -> Form:
    """Return the fields of a form; a page that sends none at all may send no body.

    Raises:
        RequestRefused: it is none, or has too many fields.
    """
    body = await request.body()
    if body and media_type_of(request) != "application/x-www-form-urlencoded":
        raise RequestRefused("unsupported_media_type", "请以表单（urlencoded）发送。")
    try:
        text = body.decode("utf-8", "replace")
        return ImmutableMultiDict(
            parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        )
    except ValueError:
        raise RequestRefused("invalid_request", "表单的字段过多。") from None


FormDep = Annotated[Form, Depends(read_form)]


async def read_signed_form(request: Request, form: FormDep) -> Form:
    """Return the fields of a form that our own page sent in this session.

    Raises:
        RequestRefused: nothing shows that it did. Keys need nothing: no browser adds them itself.
    """
    if "Authorization" not in request.headers:
        brought = request.headers.get(CSRF_HEADER) or form.get(TOKEN_FIELD, "")
        if not same(brought, csrf_token_of(read_session_cookie(request) or "")):
            raise RequestRefused("csrf_refused")
    return form


SignedFormDep = Annotated[Form, Depends(read_signed_form)]
