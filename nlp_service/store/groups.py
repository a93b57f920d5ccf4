"""Which submissions are about the same matter: links, what persons say of pairs, and the groups.

What links are found is noted while a transaction works; ``settle`` writes it and brings the groups
up to date, once, at its end. So storing many costs one making of each group, and the lock that
writers of groups take is always their last: no two wait in a ring.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from sqlalchemy import Connection, Row, delete, func, insert, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from nlp_service.domain.audit import Action, Change, RecordKind
from nlp_service.domain.duplicates import Relation
from nlp_service.domain.errors import DecisionRefused, RecordUnknown
from nlp_service.domain.records import Group, PairDecision
from nlp_service.duplicates.groups import JOINING, RULES, GroupRules, Link
from nlp_service.store.among import among
from nlp_service.store.audit import Audit
from nlp_service.store.group_tables import group_members, links, pair_decisions
from nlp_service.store.links import Pair, forget_links, write_links
from nlp_service.store.presence import lock_present
from nlp_service.store.regrouping import everything_spoken_of, lock_groups, regroup
from nlp_service.store.tables import submissions

LONGEST_PAGE = 500


class Groups:
    """Groups, in the caller's transaction."""

    def __init__(self, connection: Connection, audit: Audit, rules: GroupRules = RULES) -> None:
        self._connection, self._audit, self._rules = connection, audit, rules
        self._found: dict[Pair, tuple[Link, str]] = {}
        self._removed: set[int] = set()
        self._touched: set[int] = set()

    def add_links(self, found: Sequence[Link], *, model: str) -> None:
        """Keep what a model found pairs to be; what an earlier one found of them is replaced.

        Give all that were compared, also those found different: they keep groups apart. Of pairs
        of which one was deleted meanwhile nothing is kept.

        Raises:
            RecordUnknown: there is no such submission.
        """
        pairs = {_pair(link.first, link.second): (link, model) for link in found}
        present = self._present({key for pair in pairs for key in pair})
        self._found |= {pair: link for pair, link in pairs.items() if present.issuperset(pair)}

    def links_of(self, submission_key: int) -> Sequence[Link]:
        """Return what was found between a submission and others, the surest first."""
        self.settle()
        c = links.c
        rows = self._connection.execute(
            select(links)
            .where(or_(c.low_key == submission_key, c.high_key == submission_key))
            .order_by(c.probability.desc(), c.low_key, c.high_key)
        )
        return [
            Link(
                first=row.low_key,
                second=row.high_key,
                relation=Relation(row.relation),
                probability=row.probability,
            )
            for row in rows
        ]

    def decide(self, first: int, second: int, relation: Relation) -> PairDecision:
        """Record what a person says of two submissions; it holds whatever models find.

        Of words that contradict each other, also over third ones, the newest holds.

        Raises:
            RecordUnknown: one of them is not there.
            DecisionRefused: they are one case, or one and the same submission.
        """
        merges = lock_present(self._connection, sorted({first, second}))
        if first == second:
            raise DecisionRefused(f"来件 {first} 不能与它自己比较，请另选一件。")
        if relation not in JOINING and (merge := merges[first]) and merge == merges[second]:
            raise DecisionRefused(
                f"来件 {first} 与 {second} 同在并案 {merge}，不能认定为不同事项，请先撤销并案。"
            )
        current = self.decision(first, second)
        if current is not None and current.relation == relation:
            return current
        return self._record(_pair(first, second), relation)

    def withdraw(self, first: int, second: int) -> None:
        """Take back what a person said of two submissions; nothing said is no error.

        Raises:
            RecordUnknown: one of them is not there.
        """
        lock_present(self._connection, sorted({first, second}))
        if self.decision(first, second) is not None:
            self._record(_pair(first, second), None)

    def decision(self, first: int, second: int) -> PairDecision | None:
        """Return what a person said of two submissions and did not take back."""
        history = self.decisions(first, second)
        return history[-1] if history and history[-1].relation is not None else None

    def decisions(self, first: int, second: int) -> Sequence[PairDecision]:
        """Return all that persons ever said of two submissions, oldest first."""
        c = pair_decisions.c
        low, high = sorted((first, second))
        rows = self._connection.execute(
            select(pair_decisions).where(c.low_key == low, c.high_key == high).order_by(c.key)
        )
        return [_read_decision(row) for row in rows]

    def decisions_of(self, submission_key: int) -> Sequence[PairDecision]:
        """Return what persons hold of a submission and others now, the newest first."""
        c = pair_decisions.c
        newest = (
            select(func.max(c.key))
            .where(or_(c.low_key == submission_key, c.high_key == submission_key))
            .group_by(c.low_key, c.high_key)
        )
        rows = self._connection.execute(
            select(pair_decisions)
            .where(c.key.in_(newest), c.relation.is_not(None))
            .order_by(c.key.desc())
        )
        return [_read_decision(row) for row in rows]

    def touch(self, submission_keys: Sequence[int]) -> None:
        """Note that submissions were merged or a merge was undone."""
        self._touched.update(submission_keys)

    def remove(self, submission_key: int) -> None:
        """Forget what was found between a deleted submission and others."""
        self._removed.add(submission_key)
        self._touched.add(submission_key)

    def rebuild(self) -> None:
        """Make every group anew: the rules are others now."""
        self.settle()
        lock_groups(self._connection)
        self._connection.execute(delete(group_members))
        regroup(self._connection, everything_spoken_of(self._connection), self._rules)

    def settle(self) -> None:
        """Write what was found and bring the groups up to date; a transaction's last act.

        ``Store.transaction`` does so at its end, and whoever reads groups before has it done.
        """
        if not self._found and not self._touched:
            return
        lock_groups(self._connection)
        present = self._present({key for pair in self._found for key in pair})
        found = {pair: link for pair, link in self._found.items() if present.issuperset(pair)}
        touched = self._touched | write_links(self._connection, found)
        forget_links(self._connection, self._removed)
        if touched:
            regroup(self._connection, sorted(touched), self._rules)
        for noted in (self._found, self._removed, self._touched):
            noted.clear()

    def of(self, submission_key: int) -> Group:
        """Return the group of a submission.

        Raises:
            RecordUnknown: there is no such submission.
        """
        self.settle()
        if not self._present({submission_key}):
            raise RecordUnknown(f"没有编号为 {submission_key} 的来件，或者它已被删除。")
        c = group_members.c
        own = select(c.group_key).where(c.submission_key == submission_key).scalar_subquery()
        members = self._connection.execute(
            select(c.submission_key).where(c.group_key == own).order_by(c.submission_key)
        )
        keys = list(members.scalars()) or [submission_key]
        return Group(key=keys[0], members=keys)

    def members(self, group_key: int, *, behind: int = 0, limit: int = 50) -> Sequence[int]:
        """Return a page of a group's members, ascending, from behind a key; empty after the last.

        What has no such group has no members.
        """
        if not 1 <= limit <= LONGEST_PAGE:
            raise ValueError(f"limit {limit} is not within 1–{LONGEST_PAGE}")
        self.settle()
        c = group_members.c
        keys = self._connection.execute(
            select(c.submission_key)
            .where(c.group_key == group_key, c.submission_key > behind)
            .order_by(c.submission_key)
            .limit(limit)
        )
        return list(keys.scalars())

    def dated_within(self, first: date, last: date, *, least: int = 2) -> Sequence[Group]:
        """Return the groups with so many members dated on those days, and these members alone."""
        self.settle()
        s, m = submissions.c, group_members.c
        rows = self._connection.execute(
            select(m.group_key, func.array_agg(aggregate_order_by(s.key, s.key)))
            .join_from(submissions, group_members)
            .where(s.deleted_at.is_(None), s.dated_on.between(first, last))
            .group_by(m.group_key)
            .having(func.count() >= least)
            .order_by(m.group_key)
        )
        return [Group(key=key, members=members) for key, members in rows]

    def _present(self, keys: set[int]) -> set[int]:
        """Return those that are there and not deleted.

        Raises:
            RecordUnknown: one of them never was there.
        """
        rows = self._connection.execute(
            select(submissions.c.key, submissions.c.deleted_at).where(
                among(submissions.c.key, keys)
            )
        ).all()
        if missing := sorted(keys - {row.key for row in rows}):
            raise RecordUnknown(f"没有编号为 {'、'.join(map(str, missing))} 的来件。")
        return {row.key for row in rows if row.deleted_at is None}

    def _record(self, pair: Pair, relation: Relation | None) -> PairDecision:
        before = self.decision(*pair)
        row = self._connection.execute(
            insert(pair_decisions)
            .values(
                low_key=pair[0],
                high_key=pair[1],
                relation=relation,
                decided_at=datetime.now(UTC),
                decided_by=self._audit.actor,
            )
            .returning(*pair_decisions.c)
        ).one()
        action = Action.PAIR_DECIDED if relation else Action.PAIR_DECISION_WITHDRAWN
        was = before.relation if before else None
        self._audit.note_changes(
            action,
            RecordKind.SUBMISSION,
            {
                one: Change(
                    before={"other": other, "relation": was},
                    after={"other": other, "relation": relation},
                )
                for one, other in (pair, pair[::-1])
            },
        )
        self._touched.update(pair)
        return _read_decision(row)


def _pair(first: int, second: int) -> Pair:
    if first == second:
        raise ValueError(f"submission {first} linked to itself")
    return (first, second) if first < second else (second, first)


def _read_decision(row: Row[tuple[object, ...]]) -> PairDecision:
    return PairDecision(
        key=row.key,
        first=row.low_key,
        second=row.high_key,
        relation=Relation(row.relation) if row.relation else None,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
    )
