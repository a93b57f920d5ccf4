"""Find what an office's rules no longer keep, count it, erase it chunk by chunk.

What is erased is the mark of how far a run came: a killed one is gone on with by the next.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, case, exists, func, select, true

from nlp_service.domain.records import begin_of
from nlp_service.domain.retention import RetentionRule, State
from nlp_service.store.erasing import erase, tidy
from nlp_service.store.opening import Store
from nlp_service.store.outcomes import newest_disposition
from nlp_service.store.private_tables import tombstones
from nlp_service.store.tables import submissions

CHUNK = 200
_s = submissions.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A rule and how many submissions are due, or were erased, by it."""

    rule: RetentionRule
    count: int


def count_due(store: Store, rules: Sequence[RetentionRule], *, today: date) -> Sequence[Due]:
    """Return how many submissions each rule would erase, in the order of the rules.

    Raises:
        StoreError: the database refuses.
    """
    with store.reading() as office:
        return [
            Due(
                rule=rule,
                count=office.connection.execute(
                    select(func.count()).select_from(submissions).where(_is_due(rule, today))
                ).scalar_one(),
            )
            for rule in rules
        ]


def apply_rules(
    store: Store,
    rules: Sequence[RetentionRule],
    *,
    today: date,
    actor: str,
    chunk: int = CHUNK,
    report: Callable[[int], None] = lambda done: None,
) -> Sequence[Due]:
    """Erase what is due; return how many submissions each rule erased.

    Args:
        store: may serve and take in meanwhile.
        rules: of which no two speak of the same submission.
        today: from which ages are counted.
        actor: who does it, as audit and tombstones shall name them.
        chunk: submissions a transaction.
        report: told after each chunk how many were erased.

    Raises:
        StoreError: the database refuses; what was reported is erased.
    """
    done = []
    for rule in rules:
        count = 0
        while erased := _erase_chunk(store, rule, today, actor, chunk):
            count += erased
            report(erased)
        done.append(Due(rule=rule, count=count))
    if any(each.count for each in done):
        tidy(store)
    return done


def _erase_chunk(store: Store, rule: RetentionRule, today: date, actor: str, chunk: int) -> int:
    with store.transaction(actor=actor) as office:
        keys = office.connection.scalars(
            select(_s.key)
            .where(_is_due(rule, today))
            .order_by(_s.key)
            .limit(chunk)
            .with_for_update()
        ).all()
        erase(office, keys, rule=rule.name)
        return len(keys)


def _is_due(rule: RetentionRule, today: date) -> "ColumnElement[bool]":
    limit = rule.limit(today)
    midnight = begin_of(limit)
    old = case((_s.deleted_at.is_(None), _s.dated_on < limit), else_=_s.deleted_at < midnight)
    of_kind = _s.kind.in_(rule.kinds) if rule.kinds else true()
    left = ~exists().where(tombstones.c.submission_key == _s.key)
    return and_(left, old, of_kind, _state().in_(rule.states))


def _state() -> "ColumnElement[str]":
    """Return how a submission stands; ``State`` names the order of what applies."""
    newest = newest_disposition()
    return case(
        (_s.deleted_at.is_not(None), State.DELETED),
        (_s.restricted, State.RESTRICTED),
        (newest.is_not(None), newest),
        (_s.merge_key.is_not(None), State.MERGED),
        else_=State.UNDECIDED,
    )
