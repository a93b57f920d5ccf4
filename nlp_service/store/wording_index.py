"""The index of fingerprints in PostgreSQL: a narrow table, and a B-tree that has all of it.

``docs/architecture.md`` says what else was measured. Numbers of texts and submitters have 32 bits
there, since a large archive has a hundred million rows.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from nlp_service.duplicates.fingerprints import Grams
from nlp_service.duplicates.index import NEWEST, Candidate, Counts
from nlp_service.duplicates.ranking import Hits, Integers, count_submitters, natural, newest, rank
from nlp_service.store.binary_copy import read_rows, write_rows
from nlp_service.store.index_tables import (
    ERA,
    fingerprints,
    wording_submitters,
    wording_tallies,
    wordings,
)

_SLOTS = 1024
"""Tallies; a connection counts in its own, so that writers do not wait for one another."""

_ASK = f"""
SELECT (asked.place - 1)::integer, hit.text, hit.submitter
FROM unnest('{{{{{{grams}}}}}}'::bigint[]) WITH ORDINALITY AS asked (gram, place)
CROSS JOIN generate_series(
    0, (SELECT coalesce(max(key), 0) >> {ERA} FROM {wordings.fullname})::integer) AS era
CROSS JOIN LATERAL (
    SELECT f.text, f.submitter FROM {fingerprints.fullname} f
    WHERE f.text >> {ERA} = era AND f.gram = asked.gram
    ORDER BY f.text DESC LIMIT {{newest}}) AS hit
"""

_COMMON = f"""
SELECT gram FROM {fingerprints.fullname}
WHERE gram IN (
    SELECT gram FROM {fingerprints.fullname} GROUP BY gram HAVING count(*) >= {{at_least}})
GROUP BY gram HAVING count(DISTINCT submitter) >= {{at_least}} ORDER BY gram
"""

_GONE = 2**31
"""Size of a text that another transaction took away since it was found; nobody will read it."""
_GROUP_MEMORY = "256MB"
"""For counting all fingerprints at once; PostgreSQL writes to disk what is beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintedText:
    """What is known of a text when it is added."""

    key: int
    """Of the submission."""
    fingerprints: Grams
    submitter: str = ""


