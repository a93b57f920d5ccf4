"""Asking every address of the table."""

from nlp_service.api.permissions import Access
from nlp_service.api.problems import Problem
from nlp_service.app import LINES

GUARDED = [line for line in LINES if line.needs is not Access.OPEN]
UNSAFE = [line for line in GUARDED if line.method != "GET"]


def name_of(line):
    return f"{line.method} {line.path}"


def ask(client, line, **options):
    """Ask an address of a line; what its parameters name is not there."""
    path = line.path.replace("{key}", "999").replace("{other}", "998").replace("{group}", "999")
    if line.method in ("POST", "PUT") and not line.form:
        options.setdefault("json", {})
    elif line.form:
        options.setdefault("data", {"csrf_token": "x"})
    return client.request(line.method, path, follow_redirects=False, **options)


def code_of(response):
    return Problem.model_validate(response.json()).code
