"""Read several earlier texts at once, as they are compared with."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from nlp_service.domain.assessment import Assessment
from nlp_service.domain.submission import Submission
from nlp_service.store.tables import submissions
from nlp_service.text.normalise import Document, clean_title


def read_documents(connection: Connection, ids: Collection[str]) -> Mapping[str, Document]:
    """Return the cleaned texts of submissions that may be shown, by key as text, in their order.

    What was deleted or restricted in the meantime is left out.
    """
    s = submissions.c
    rows = connection.execute(
        select(s.key, s.title, s.text).where(
            s.key.in_([int(id) for id in ids]), s.deleted_at.is_(None), ~s.restricted
        )
    )
    found = {str(row.key): part_document(row.title, row.text) for row in rows}
    return {id: found[id] for id in ids if id in found}


def shown_document(submission: Submission, assessment: Assessment) -> Document:
    """Return a text as it is shown and indexed: cleaned, its personal data covered."""
    length, text = len(clean_title(submission.title)), assessment.text
    return Document(title=text[:length], body=text[length + bool(length) :])


def part_document(title: str, text: str) -> Document:
    """Part a stored text into title and body, as cleaning joined them.

    Args:
        title: cleaned, as ``text``.
        text: title and body.
    """
    return Document(title=title, body=text[len(title) + bool(title) :])
