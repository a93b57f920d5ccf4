"""Hold submissions that are about to be changed, always in one order: no two wait in a ring."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from nlp_service.domain.errors import RecordUnknown
from nlp_service.store.tables import submissions


def lock_present(connection: Connection, keys: Sequence[int]) -> Mapping[int, int | None]:
    """Lock submissions until the transaction ends; return each one's merge, None where it has none.

    Raises:
        RecordUnknown: one of them is not there, or was deleted.
    """
    rows = connection.execute(
        select(submissions.c.key, submissions.c.merge_key)
        .where(submissions.c.key.in_(keys), submissions.c.deleted_at.is_(None))
        .order_by(submissions.c.key)
        .with_for_update(key_share=True)
    )
    merges = {row.key: row.merge_key for row in rows}
    missing = sorted(set(keys) - merges.keys())
    if missing:
        raise RecordUnknown(f"没有编号为 {'、'.join(map(str, missing))} 的来件，或者它已被删除。")
    return merges
