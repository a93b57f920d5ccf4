"""Put many submissions into the store at once, past all that storing one does."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert

from nlp_service.domain.submission import Kind
from nlp_service.store.private_tables import originals
from nlp_service.store.standings import stand_anew
from nlp_service.store.tables import assessments, submissions

_FIRST = datetime(2016, 1, 1, tzinfo=UTC)


def insert_rows(connection: Connection, bodies: Sequence[str]) -> Sequence[int]:
    """Insert submissions with assessments that say nothing; return their keys, in order."""
    rows = [
        {
            "reference": "",
            "kind": Kind.PUBLIC_MESSAGE,
            "title": "",
            "text": body,
            "content_hash": hashlib.sha256(body.encode()).digest(),
            "received_at": (moment := _FIRST + timedelta(minutes=hash(body) % 5_000_000)),
            "dated_on": moment.date(),
            "submitter": "",
            "district": "",
            "source": "",
            "restricted": False,
        }
        for body in bodies
    ]
    keys = connection.execute(
        insert(submissions).returning(submissions.c.key, sort_by_parameter_order=True), rows
    ).scalars()
    keys = list(keys)
    connection.execute(
        insert(originals),
        [
            {"submission_key": key, "title": "", "body": body}
            for key, body in zip(keys, bodies, strict=True)
        ],
    )
    said = {
        "assessed_at": _FIRST,
        "bundle": "",
        "taxonomy": "",
        "kind": Kind.PUBLIC_MESSAGE,
        "topic": "T01",
        "subtopic": "T0101",
        "lead_unit": "",
        "assist_units": [],
        "sectors": [],
        "urgency": 1,
        "look_first": False,
        "doubt": 0.0,
        "band": "",
        "needs_review": False,
        "current": True,
        "answer": {},
    }
    connection.execute(insert(assessments), [said | {"submission_key": key} for key in keys])
    stand_anew(connection, keys)
    return keys
