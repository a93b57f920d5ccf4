"""Merging submissions (并案) into one case, and undoing it: nothing and nobody is lost either way.

A submission points to the merge that it belongs to now; each member row remembers what it belonged
to before, so undoing the latest merge puts back exactly that.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select, update

from nlp_service.domain.audit import Action, Change, RecordKind
from nlp_service.domain.errors import MergeRefused, RecordUnknown
from nlp_service.domain.records import LeadChoice, Merge, Origin
from nlp_service.store.audit import Audit
from nlp_service.store.groups import Groups
from nlp_service.store.presence import lock_present
from nlp_service.store.tables import merge_leads, merge_members, merges, submissions


class Merges:
    """Merges, in the caller's transaction."""

    def __init__(self, connection: Connection, groups: Groups, audit: Audit) -> None:
        self._connection, self._groups, self._audit = connection, groups, audit

    def merge(self, submission_keys: Sequence[int], *, lead: int) -> Merge:
        """Merge submissions under a lead case; whole merges that they belong to come along.

        What is merged already stays one merge and at most gets another lead case.

        Raises:
            RecordUnknown: one of them is not there.
            MergeRefused: fewer than two, or the lead case is none of them.
        """
        before = self._lock_with_companions(submission_keys)
        if len(before) < 2:
            raise MergeRefused("并案至少要有两件来件，请再选一件。")
        if lead not in before:
            raise MergeRefused(f"主案 {lead} 不在这次并案的来件之中，请从中选一件作主案。")
        merge_now = set(before.values())
        if len(merge_now) == 1 and (key := merge_now.pop()) is not None:
            return self.choose_lead(key, lead)
        key = self._connection.execute(
            insert(merges)
            .values(merged_at=datetime.now(UTC), merged_by=self._audit.actor)
            .returning(merges.c.key)
        ).scalar_one()
        self._connection.execute(
            insert(merge_members),
            [
                {"merge_key": key, "submission_key": member, "previous_merge_key": previous}
                for member, previous in sorted(before.items())
            ],
        )
        self._connection.execute(
            update(submissions).where(submissions.c.key.in_(before)).values(merge_key=key)
        )
        self._note_lead(key, lead)
        self._groups.touch([*before])
        members = sorted(before)
        self._audit.note(
            Action.MERGED, RecordKind.MERGE, key, after={"members": members, "lead": lead}
        )
        self._audit.note_changes(
            Action.MERGED,
            RecordKind.SUBMISSION,
            {one: _belonging(before=before[one], after=key) for one in members},
        )
        return self.get(key)

    def unmerge(self, key: int) -> Merge:
        """Undo a merge: every member belongs again to what it belonged to before.

        Raises:
            RecordUnknown: there is no such merge.
            MergeRefused: it was undone before, or is part of a later merge.
        """
        merge = self._lock_in_force(key)
        previous = (
            select(merge_members.c.previous_merge_key)
            .where(
                merge_members.c.merge_key == key,
                merge_members.c.submission_key == submissions.c.key,
            )
            .scalar_subquery()
        )
        self._connection.execute(
            update(submissions).where(submissions.c.merge_key == key).values(merge_key=previous)
        )
        self._connection.execute(
            update(merges)
            .where(merges.c.key == key)
            .values(undone_at=datetime.now(UTC), undone_by=self._audit.actor)
        )
        self._groups.touch(merge.members)
        told = {"members": list(merge.members), "lead": merge.lead}
        self._audit.note(Action.UNMERGED, RecordKind.MERGE, key, before=told)
        self._audit.note_changes(
            Action.UNMERGED,
            RecordKind.SUBMISSION,
            {
                one: _belonging(before=key, after=now)
                for one, now in lock_present(self._connection, merge.members).items()
            },
        )
        return self.get(key)

    def choose_lead(self, key: int, lead: int) -> Merge:
        """Make another member the lead case; earlier choices stay in ``Merge.leads``.

        Raises:
            RecordUnknown: there is no such merge.
            MergeRefused: it is not in force, or the lead case is none of its members.
        """
        merge = self._lock_in_force(key)
        if lead not in merge.members:
            raise MergeRefused(f"来件 {lead} 不属于并案 {key}，不能作它的主案。")
        if lead != merge.lead:
            self._note_lead(key, lead)
            before, after = {"merge": key, "lead": merge.lead}, {"merge": key, "lead": lead}
            for kind, record in ((RecordKind.MERGE, key), (RecordKind.SUBMISSION, lead)):
                self._audit.note(Action.LEAD_CHOSEN, kind, record, before=before, after=after)
        return self.get(key)

    def get(self, key: int) -> Merge:
        """Return a merge, in force or not.

        Raises:
            RecordUnknown: there is none.
        """
        row = self._connection.execute(select(merges).where(merges.c.key == key)).one_or_none()
        if row is None:
            raise RecordUnknown(f"没有编号为 {key} 的并案。")
        members = self._connection.execute(
            select(merge_members.c.submission_key)
            .where(merge_members.c.merge_key == key)
            .order_by(merge_members.c.submission_key)
        )
        leads = self._connection.execute(
            select(merge_leads).where(merge_leads.c.merge_key == key).order_by(merge_leads.c.key)
        )
        return Merge(
            key=key,
            members=list(members.scalars()),
            leads=[
                LeadChoice(
                    submission_key=choice.submission_key,
                    chosen_at=choice.chosen_at,
                    chosen_by=choice.chosen_by,
                )
                for choice in leads
            ],
            merged_at=row.merged_at,
            merged_by=row.merged_by,
            undone_at=row.undone_at,
            undone_by=row.undone_by,
        )

    def of(self, submission_key: int) -> Merge | None:
        """Return the merge that a submission belongs to now; None where it stands alone.

        Raises:
            RecordUnknown: there is no such submission.
        """
        row = self._connection.execute(
            select(submissions.c.merge_key).where(submissions.c.key == submission_key)
        ).one_or_none()
        if row is None:
            raise RecordUnknown(f"没有编号为 {submission_key} 的来件。")
        return None if row.merge_key is None else self.get(row.merge_key)

    def history(self, submission_key: int) -> Sequence[Merge]:
        """Return every merge that a submission was ever part of, oldest first."""
        keys = self._connection.execute(
            select(merge_members.c.merge_key)
            .where(merge_members.c.submission_key == submission_key)
            .order_by(merge_members.c.merge_key)
        )
        return [self.get(key) for key in keys.scalars().all()]

    def submitters(self, key: int) -> Sequence[Origin]:
        """Return where each member came from, in the order of ``members``: all get a reply."""
        c = submissions.c
        rows = self._connection.execute(
            select(c.submitter, c.district, c.source)
            .join(merge_members, merge_members.c.submission_key == c.key)
            .where(merge_members.c.merge_key == key)
            .order_by(c.key)
        )
        return [
            Origin(submitter=row.submitter, district=row.district, source=row.source)
            for row in rows
        ]

    def _lock_with_companions(self, keys: Sequence[int]) -> dict[int, int | None]:
        """Lock submissions and all that are merged with them; return the merge of each."""
        wanted = self._with_companions(set(keys))
        while True:  # another merge may have come between looking and locking
            held = lock_present(self._connection, sorted(wanted))
            found = self._with_companions(wanted)
            if found == wanted:
                return dict(held)
            wanted = found

    def _with_companions(self, keys: set[int]) -> set[int]:
        c = submissions.c
        involved = select(c.merge_key).where(c.key.in_(keys), c.merge_key.is_not(None))
        companions = self._connection.execute(select(c.key).where(c.merge_key.in_(involved)))
        return keys | set(companions.scalars())

    def _lock_in_force(self, key: int) -> Merge:
        """Lock a merge's members; raises MergeRefused where it is not what they belong to."""
        now = set(lock_present(self._connection, self.get(key).members).values())
        merge = self.get(key)
        if merge.undone_at is not None:
            raise MergeRefused(f"并案 {key} 早已撤销。")
        if now != {key}:
            later = max(other for other in now if other is not None)
            raise MergeRefused(f"并案 {key} 已并入并案 {later}，请先撤销后者。")
        return merge

    def _note_lead(self, key: int, lead: int) -> None:
        self._connection.execute(
            insert(merge_leads).values(
                merge_key=key,
                submission_key=lead,
                chosen_at=datetime.now(UTC),
                chosen_by=self._audit.actor,
            )
        )


def _belonging(*, before: int | None, after: int | None) -> Change:
    return Change(before={"merge": before}, after={"merge": after})
