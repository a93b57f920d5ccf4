"""What the memory costs on a large archive: taking in, disk, and the whole check for duplicates.

    python -m benchmarks.memory --texts 100000

The embedded database lies in a temporary folder. Texts are made of those of ../shared/corpora where
it is there, else of our own; embeddings are drawn in clusters, since no encoder pass is measured.
All but the last texts come in large batches, their assessments' answers left empty; the last ones
by the import of an archive, assessed by the linear model, the graph of embeddings in place.
"""

import argparse
import dataclasses
import io
import json
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import psutil
from sqlalchemy import text

from benchmarks.archives import CORPORA, gather_texts
from benchmarks.bulk_rows import insert_rows
from benchmarks.edited_texts import Maker
from benchmarks.synthetic_texts import Archive
from benchmarks.synthetic_vectors import Clusters, Vectors
from nlp_service.assess import Assessor
from nlp_service.bundle import Bundle, read_bundle
from nlp_service.domain.submission import Kind
from nlp_service.duplicates.boilerplate import read_set_phrases
from nlp_service.duplicates.copies import choose_candidates, keep_copies
from nlp_service.duplicates.fingerprints import find_fingerprints
from nlp_service.duplicates.wording import read_wording
from nlp_service.intake.archive import open_archive
from nlp_service.settings import Settings
from nlp_service.store.boilerplate import KnownBoilerplate, relearn_boilerplate
from nlp_service.store.earlier_texts import read_documents
from nlp_service.store.importing import import_archive
from nlp_service.store.meaning_index import EmbeddedText, write_embeddings
from nlp_service.store.opening import Office, Store, open_store
from nlp_service.store.relating import Relator
from nlp_service.store.spaces import Space, build_graph, ensure_space
from nlp_service.store.wording_index import FingerprintedText
from nlp_service.text.normalise import Document

BUNDLE = Path("models/default")
SET_PHRASES = Path("data/duplicates/set_phrases.toml")
REPORT = Path("var/reports/memory.json")
SPACE = "benchmark"
BATCH, IMPORTED = 1000, 2000
COPIES, NEIGHBOURS, NEAREST = 5, 20, 10
WARMING, DELETED = 20, 20
TABLES = ("submissions", "assessments", "fingerprints", "wordings", "embeddings_1")
INDICES = ("fingerprints_gram", "embeddings_1_graph")


@dataclass
class Clock:
    """Sums up the time of named pieces of work."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        """Add the time of a block."""
        start = time.perf_counter()
        yield
        self.seconds[name] += time.perf_counter() - start


class Processor:
    """Counts processor seconds of this process and its server process: what a busy machine hides.

    All here goes over one connection, so one process of the server does it.
    """

    def __init__(self, store: Store) -> None:
        """Begin to count."""
        with store.reading() as office:
            pid = office.connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        self._processes = psutil.Process(), psutil.Process(pid)
        self._before = self._spent()

    def seconds(self) -> float:
        """Return what was spent since."""
        return self._spent() - self._before

    def _spent(self) -> float:
        times = [process.cpu_times() for process in self._processes]
        return sum(each.user + each.system for each in times)


class DrawnEmbeddings(Relator):
    """Has drawn embeddings, one text after the other, in the encoder's stead."""

    def __init__(self, bundle: Bundle, vectors: Vectors) -> None:
        super().__init__(bundle.pairs, model=bundle.label)
        self._vectors = iter(vectors)

    @property
    def space(self) -> str:
        """The space of the drawn ones."""
        return SPACE

    def embed(self, documents: Sequence[Document]) -> Vectors:
        """Return the next ones."""
        return [next(self._vectors) for _ in documents]


@dataclass(frozen=True, kw_only=True)
class Question:
    """A text that is checked, with its embedding and the key of the text that it was made of."""

    kind: str
    body: str
    vector: Vectors
    source: int | None