class StoredWordingIndex:
    """A ``WordingIndex``, in the caller's transaction; ids are keys of submissions as text.

    What two transactions add at once under one key, the first one has added.
    """

    def __init__(self, connection: Connection, *, newest: int = NEWEST) -> None:
        self._connection, self._newest = connection, newest

    def add(self, id: str, fingerprints: Grams, *, submitter: str = "") -> None:
        """Add a text; one of the same id is replaced."""
        self.add_all(
            [FingerprintedText(key=int(id), fingerprints=fingerprints, submitter=submitter)]
        )

    def add_all(self, texts: Sequence[FingerprintedText]) -> None:
        """Add texts of different keys, in one go; hundreds at once cost least.

        Call it once a transaction where several write at once: it locks the submitters that it
        meets, in one order.
        """
        self.remove_all([each.key for each in texts])
        numbers = self._read_numbers({each.submitter for each in texts if each.submitter})
        submitters = {each.key: numbers.get(each.submitter, -each.key) for each in texts}
        added = self._insert(texts, submitters)
        if added:
            self._write([each for each in texts if each.key in added], submitters)
            self._count(Counter(submitters[key] for key in added))

    def remove(self, id: str) -> None:
        """Forget a text; an unknown id is no error."""
        if id.isascii() and id.isdecimal():
            self.remove_all([int(id)])

    def remove_all(self, keys: Collection[int]) -> None:
        """Forget texts; unknown keys are no error."""
        gone = self._connection.execute(
            delete(wordings)
            .where(wordings.c.key.in_(keys))
            .returning(wordings.c.key, wordings.c.submitter)
        ).all()
        if not gone:
            return
        self._connection.execute(
            delete(fingerprints).where(fingerprints.c.text.in_([row.key for row in gone]))
        )
        lost = Counter(row.submitter for row in gone)
        self._count({number: -texts for number, texts in lost.items()})

    def candidates(self, asked: Grams, *, limit: int) -> Sequence[Candidate]:
        """Return the texts that share one of the fingerprints at least, best first, equals by id.

        Args:
            asked: ascending, each once.
            limit: most texts to return.
        """
        hits = self._hits(asked)
        if not len(hits.texts):
            return []
        best = rank(hits, submitters=self.count_submitters(), sizes=self._sizes, limit=limit)
        found = [
            Candidate(id=str(key), shared=int(shared), score=float(score))
            for key, shared, score in zip(best.texts, best.shared, best.scores, strict=True)
        ]
        return sorted(found, key=lambda each: (-each.score, natural(each.id)))[:limit]

    def submitters_sharing(self, fingerprints: Grams) -> Counts:
        """Return for each fingerprint how many different submitters' texts have it.

        Args:
            fingerprints: ascending, each once.
        """
        return count_submitters(self._hits(fingerprints))

    def count_submitters(self) -> int:
        """Return how many different submitters there are."""
        tallies = select(func.coalesce(func.sum(wording_tallies.c.submitters), 0))
        return int(self._connection.execute(tallies).scalar_one())

    def common_grams(self, at_least: int) -> Grams:
        """Return the fingerprints, ascending, that so many different submitters share.

        Reads the whole table; takes a minute or two for a million texts.
        """
        self._connection.execute(text(f"SET LOCAL work_mem = '{_GROUP_MEMORY}'"))
        (grams,) = read_rows(self._connection, _COMMON.format(at_least=at_least), [np.int64])
        return grams.astype(np.int64)

    def _hits(self, grams: Grams) -> Hits:
        if not len(grams):
            none = np.zeros(0, dtype=np.int64)
            return Hits(size=0, places=none, texts=none, submitters=none)
        listed = ",".join(map(str, grams.tolist()))
        columns = read_rows(
            self._connection, _ASK.format(grams=listed, newest=self._newest), [np.int32] * 3
        )
        places, texts, submitters = (column.astype(np.int64) for column in columns)
        order = np.argsort(places, kind="stable")
        kept = order[newest(places[order], texts[order], limit=self._newest)]
        return Hits(
            size=len(grams), places=places[kept], texts=texts[kept], submitters=submitters[kept]
        )

    def _sizes(self, keys: Integers) -> Integers:
        rows = self._connection.execute(
            select(wordings.c.key, wordings.c.size).where(wordings.c.key.in_(keys.tolist()))
        )
        sizes = {row.key: row.size for row in rows}
        return np.array([sizes.get(key, _GONE) for key in keys.tolist()], dtype=np.int64)

    def _insert(
        self, texts: Sequence[FingerprintedText], submitters: Mapping[int, int]
    ) -> Collection[int]:
        """Return the keys that nobody else has added meanwhile."""
        if not texts:
            return set()
        rows = [
            {
                "key": each.key,
                "submitter": submitters[each.key],
                "size": len(each.fingerprints),
            }
            for each in sorted(texts, key=lambda each: each.key)
        ]
        statement = insert(wordings).values(rows).on_conflict_do_nothing()
        return set(self._connection.execute(statement.returning(wordings.c.key)).scalars())

    def _write(self, texts: Sequence[FingerprintedText], submitters: Mapping[int, int]) -> None:
        """Write the fingerprints in the order of the B-tree, which is quickest."""
        grams = np.concatenate([each.fingerprints for each in texts])
        sizes = [len(each.fingerprints) for each in texts]
        keys = np.repeat(np.array([each.key for each in texts]), sizes)
        whose = np.repeat(np.array([submitters[each.key] for each in texts]), sizes)
        order = np.lexsort((keys, grams))
        columns = {
            "gram": grams[order],
            "text": keys[order].astype(np.int32),
            "submitter": whose[order].astype(np.int32),
        }
        write_rows(self._connection, fingerprints, columns)

    def _read_numbers(self, names: Collection[str]) -> Mapping[str, int]:
        """Return each submitter's number; new ones get one."""
        if not names:
            return {}
        c = wording_submitters.c
        known = select(c.name, c.number).where(c.name.in_(names))
        numbers = {row.name: row.number for row in self._connection.execute(known)}
        if missing := sorted(set(names) - numbers.keys()):
            rows = [{"name": name, "texts": 0} for name in missing]
            self._connection.execute(
                insert(wording_submitters).values(rows).on_conflict_do_nothing()
            )
            numbers = {row.name: row.number for row in self._connection.execute(known)}
        return numbers

    def _count(self, texts: Mapping[int, int]) -> None:
        """Add to what submitters have (a number each, unknown ones below 0), and to the tally."""
        known = {number: n for number, n in texts.items() if number > 0}
        more = sum(n for number, n in texts.items() if number < 0)
        for number, now in self._lock_texts(known):
            more += (now + known[number] > 0) - (now > 0)
        c = wording_submitters.c
        if known:
            self._connection.execute(
                update(wording_submitters)
                .where(c.number == bindparam("submitter"))
                .values(texts=c.texts + bindparam("more")),
                [{"submitter": number, "more": n} for number, n in known.items()],
            )
        slot = func.pg_backend_pid() % _SLOTS
        tally = insert(wording_tallies).values(slot=slot, submitters=more)
        self._connection.execute(
            tally.on_conflict_do_update(
                index_elements=["slot"],
                set_={"submitters": wording_tallies.c.submitters + tally.excluded.submitters},
            )
        )

    def _lock_texts(self, numbers: Collection[int]) -> Sequence[tuple[int, int]]:
        """Return how many texts submitters have, kept from others until the transaction ends."""
        if not numbers:
            return []
        c = wording_submitters.c
        rows = self._connection.execute(
            select(c.number, c.texts)
            .where(c.number.in_(numbers))
            .order_by(c.number)
            .with_for_update()
        )
        return [(row.number, row.texts) for row in rows]
