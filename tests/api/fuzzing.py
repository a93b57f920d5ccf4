"""How the service is asked whatever its own document allows, and what it does not.

What is checked everywhere stands in ``CONFIG``; what is not checked somewhere, with the reason.
"""

import itertools
import os
import re
from collections import Counter, defaultdict

import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import from_schema
from schemathesis.engine.events import FatalError, NonFatalError, ScenarioFinished

from nlp_service.domain.people import UserRole
from nlp_service.intake.kinds import MEDIA_TYPES, TEXT_KINDS
from nlp_service.people.tokens import csrf_token_of
from nlp_service.store.signing_in import sign_in
from tests.callers import PASSWORD, add_user, passwords
from tests.intake.made_files import archive, lines_of, pdf, proposal_table, workbook
from tests.jobs.letters import jsonl, rows

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))
"""Of each address and each sequence, beside those that cover its parameters one by one."""

SEED = os.environ.get("FUZZ_SEED")
"""Where it begins; unless one is given, it asks the same each time."""

CONFIG = {
    "seed": int(SEED or 2026),
    "max-stream-events": 1,  # who follows a job is told of it at once; the rest comes as it goes on
    "suppress-health-check": ["all"],  # a busy machine is no bug
    "generation": {
        "max-examples": EXAMPLES,
        "deterministic": SEED is None,
        "database": "none",
        "with-security-parameters": False,  # each caller brings their own
    },
    "analysis": {"constants": {"enabled": False}},  # nothing is sought in the program's source
}


OFF = {"enabled": False}
SINGLY = {"stateful": OFF}
"""Phases of which none goes from one answer to the next question."""
UPLOADS = ["POST /v1/batches", "POST /v1/submissions:import"]
TEXTS = ["POST /v1/assessments", "POST /v1/quality", "POST /v1/duplicates", "POST /v1/pairs"]
WINDOWS = ["GET /v1/hot-issues", "GET /v1/hot-issues/{group}/members"]
_ACCEPTED = ["2xx", "401", "403", "404", "409", "429"]


def _may_be_refused(names, *statuses, **checks):
    """What no schema can say is refused, too."""
    rule = {"expected-statuses": [*_ACCEPTED, *statuses]}
    return {"include-name": names, "checks": {"positive_data_acceptance": rule, **checks}}


OPERATIONS = [
    # A file's name and its content belong together, and say no more than "bytes" in a schema.
    # Nor is there anything that could not be the content of a file.
    _may_be_refused(UPLOADS, "415", "422", negative_data_rejection=OFF),
    # Whether a text has anything to read is seen when it was cleaned.
    _may_be_refused(TEXTS, "422"),
    # The first day is not to lie behind the last, nor ten years before it.
    _may_be_refused(WINDOWS, "422"),
    # A password is to be hard to guess.
    _may_be_refused(["PUT /v1/session/password"], "422"),
    # A workbook cannot be followed while it grows.
    _may_be_refused(["GET /v1/batches/{key}/results"], "422"),
    # Restricted submissions are not found by their words.
    _may_be_refused(["GET /v1/submissions", "GET /v1/submissions:count"], "422"),
    # Codes are those of the taxonomy, which is the bundle's; and a review says something.
    _may_be_refused(["POST /v1/submissions/{key}/reviews"], "422"),
    # One unfit item of a batch is told in its place, and the others are assessed.
    {
        "include-name": "POST /v1/assessments:batch",
        "checks": {"negative_data_rejection": OFF},
    },
]


