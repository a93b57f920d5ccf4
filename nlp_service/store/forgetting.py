"""Take submissions out of everything that earlier texts are found by.

Whoever is deleted or restricted is found no more; ``store.reindexing`` takes back in who returns.
"""

from collections.abc import Collection

from sqlalchemy import Connection, delete

from nlp_service.store.index_tables import embeddings, related_texts
from nlp_service.store.wording_index import StoredWordingIndex


def forget(connection: Connection, keys: Collection[int]) -> None:
    """Forget fingerprints and embeddings of submissions, in the caller's transaction."""
    StoredWordingIndex(connection).remove_all(keys)
    for table in (embeddings, related_texts):
        connection.execute(delete(table).where(table.c.key.in_(keys)))