def main() -> None:
    """Measure, print and write ``var/reports/memory.json``."""
    options = read_options()
    chance = random.Random(options.seed)
    hosts, texts = gather_texts(options.corpora, 7000, chance)
    archive = Archive(texts, seed=options.seed)
    clusters = Clusters(options.texts, seed=options.seed)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        Path(folder).chmod(0o755)  # the server may run as another user
        with open_store(Settings(data=Path(folder))) as store:
            report = {"texts": options.texts} | fill(store, archive, clusters, options.texts)
            report |= learn(store)
            questions = make_questions(store, hosts, archive, clusters, options, chance)
            report |= measure_checks(store, questions) | measure_recall(store, clusters, questions)
            report |= measure_deleting(store, chance.sample(range(1, options.texts), DELETED))
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for name, value in report.items():
        print(f"{name:<44}{value:>14,.2f}")


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=100_000, help="size of the archive")
    parser.add_argument("--queries", type=int, default=100, help="checks of each kind")
    parser.add_argument("--folder", type=Path, default=None, help="for the database")
    parser.add_argument("--corpora", type=Path, default=CORPORA)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def fill(store: Store, archive: Archive, clusters: Clusters, count: int) -> dict[str, float]:
    """Fill the store; return rates, sizes and the time that the graph took."""
    clock, bodies = Clock(), iter(archive)
    with store.transaction(actor="benchmark") as office:
        space = ensure_space(office.connection, SPACE)
        office.connection.execute(text(f"DROP INDEX nlp.{space.graph}"))
    for start in range(0, count - IMPORTED, BATCH):
        size = min(BATCH, count - IMPORTED - start)
        add_batch(store, space, list(islice(bodies, size)), clusters.draw(size), clock)
        if start % 50_000 == 0:
            print(f"{start} texts", {k: round(v) for k, v in clock.seconds.items()}, flush=True)
    print("building the graph", flush=True)
    with clock.timing("graph"), store.transaction(actor="benchmark") as office:
        build_graph(office.connection, space)
    with store.engine.connect() as connection:  # what autovacuum does by itself, a little later
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))
    import_some(store, list(islice(bodies, IMPORTED)), clusters.draw(IMPORTED), clock)
    bulk = count - IMPORTED
    return {
        "texts a second, rows in bulk": bulk / clock.seconds["rows"],
        "texts a second, fingerprints in bulk": bulk / clock.seconds["fingerprints"],
        "texts a second, embeddings in bulk": bulk / clock.seconds["embeddings"],
        "seconds to build the graph": clock.seconds["graph"],
        "texts a second, imported at the end": IMPORTED / clock.seconds["import"],
        "  a second of processor": IMPORTED / clock.seconds["import, processor"],
        **read_sizes(store),
    }


def add_batch(
    store: Store, space: Space, bodies: Sequence[str], vectors: Vectors, clock: Clock
) -> None:
    """Add texts as quickly as they can be added."""
    with store.transaction(actor="benchmark") as office:
        with clock.timing("rows"):
            rows = insert_rows(office.connection, bodies)
        with clock.timing("fingerprints"):
            office.wording.add_all([fingerprinted(*row) for row in zip(rows, bodies, strict=True)])
        with clock.timing("embeddings"):
            write_embeddings(office.connection, space, embedded(rows, vectors))


def import_some(store: Store, bodies: Sequence[str], vectors: Vectors, clock: Clock) -> None:
    """Import an archive as the service does, all but the encoder's passes."""
    bundle = read_bundle(BUNDLE)
    lines = "".join(json.dumps({"body": body}, ensure_ascii=False) + "\n" for body in bodies)
    archive = open_archive(io.BytesIO(lines.encode()), name="archive.jsonl", source="benchmark")
    assessor = Assessor(dataclasses.replace(bundle, stage=None))
    relator = DrawnEmbeddings(bundle, vectors)
    processor = Processor(store)
    with clock.timing("import"):
        *_, done = import_archive(store, assessor, archive, actor="benchmark", relator=relator)
    clock.seconds["import, processor"] = processor.seconds()
    if done.tally.stored < len(bodies):
        print(f"only {done.tally.stored} of {len(bodies)} were new", flush=True)


def fingerprinted(key: int, body: str) -> FingerprintedText:
    """Return a text as the index takes it."""
    return FingerprintedText(key=key, fingerprints=find_fingerprints(body))


def embedded(keys: Sequence[int], vectors: Vectors) -> Sequence[EmbeddedText]:
    """Return texts as the index takes them, over ten years and of two kinds."""
    return [
        EmbeddedText(
            key=key,
            vector=vector,
            kind=Kind.PUBLIC_MESSAGE if key % 12 else Kind.PROPOSAL,
            dated_on=np.datetime64("2016-01-01", "D").astype(object)
            + np.timedelta64(key % 3650, "D").astype(object),
        )
        for key, vector in zip(keys, vectors, strict=True)
    ]


def read_sizes(store: Store) -> dict[str, float]:
    """Return what lies on the disk, in MB."""
    with store.reading() as office:
        size = "SELECT {}(to_regclass('nlp.' || :name)) / 1e6"
        tables = text(size.format("pg_table_size")), text(size.format("pg_indexes_size"))
        found = {
            f"MB, {name}, {part}": office.connection.execute(query, {"name": name}).scalar_one()
            for name in TABLES
            for part, query in zip(("rows", "indices"), tables, strict=True)
        }
        all_ = text("SELECT pg_database_size(current_database()) / 1e6")
        found["MB in all"] = office.connection.execute(all_).scalar_one()
    return {name: float(size) for name, size in found.items()}


