"""Local names and units in the store: set by a person; until then those of the settings count."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy import any_, cast, func, literal, or_, select, union
from sqlalchemy.dialects.postgresql import JSONB

from nlp_service.domain.audit import RecordKind
from nlp_service.domain.in_force import Subject
from nlp_service.domain.local_names import LocalNames
from nlp_service.domain.taxonomy import LOCAL_UNIT_PREFIX
from nlp_service.store.queue_tables import standings
from nlp_service.store.review_tables import reviews
from nlp_service.store.tables import outcomes

if TYPE_CHECKING:
    from nlp_service.store.opening import Office


def names_to_change(office: "Office", usual: LocalNames) -> LocalNames:
    """Return the names that were set, or else the usual ones.

    Nobody else changes them until the transaction ends.
    """
    office.rulings.hold(Subject.NAMES)
    return names_in_force(office) or usual


def names_in_force(office: "Office") -> LocalNames | None:
    """Return the names that were set; None where nobody has."""
    ruling = office.rulings.newest(Subject.NAMES)
    return None if ruling is None else LocalNames(ruling.content)


def count_with_unit(office: "Office", code: str) -> int:
    """Return how many submissions a unit handles, has handled, or would by taking a review back."""
    held = select(standings.c.key).where(
        or_(standings.c.lead_unit == code, literal(code) == any_(standings.c.assist_units))
    )
    decided = select(outcomes.c.submission_key).where(outcomes.c.handling_unit == code)
    said = cast(reviews.c.person, JSONB)
    in_force = (
        select(standings.c.key)
        .join(reviews, reviews.c.submission_key == standings.c.key)
        .where(
            reviews.c.undone_at.is_(None),
            or_(said.contains({"lead_unit": code}), said.contains({"assist_units": [code]})),
        )
    )
    all_three = union(held, decided, in_force).subquery()
    return office.connection.execute(select(func.count()).select_from(all_three)).scalar_one()


def codes_ever_told(office: "Office") -> set[str]:
    """Return the codes of all labels that were ever called otherwise here, or added."""
    told = office.audit.of(RecordKind.NAMES, 0)
    return {code for entry in told for code in {**(entry.before or {}), **(entry.after or {})}}


def next_unit_code(taken: Collection[str]) -> str:
    """Return the first code for a unit of the installation's own that was never taken.

    >>> next_unit_code(["D01", "X01", "X03"])
    'X02'
    """
    return next(
        code
        for number in range(1, 1000)
        if (code := f"{LOCAL_UNIT_PREFIX}{number:02}") not in taken
    )
