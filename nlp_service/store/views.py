"""The views that users saved of the queue."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import InvalidSubmission, RecordUnknown
from nlp_service.domain.queue import ListOrder
from nlp_service.domain.records import check_name
from nlp_service.domain.views import (
    LONGEST_VIEW_NAME,
    MOST_VIEWS,
    SavedView,
    View,
    filter_as_dict,
    filter_from_dict,
)
from nlp_service.store.audit import Audit
from nlp_service.store.people_tables import users
from nlp_service.store.queue_tables import views

_v = views.c


class Views:
    """Saved views, in the caller's transaction."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._connection, self._audit = connection, audit

    def of(self, user_key: int) -> Sequence[SavedView]:
        """Return what a user sees: their own views, then those that others share, by name."""
        mine = _v.user_key == user_key
        rows = self._connection.execute(
            _everything().where(or_(mine, _v.shared)).order_by(mine.desc(), _v.name, _v.key)
        )
        return [_read(row) for row in rows]

    def get(self, key: int, *, user_key: int) -> SavedView:
        """Return a view that a user sees.

        Raises:
            RecordUnknown: there is none.
        """
        for view in self.of(user_key):
            if view.key == key:
                return view
        raise RecordUnknown(f"没有编号为 {key} 的视图，或者它已被删除。")

    def save(self, view: View, *, user_key: int, shared: bool = False) -> SavedView:
        """Save a view; one of the same name of the same user is replaced.

        Raises:
            InvalidSubmission: the name is none, or the user has too many views.
        """
        name = view.name.strip()
        self._check(name, user_key)
        row = {
            "wanted": filter_as_dict(view.wanted),
            "list_order": view.order,
            "shared": shared,
            "saved_at": datetime.now(UTC),
        }
        key = self._connection.execute(
            insert(views)
            .values(user_key=user_key, name=name, **row)
            .on_conflict_do_update(index_elements=["user_key", "name"], set_=row)
            .returning(_v.key)
        ).scalar_one()
        self._audit.note(
            Action.VIEW_SAVED, RecordKind.VIEW, key, after={"name": name, "shared": shared}
        )
        return self.get(key, user_key=user_key)

    def remove(self, key: int, *, user_key: int) -> None:
        """Remove a user's own view.

        Raises:
            RecordUnknown: there is none of theirs.
        """
        name = self._connection.execute(
            delete(views).where(_v.key == key, _v.user_key == user_key).returning(_v.name)
        ).scalar_one_or_none()
        if name is None:
            raise RecordUnknown(f"你没有编号为 {key} 的视图；别人共享的视图只能由其本人删除。")
        self._audit.note(Action.VIEW_REMOVED, RecordKind.VIEW, key, before={"name": name})

    def _check(self, name: str, user_key: int) -> None:
        check_name("视图名称", name)
        if not 1 <= len(name) <= LONGEST_VIEW_NAME:
            raise InvalidSubmission(
                "invalid_name", f"视图名称应为 1–{LONGEST_VIEW_NAME} 字，现有 {len(name)} 字。"
            )
        others = select(func.count()).where(_v.user_key == user_key, _v.name != name)
        if self._connection.execute(others).scalar_one() >= MOST_VIEWS:
            raise InvalidSubmission(
                "invalid_name", f"已有 {MOST_VIEWS} 个视图，请先删去不用的再保存。"
            )


def _everything() -> Select[*tuple[Any, ...]]:
    return select(views, users.c.name.label("owner")).join(users, users.c.key == _v.user_key)


def _read(row: Row[Any]) -> SavedView:
    return SavedView(
        key=row.key,
        user_key=row.user_key,
        owner=row.owner,
        name=row.name,
        wanted=filter_from_dict(row.wanted),
        order=ListOrder(row.list_order),
        shared=row.shared,
        saved_at=row.saved_at,
    )
