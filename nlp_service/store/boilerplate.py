"""What of the archive's wording is nobody's: learnt from the stored texts and kept for serving."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import Connection, delete, insert, select

from nlp_service.duplicates.boilerplate import Boilerplate, learn_common
from nlp_service.duplicates.fingerprints import Grams, hash_grams
from nlp_service.duplicates.letters import find_letters
from nlp_service.store.binary_copy import read_rows
from nlp_service.store.index_tables import common_grams, wordings
from nlp_service.store.opening import Office, Store
from nlp_service.store.tables import submissions

_CHUNK = 1000
_STORED = np.dtype("<i8")


class KnownBoilerplate:
    """The boilerplate that serving uses, read anew only once other was learnt. Safe for threads."""

    def __init__(self, set_phrases: Grams) -> None:
        """Know the set phrases; ``duplicates.boilerplate.read_set_phrases`` reads them."""
        self._known = (0, Boilerplate(set_phrases=set_phrases))  # version; replaced as a whole

    def read(self, connection: Connection) -> Boilerplate:
        """Return the set phrases and what was last learnt, as far as the transaction sees it."""
        version, known = self._known
        c = common_grams.c
        newer = connection.execute(
            select(c.version, c.grams).where(c.version != version).order_by(c.version.desc())
        ).first()
        if newer is None:
            return known
        grams = np.frombuffer(newer.grams, dtype=_STORED).astype(np.int64)
        known = Boilerplate(set_phrases=known.set_phrases, common=grams)
        self._known = (newer.version, known)
        return known


def relearn_boilerplate(store: Store) -> int:
    """Learn from all indexed texts what is common among them; return how many grams that is.

    Memory stays bounded, whatever the archive: about 100 MB and what is common. Others may write
    meanwhile; it learns from what was there when it began.

    Raises:
        StoreError: the database refuses or cannot be reached.
    """
    with store.reading() as office:
        common = learn_common(office.wording, lambda: _read_texts(office))
    with store.transaction(actor="nlp-service") as office:
        added = office.connection.execute(
            insert(common_grams)
            .values(learnt_at=datetime.now(UTC), grams=common.astype(_STORED).tobytes())
            .returning(common_grams.c.version)
        )
        former = common_grams.c.version < added.scalar_one()
        office.connection.execute(delete(common_grams).where(former))
    return len(common)


def _read_texts(office: Office) -> Iterator[tuple[str, Grams]]:
    """Yield submitter and grams of each indexed text, those of one submitter in a row."""
    query = f"SELECT key, submitter FROM {wordings.fullname} ORDER BY submitter, key"
    keys, submitters = read_rows(office.connection, query, [np.int64, np.int32])
    for start in range(0, len(keys), _CHUNK):
        chunk = keys[start : start + _CHUNK].tolist()
        rows = office.connection.execute(
            select(submissions.c.key, submissions.c.text).where(submissions.c.key.in_(chunk))
        )
        texts = {row.key: row.text for row in rows}
        for key, submitter in zip(chunk, submitters[start : start + _CHUNK].tolist(), strict=True):
            yield str(submitter) if submitter > 0 else "", hash_grams(find_letters(texts[key])[0])
