"""Tell what a text is to those that are stored, and keep by what it will be found itself.

What was found becomes links, of which the groups are made. Texts that came in crowds are looked up
afterwards (``relate_missing``): what is there is the mark of how far that came, so a killed run is
gone on with by the next one.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, exists, select
from sqlalchemy.dialects.postgresql import insert

from nlp_service.bundle import Bundle, PairStage
from nlp_service.domain.duplicates import Relation
from nlp_service.domain.records import Filing, ListedSubmission, Outcome, StoredOnce
from nlp_service.duplicates.boilerplate import Boilerplate
from nlp_service.duplicates.fingerprints import find_fingerprints
from nlp_service.duplicates.groups import Link
from nlp_service.duplicates.matter import Matter, Vector
from nlp_service.duplicates.related import Among, Related, choose_sources, judge_sources
from nlp_service.duplicates.wording import Wording, read_wording
from nlp_service.stages import Stage, timed
from nlp_service.store.boilerplate import KnownBoilerplate
from nlp_service.store.earlier_texts import read_documents, shown_document
from nlp_service.store.filing import Refusal, file_submissions
from nlp_service.store.index_tables import related_texts, wordings
from nlp_service.store.locks import taking
from nlp_service.store.meaning_index import EmbeddedText
from nlp_service.store.opening import Office, Store
from nlp_service.store.spaces import ensure_space
from nlp_service.store.tables import submissions
from nlp_service.store.wording_index import FingerprintedText
from nlp_service.text.normalise import Document

if TYPE_CHECKING:  # a bundle without an encoder starts without its libraries
    from nlp_service.tagging.embedding import Embedder

ACTOR = "nlp-service"
CHUNK = 50
_LOCK = 0x6E6C705F72656C  # "nlp_rel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A text that is to be stored, or has just been."""

    filing: Filing
    embedding: Vector | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """A stored text, what it is to the text asked for, and what became of it."""

    submission: ListedSubmission
    outcome: Outcome | None
    related: Related


def describe_earlier(office: Office, found: Sequence[Related], *, limit: int) -> Sequence[Earlier]:
    """Return the first of what was found, without what is unrelated, as it is shown."""
    shown = [each for each in found if each.judgement.relation is not Relation.NONE][:limit]
    keys = [int(each.id) for each in shown]
    listed = {each.key: each for each in office.submissions.among(keys)}
    recorded = office.outcomes.current_among(keys)
    return [
        Earlier(
            submission=listed[key],
            outcome=recorded[key].outcome if key in recorded else None,
            related=each,
        )
        for key, each in zip(keys, shown, strict=True)
        if key in listed
    ]


class Relator:
    """Looks texts up among the stored ones. One for a service; safe for threads."""

    def __init__(self, stage: PairStage, *, model: str) -> None:
        """Take what tells relations; ``model`` names it in what is kept of its findings."""
        self._stage, self._model = stage, model
        self._boilerplate = KnownBoilerplate(stage.set_phrases)

    @property
    def space(self) -> str:
        """The name of the space that its embeddings belong to."""
        return self._stage.space

    def embed(self, documents: Sequence[Document]) -> Sequence[Vector | None]:
        """Return each text's embedding; None of a bundle without an encoder."""
        if self.embedder is None:
            return [None] * len(documents)
        with timed(Stage.EMBEDDING):
            return list(self.embedder.embed(documents))

    @property
    def embedder(self) -> "Embedder | None":
        """What makes embeddings; None where the bundle has no encoder."""
        return self._stage.embedder

    def prepare(self, store: Store) -> bool:
        """Make ready for embeddings; return whether the stored ones are of this bundle."""
        if self.embedder is None:
            return True
        with store.transaction(actor=ACTOR) as office:
            return ensure_space(office.connection, self.space).active

    def read(
        self, office: Office, document: Document, *, embedding: Vector | None = None
    ) -> Matter:
        """Read a text as it is compared."""
        return self._read(document, self._boilerplate.read(office.connection), embedding)

    def _read(self, document: Document, known: Boilerplate, embedding: Vector | None) -> Matter:
        return self._stage.reader.read(read_wording(document, known), embedding=embedding)

    def judge(self, office: Office, first: Document, second: Document) -> Related:
        """Say what two texts are to each other, stored or not."""
        one, other = (
            self.read(office, document, embedding=embedding)
            for document, embedding in zip(
                (first, second), self.embed([first, second]), strict=True
            )
        )
        return self.judge_read(one, other)

    def judge_read(self, one: Matter, other: Matter) -> Related:
        """Say what two texts are to each other that were read already."""
        return judge_sources(one, {"": other}, self._stage.model)[0]

    def wording(self, office: Office, document: Document) -> Wording:
        """Read a text's wording alone, which tells what it shares with others."""
        return read_wording(document, self._boilerplate.read(office.connection))

    def find(
        self,
        office: Office,
        query: Matter,
        *,
        among: Among | None = None,
        but: Collection[int] = (),
    ) -> Sequence[Related]:
        """Return what was compared with a text, what may be one case with it first.

        Args:
            office: of the transaction.
            query: the text.
            among: which earlier texts are looked at.
            but: keys of submissions that are passed over, such as its own.
        """
        with timed(Stage.DUPLICATES):
            meaning = office.meaning(self.space) if query.embedding is not None else None
            chosen = choose_sources(query, office.wording, meaning, among)
            ids = [id for id in chosen if int(id) not in but]
            vectors = meaning.vectors(ids) if meaning else {}
            known = self._boilerplate.read(office.connection)
            sources = {
                id: self._read(document, known, vectors.get(id))
                for id, document in read_documents(office.connection, ids).items()
            }
            return judge_sources(query, sources, self._stage.model)

    def keep(self, office: Office, kept: Mapping[int, Kept]) -> None:
        """Let stored texts, by key, be found; the restricted ones are not among them."""
        open_ = {key: each for key, each in kept.items() if not each.filing.assessment.restricted}
        office.wording.add_all(
            [
                FingerprintedText(
                    key=key,
                    fingerprints=find_fingerprints(each.filing.assessment.text),
                    submitter=each.filing.origin.submitter,
                )
                for key, each in open_.items()
            ]
        )
        dates = _read_dates(office.connection, open_)
        office.meaning(self.space).add_all(
            [
                EmbeddedText(
                    key=key,
                    vector=each.embedding,
                    kind=each.filing.assessment.kind,
                    dated_on=dates[key],
                )
                for key, each in open_.items()
                if each.embedding is not None
            ]
        )

    def link(self, office: Office, key: int, found: Sequence[Related]) -> None:
        """Keep what a stored text was found to be to others, and that it was looked up."""
        office.groups.add_links(
            [
                Link(
                    first=key,
                    second=int(each.id),
                    relation=each.judgement.relation,
                    probability=each.judgement.probability,
                )
                for each in found
            ],
            model=self._model,
        )
        office.connection.execute(
            insert(related_texts)
            .values(key=key, related_at=datetime.now(UTC))
            .on_conflict_do_nothing()
        )


