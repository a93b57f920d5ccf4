"""The hot issues of a window, from what is stored: first counts of every group, then the best ones.

Of restricted submissions only numbers are read here, never a title or a text.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, and_, func, select, union_all

from nlp_service.duplicates.groups import JOINING
from nlp_service.duplicates.hot_issues import (
    HotIssue,
    HotIssues,
    Order,
    Tally,
    Window,
    count_by_stretch,
    majority,
    name_places,
    rank,
)
from nlp_service.store.among import among
from nlp_service.store.group_tables import group_members, links
from nlp_service.store.groups import Groups
from nlp_service.store.tables import assessments, submissions

FIRST_PAGE = 50
"""Keys of members that an issue shows at once."""

MOST_TEXTS_READ = 50
"""Texts of an issue, the most central ones, in which places are looked for."""

NamePlaces = Callable[[str], Iterable[str]]
"""A normalised text -> the places that it names."""

_s, _m, _a = submissions.c, group_members.c, assessments.c


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """A text of the window."""

    key: int
    dated_on: date
    district: str
    restricted: bool


class HotIssueFinder:
    """Finds hot issues, in the caller's transaction."""

    def __init__(self, connection: Connection, groups: Groups) -> None:
        self._connection, self._groups = connection, groups

    def find(
        self,
        window: Window,
        *,
        topic: str = "",
        least_texts: int = 2,
        limit: int = 20,
        order: Order = Order.HEAT,
        places_of: NamePlaces = lambda text: (),
    ) -> HotIssues:
        """Return the first issues of a window in an order; single submissions are none.

        Args:
            window: the days, by ``StoredSubmission.dated_on``.
            topic: code; only groups most of whose texts are about it.
            least_texts: in the window, 2 or more.
            limit: most issues to return.
            order: by what they are ranked.
            places_of: finds places; without it none are named.
        """
        if least_texts < 2 or limit < 1:
            raise ValueError(f"least_texts {least_texts}, limit {limit}")
        self._groups.settle()
        ranked = rank(self._tally(window, least_texts), least_texts=least_texts, order=order)
        asked = ranked if topic else ranked[:limit]
        about = self._majorities([tally.group for tally in asked])
        wanted = [tally for tally in asked if topic in ("", about[tally.group][0])][:limit]
        issues = [self._describe(window, tally, about[tally.group], places_of) for tally in wanted]
        now, before = (self._count(stretch, topic) for stretch in (window, window.before))
        return HotIssues(window=window, submissions=now, submissions_before=before, issues=issues)

    def members(
        self, group: int, window: Window, *, behind: int = 0, limit: int = FIRST_PAGE
    ) -> Sequence[int]:
        """Return a page of the keys of a group's texts in a window, ascending, behind a key."""
        self._groups.settle()
        keys = self._connection.execute(
            select(_s.key)
            .join_from(submissions, group_members)
            .where(_m.group_key == group, _within(window), _s.key > behind)
            .order_by(_s.key)
            .limit(limit)
        )
        return list(keys.scalars())

    def _tally(self, window: Window, least_texts: int) -> Sequence[Tally]:
        """Count every group of the window; who is not known counts as one submitter a text."""
        inside = _s.dated_on >= window.first
        texts = func.count().filter(inside)
        rows = self._connection.execute(
            select(
                _m.group_key,
                texts.label("texts"),
                func.count().filter(~inside).label("texts_before"),
                func.count(_s.submitter.distinct())
                .filter(inside, _s.submitter != "")
                .label("known"),
                func.count().filter(inside, _s.submitter == "").label("unknown"),
            )
            .join_from(submissions, group_members)
            .where(_within(Window(first=window.before.first, last=window.last)))
            .group_by(_m.group_key)
            .having(texts >= least_texts)
        )
        return [
            Tally(
                group=row.group_key,
                texts=row.texts,
                texts_before=row.texts_before,
                submitters=row.known + row.unknown,
            )
            for row in rows
        ]

    def _majorities(self, groups: Sequence[int]) -> Mapping[int, tuple[str, str]]:
        """Return topic and subtopic of each group, by the current assessments of all its texts."""
        rows = self._connection.execute(
            select(_m.group_key, _a.topic, _a.subtopic, func.count().label("texts"))
            .join_from(group_members, assessments, _a.submission_key == _m.submission_key)
            .where(_a.current, among(_m.group_key, groups))
            .group_by(_m.group_key, _a.topic, _a.subtopic)
        )
        counts: dict[int, dict[tuple[str, str], int]] = defaultdict(dict)
        for row in rows:
            counts[row.group_key][row.topic, row.subtopic] = row.texts
        return {group: majority(found) for group, found in counts.items()}

    def _describe(
        self, window: Window, tally: Tally, about: tuple[str, str], places_of: NamePlaces
    ) -> HotIssue:
        members = self._members(tally.group, window)
        districts = Counter(member.district for member in members if member.district)
        first_on, last_on = self._first_and_last(tally.group, window)
        shown = self._central(tally.group, [one for one in members if not one.restricted])
        return HotIssue(
            tally=tally,
            title=self._title(shown),
            places=name_places(map(places_of, self._texts(shown[:MOST_TEXTS_READ]))),
            topic=about[0],
            subtopic=about[1],
            first_on=first_on,
            last_on=last_on,
            districts=sorted(districts, key=lambda name: (-districts[name], name)),
            restricted=sum(member.restricted for member in members),
            series=count_by_stretch(window, (member.dated_on for member in members)),
            members=[member.key for member in members[:FIRST_PAGE]],
        )

    def _members(self, group: int, window: Window) -> Sequence[_Member]:
        rows = self._connection.execute(
            select(_s.key, _s.dated_on, _s.district, _s.restricted)
            .join_from(submissions, group_members)
            .where(_m.group_key == group, _within(window))
            .order_by(_s.key)
        )
        return [_Member(**row._mapping) for row in rows]

    def _first_and_last(self, group: int, window: Window) -> tuple[date, date]:
        row = self._connection.execute(
            select(func.min(_s.dated_on), func.max(_s.dated_on))
            .join_from(submissions, group_members)
            .where(_m.group_key == group, _s.deleted_at.is_(None), _s.dated_on <= window.last)
        ).one()
        return row[0], row[1]

    def _central(self, group: int, members: Sequence[_Member]) -> Sequence[int]:
        """Return the keys of members, the one that most of the group is likest to first."""
        ends = ((links.c.low_key, links.c.high_key), (links.c.high_key, links.c.low_key))
        own, other = group_members.alias("own"), group_members.alias("other")
        inside = union_all(
            *(
                select(own.c.submission_key.label("key"), links.c.probability)
                .join_from(own, links, own.c.submission_key == near)
                .join(other, other.c.submission_key == far)
                .where(own.c.group_key == group, other.c.group_key == group)
                .where(links.c.relation.in_(JOINING))
                for near, far in ends
            )
        ).subquery()
        rows = self._connection.execute(
            select(inside.c.key, func.sum(inside.c.probability)).group_by(inside.c.key)
        )
        sums = {key: round(total, 9) for key, total in rows}
        ranked = sorted(members, key=lambda one: (-sums.get(one.key, 0.0), one.dated_on, one.key))
        return [member.key for member in ranked]

    def _title(self, keys: Sequence[int]) -> str:
        """Return the title of the first one that has any."""
        rows = self._connection.execute(
            select(_s.key, _s.title).where(among(_s.key, keys), ~_s.restricted, _s.title != "")
        )
        titles = {row.key: row.title for row in rows}
        return next((titles[key] for key in keys if titles.get(key)), "")

    def _texts(self, keys: Sequence[int]) -> Iterable[str]:
        rows = self._connection.execute(select(_s.text).where(among(_s.key, keys), ~_s.restricted))
        return rows.scalars()

    def _count(self, window: Window, topic: str) -> int:
        statement = select(func.count()).select_from(submissions).where(_within(window))
        if topic:
            statement = statement.join(assessments).where(_a.current, _a.topic == topic)
        return self._connection.execute(statement).scalar_one()


def _within(window: Window) -> "ColumnElement[bool]":
    """Say that a submission is there and dated within a window."""
    return and_(_s.deleted_at.is_(None), _s.dated_on.between(window.first, window.last))