def learn(store: Store) -> dict[str, float]:
    """Learn what is common; return how long it took and how much that is."""
    print("learning what is common", flush=True)
    start = time.perf_counter()
    count = relearn_boilerplate(store)
    return {"seconds to learn": time.perf_counter() - start, "common grams": count}


def make_questions(
    store: Store,
    hosts: Sequence[str],
    archive: Archive,
    clusters: Clusters,
    options: argparse.Namespace,
    chance: random.Random,
) -> Sequence[Question]:
    """Make copies of stored texts, and texts that are new."""
    keys = chance.sample(range(1, options.texts - IMPORTED), 2 * options.queries)
    with store.reading() as office:
        documents = read_documents(office.connection, list(map(str, keys)))
    maker = Maker(
        texts={id: each.text for id, each in documents.items()}, hosts=hosts, random=chance
    )
    kinds = ("10 % edited", "one paragraph of five")
    copies = [
        Question(
            kind=kind,
            body=maker.make(kind, str(key)).text,
            vector=clusters.near(key - 1),
            source=key,
        )
        for place, kind in enumerate(kinds)
        for key in keys[place :: len(kinds)]
    ]
    new = [
        Question(kind="new", body=body, vector=vector, source=None)
        for body, vector in zip(
            islice(iter(archive), options.queries), clusters.draw_new(options.queries), strict=True
        )
    ]
    return chance.sample([*copies, *new], len(copies) + len(new))


def measure_checks(store: Store, questions: Sequence[Question]) -> dict[str, float]:
    """Return the latency of whole checks, of their parts, and how many sources were found."""
    known = KnownBoilerplate(read_set_phrases(SET_PHRASES))
    times: dict[str, list[float]] = defaultdict(list)
    found: dict[str, list[bool]] = defaultdict(list)
    for number, question in enumerate([*questions[:WARMING], *questions]):
        if number == WARMING:
            processor = Processor(store)
        clock, start = Clock(), time.perf_counter()
        with store.reading() as office:
            ids = check(office, known, question, clock)
        clock.seconds["whole check"] = time.perf_counter() - start
        for name, seconds in clock.seconds.items():
            times[name].append(1000 * seconds)
        if question.source is not None:
            found[question.kind].append(str(question.source) in ids)
    spent = 1000 * processor.seconds() / len(questions)
    figures = {"ms of processor, whole check, mean": spent} | {
        f"ms, {name}, {label}": float(np.percentile(each[WARMING:], percent))
        for name, each in times.items()
        for label, percent in (("p50", 50), ("p99", 99))
    }
    return figures | {
        f"recall@{COPIES}, {kind}": float(np.mean(hits)) for kind, hits in found.items()
    }


def check(
    office: Office, known: KnownBoilerplate, question: Question, clock: Clock
) -> Sequence[str]:
    """Do all of a check for duplicates but the encoder's pass; return the ids of the copies."""
    with clock.timing("reading the text"):
        boilerplate = known.read(office.connection)
        wording = read_wording(Document(title="", body=question.body), boilerplate)
    with clock.timing("candidates by wording"):
        candidates = choose_candidates(wording, office.wording)
    with clock.timing("neighbours by meaning"):
        near = office.meaning(SPACE).nearest(question.vector, limit=NEIGHBOURS)
    with clock.timing("earlier texts"):
        ids = dict.fromkeys([each.id for each in (*candidates, *near)])
        documents = read_documents(office.connection, ids)
    with clock.timing("comparisons"):
        sources = {
            each.id: read_wording(documents[each.id], boilerplate)
            for each in candidates
            if each.id in documents
        }
        copies = keep_copies(wording, sources, limit=COPIES)
    return [copy.id for copy in copies]


def measure_recall(
    store: Store, clusters: Clusters, questions: Sequence[Question]
) -> dict[str, float]:
    """Return how many of the nearest, of all, the graph finds."""
    hits = []
    for question in questions:
        cosines = clusters.cosines(question.vector)
        with store.reading() as office:
            found = office.meaning(SPACE).nearest(question.vector, limit=NEAREST)
        least = np.partition(cosines, -NEAREST)[-NEAREST]
        hits.append(np.mean([cosines[int(each.id) - 1] >= least - 1e-3 for each in found]))
    return {f"recall@{NEAREST} of the graph": float(np.mean(hits))}


def measure_deleting(store: Store, keys: Sequence[int]) -> dict[str, float]:
    """Return how long it takes to delete a submission, its place in the indices included."""
    times = []
    for key in keys:
        start = time.perf_counter()
        with store.transaction(actor="benchmark") as office:
            office.submissions.delete(key)
        times.append(1000 * (time.perf_counter() - start))
    return {"ms to delete, p50": float(np.median(times)), "ms to delete, most": max(times)}


if __name__ == "__main__":
    main()