def embed_filings(
    relator: Relator | None, filings: Sequence[Filing], *, fast: bool
) -> Sequence[Vector | None]:
    """Return each text's embedding, of the text as it is shown; None where none is to be made."""
    if relator is None or fast:
        return [None] * len(filings)
    return relator.embed([shown_document(each.submission, each.assessment) for each in filings])


def file_and_keep(
    office: Office, relator: Relator | None, texts: Sequence[Kept]
) -> Sequence[StoredOnce | Refusal]:
    """Store texts, and let those that are new be found; return what became of each, in order."""
    results = file_submissions(office, [each.filing for each in texts])
    if relator is not None:
        relator.keep(
            office,
            {
                result.key: each
                for each, result in zip(texts, results, strict=True)
                if isinstance(result, StoredOnce) and result.created
            },
        )
    return results


def file_and_look_up(
    office: Office,
    relator: Relator,
    filing: Filing,
    document: Document,
    embedding: Vector | None,
) -> tuple[StoredOnce | Refusal, Sequence[Related]]:
    """Store a text and look it up; return what became of it, and what it was compared with."""
    (result,) = file_submissions(office, [filing])
    if not isinstance(result, StoredOnce):
        return result, []
    query = relator.read(office, document, embedding=embedding)
    found = relator.find(office, query, but=[result.key])
    if result.created and not filing.assessment.restricted:
        relator.keep(office, {result.key: Kept(filing=filing, embedding=embedding)})
        relator.link(office, result.key, found)
    return result, found


def make_relator(bundle: Bundle) -> Relator | None:
    """Return what looks texts up with a bundle; None with one that cannot tell relations."""
    return Relator(bundle.pairs, model=bundle.label) if bundle.pairs else None


def relate_missing(
    store: Store, relator: Relator, *, report: Callable[[int], None] = lambda done: None
) -> int:
    """Look up every stored text that nobody has looked up yet; return how many they were.

    Where another process does so now, nothing is done: it will come to these, too.

    Args:
        store: may serve and take in meanwhile.
        relator: looks them up.
        report: told after each chunk how many texts were looked up.

    Raises:
        StoreError: the database refuses.
    """
    done = 0
    with taking(store, _LOCK) as alone:
        while alone and (related := _relate_chunk(store, relator)):
            done += related
            report(related)
    return done


def _relate_chunk(store: Store, relator: Relator) -> int:
    with store.transaction(actor=ACTOR) as office:
        keys = _read_missing(office.connection)
        documents = read_documents(office.connection, [str(key) for key in keys])
        vectors = office.meaning(relator.space).vectors(documents)
        for id, document in documents.items():
            query = relator.read(office, document, embedding=vectors.get(id))
            relator.link(office, int(id), relator.find(office, query, but=[int(id)]))
        return len(documents)


def _read_missing(connection: Connection) -> Sequence[int]:
    """Return keys of texts that are found by others and were not looked up themselves."""
    s = submissions.c
    there = exists().where(related_texts.c.key == s.key)
    return connection.scalars(
        select(s.key)
        .join(wordings, wordings.c.key == s.key)
        .where(s.deleted_at.is_(None), ~s.restricted, ~there)
        .order_by(s.key)
        .limit(CHUNK)
    ).all()


def _read_dates(connection: Connection, keys: Collection[int]) -> Mapping[int, date]:
    rows = connection.execute(
        select(submissions.c.key, submissions.c.dated_on).where(submissions.c.key.in_(keys))
    )
    return {row.key: row.dated_on for row in rows}
