"""Local names and units in the store: set by a person; until then those of the settings count."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import any_, func, literal, or_, select, union

from nlp_service.domain.in_force import Subject
from nlp_service.domain.local_names import LocalNames
from nlp_service.domain.taxonomy import LOCAL_UNIT_PREFIX
from nlp_service.store.queue_tables import standings
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
    """Return how many submissions a unit handles, or has handled."""
    held = select(standings.c.key).where(
        or_(standings.c.lead_unit == code, literal(code) == any_(standings.c.assist_units))
    )
    decided = select(outcomes.c.submission_key).where(outcomes.c.handling_unit == code)
    both = union(held, decided).subquery()
    return office.connection.execute(select(func.count()).select_from(both)).scalar_one()


def next_unit_code(taken: Sequence[str]) -> str:
    """Return the first free code of a unit of the installation's own.

    >>> next_unit_code(["D01", "X01", "X03"])
    'X02'
    """
    return next(
        code
        for number in range(1, 1000)
        if (code := f"{LOCAL_UNIT_PREFIX}{number:02}") not in taken
    )