def know_files(folder):
    """Let files be sent such as offices have them, instead of any bytes."""
    book = [["标题", "正文"], ["路灯", "东门口的路灯坏了半个月，夜里看不清路。"], ["", "！"]]
    table = "编号,标题,正文\r\n7,公厕,老车站没有公厕，候车的人都不方便。\r\n".encode("gb18030")
    lines = jsonl(rows(3, row2="！！"))
    made = {
        "xlsx": workbook(folder / "来信.xlsx", {"一月": book}).read_bytes(),
        "docx": proposal_table(folder / "提案.docx").read_bytes(),
        "pdf": pdf(
            folder / "报告.pdf", [lines_of("五里铺的井盖松动半个月，请尽快更换。")]
        ).read_bytes(),
        "csv": table,
        "jsonl": lines,
        "txt": "粮站家属院的垃圾桶三天没有清运。".encode(),
        "zip": archive(folder / "来信.zip", {"一月.csv": table}).read_bytes(),
    }
    for media_type, kind in MEDIA_TYPES.items():
        files = st.sampled_from([made[kind], b"", made[kind][: len(made[kind]) // 2]])
        if kind not in TEXT_KINDS:
            schemathesis.openapi.media_type(media_type, files)


@schemathesis.serializer("application/x-ndjson", "text/csv", "text/plain")
def send_text(context, value):
    """As it stands: these are not written by a machine."""
    return {"data": value if isinstance(value, bytes) else str(value).encode()}


numbers = itertools.count(1)


class Door:
    """Where a caller comes in: an app that runs already, under which nothing starts or ends."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            await self.app(scope, receive, send)
            return
        for word in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{word}.complete"})


class Browser(Door):
    """An administrator's door: every request bears their session.

    When it is over (they signed out, somebody disabled them), the next one is another's.
    """

    def __init__(self, app):
        super().__init__(app)
        self._sign_in()

    async def __call__(self, scope, receive, send):
        async def watch(message):
            if message.get("status") == 401:
                self._sign_in()
            await send(message)

        if scope["type"] == "http":
            scope = scope | {"headers": [*scope["headers"], *self._headers]}
        await super().__call__(scope, receive, watch)

    def _sign_in(self):
        number = next(numbers)
        name, store = f"管理员{number}", self.app.state.store
        add_user(store, name, UserRole.ADMIN)
        opened = sign_in(
            store, passwords(), name=name, password=PASSWORD, address=f"10.0.0.{number}"
        )
        self._headers = [
            (b"cookie", f"nlp_session={opened.token}".encode()),
            (b"x-csrf-token", csrf_token_of(opened.token).encode()),
        ]


def only(phase, *, examples):
    """Phases of which there is one."""
    phases = dict.fromkeys(("examples", "coverage", "fuzzing", "stateful"), OFF)
    return phases | {phase: {"generation": {"max-examples": examples}}}


def read_document(door, *, phases=SINGLY, leaving_out=(), **config):
    """The document as it is served, to be asked of at a door; by tags some may be left out."""
    config["phases"] = phases
    left_out = {"include-tag": list(leaving_out), "enabled": False}
    config["operations"] = [*OPERATIONS, *([left_out] if leaving_out else [])]
    known = SchemathesisConfig.from_dict(CONFIG | config)
    schema = schemathesis.openapi.from_dict(door.app.openapi(), config=known)
    schema.app = door
    return schema


class Failures(defaultdict):
    """What fails, by address: what it is, and one request that shows it, with its answer."""

    def __init__(self):
        super().__init__(dict)

    def told(self):
        """All of it, for a person; long runs of one sign are cut."""
        told = [
            f"## {label}\n{what}\n{request}"
            for label, found in self.items()
            for what, request in found.items()
        ]
        return re.sub(r"(.)\1{50,}", r"\1…\1", "\n\n".join(told))[:20_000]


def ask_everything(document):
    """Ask what the phases of the document's configuration say.

    Returns, by address, how often it answered with each status (who asks nothing finds nothing),
    and what failed.
    """
    answered, failures = defaultdict(Counter), Failures()
    for event in from_schema(document).execute():
        if isinstance(event, FatalError):
            raise event.exception
        if isinstance(event, NonFatalError):
            failures[event.label][event.info.format()] = ""
        if isinstance(event, ScenarioFinished):
            for label, status, failed in _asked(event.recorder):
                answered[label][status] += 1
                if failed:
                    failures[label].update(failed)
    return answered, failures


def _asked(recorder):
    """Yield, of each request, the address, the status of its answer, and what failed."""
    for key, node in recorder.cases.items():
        response = recorder.interactions[key].response
        failed = {
            f"{check.name}: {info.failure.title}: {info.failure.message}": (
                f"{info.code_sample}\n{response.text if response else ''}"
            )
            for check in recorder.checks.get(key, ())
            if (info := check.failure_info) is not None
        }
        yield node.value.operation.label, response and response.status_code, failed
