"""Locks that keep processes from doing the same at once: PostgreSQL's advisory ones, by number."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from nlp_service.store.failures import explaining_failures

if TYPE_CHECKING:  # who opens the database takes locks, too
    from nlp_service.store.opening import Database


def wait_for_turn(connection: Connection, lock: int) -> None:
    """Wait until nobody else has the lock, and hold it until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": lock})


@contextmanager
def taking(database: "Database", lock: int) -> Iterator[bool]:
    """Yield whether nobody else has the lock; held until then, by a connection of its own.

    It ends with that connection, so also with a kill.

    Raises:
        StoreError: the database refuses or cannot be reached.
    """
    with explaining_failures(database.address), database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        numbered = {"lock": lock}
        taken = connection.execute(
            text("SELECT pg_try_advisory_lock(:lock)"), numbered
        ).scalar_one()
        try:
            yield bool(taken)
        finally:
            if taken:
                connection.execute(text("SELECT pg_advisory_unlock(:lock)"), numbered)
