"""How quickly the queue answers: every filter, order, search and count, and the page itself.

    python -m benchmarks.queue --texts 10000

The embedded database lies in a temporary folder. Texts are drawn as ``benchmarks.memory`` draws
them; each gets an assessment that our own linear model gave one of our own submissions, so tags,
bands and answers are as large and as varied as they are in life. A tenth is reviewed, some are
merged, decided or restricted.
"""

import argparse
import dataclasses
import json
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np
import psutil
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text

from benchmarks.archives import CORPORA, GOLD, gather_texts
from benchmarks.synthetic_texts import Archive
from nlp_service.app import create_app
from nlp_service.assess import Assessor
from nlp_service.bundle import read_bundle
from nlp_service.domain.assessment import Assessment
from nlp_service.domain.quality import Disposition
from nlp_service.domain.queue import ListOrder, Stage
from nlp_service.domain.records import Filing, ListFilter, Origin, Outcome
from nlp_service.domain.reviews import Findings
from nlp_service.domain.submission import Kind, Submission
from nlp_service.people.tokens import hash_token, make_key
from nlp_service.settings import Settings
from nlp_service.store.opening import Office, Store, open_store
from nlp_service.web.inbox_query import Query

BUNDLE = Path("models/default")
REPORT = Path("var/reports/queue.json")
BATCH, MODELS_OF_ANSWERS, PAGE = 500, 400, 50
DISTRICTS = ["城东区", "城西区", "临江县", "桃溪县", "高新区", "石门镇"]
WORDS = ["电梯", "路灯 维修", "停车", "养老", "wifi", "没有这样的词句"]
FILTERS: Mapping[str, ListFilter] = {
    "all": ListFilter(),
    "waiting": ListFilter(stage=Stage.WAITING),
    "proposals": ListFilter(kind=Kind.PROPOSAL),
    "topic": ListFilter(topic="T08"),
    "subtopic": ListFilter(subtopic="T0805"),
    "sector": ListFilter(sector="S02"),
    "unit": ListFilter(unit="D10"),
    "band": ListFilter(band="建议退回完善"),
    "urgent": ListFilter(least_urgency=3),
    "needs review": ListFilter(stage=Stage.WAITING, needs_review=True),
    "reviewed": ListFilter(reviewed=True),
    "one month": ListFilter(received_from=date(2025, 3, 1), received_until=date(2025, 3, 31)),
    "several at once": ListFilter(kind=Kind.PUBLIC_MESSAGE, topic="T08", least_urgency=2),
    **{f"words: {words}": ListFilter(words=words) for words in WORDS},
    "words and topic": ListFilter(words="建议", topic="T08"),
}


def main() -> None:
    """Fill, measure, print and write ``var/reports/queue.json``."""
    options = read_options()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        Path(folder).chmod(0o755)  # the server may run as another user
        with open_store(Settings(data=Path(folder))) as store:
            assessor = Assessor(dataclasses.replace(read_bundle(BUNDLE), stage=None))
            fill(store, assessor, options)
            report = {"texts": float(options.texts), **read_sizes(store)}
            report |= measure(store, options.rounds)
            report |= measure_page(store, assessor, options.rounds)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for name, value in report.items():
        print(f"{name:<56}{value:>12,.1f}")


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=10_000, help="submissions in the store")
    parser.add_argument("--rounds", type=int, default=40, help="times that each list is asked for")
    parser.add_argument("--folder", type=Path, default=None, help="for the database")
    parser.add_argument("--corpora", type=Path, default=CORPORA)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


# --- filling ------------


def fill(store: Store, assessor: Assessor, options: argparse.Namespace) -> None:
    """Fill the store as years of work would."""
    chance = random.Random(options.seed)
    _, texts = gather_texts(options.corpora, 3000, chance)
    bodies = islice(Archive(texts, seed=options.seed), options.texts)
    answers = assess_models(assessor)
    keys: list[int] = []
    while batch := list(islice(bodies, BATCH)):
        with store.transaction(actor="benchmark") as office:
            stored = office.submissions.store_new(
                [make_filing(body, answers, chance) for body in batch]
            )
            keys += [key for key in stored if key is not None]
    for some in (chance.sample(keys, BATCH) for _ in range(len(keys) // (6 * BATCH))):
        with store.transaction(actor="benchmark") as office:
            work_on(office, some, chance)
    with store.engine.connect() as connection:  # what autovacuum does by itself, a little later
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE"))


def assess_models(assessor: Assessor) -> Sequence[tuple[Submission, Assessment]]:
    """Return some of our own submissions with what the linear model says of them."""
    lines = GOLD.read_text(encoding="utf-8").splitlines()[:MODELS_OF_ANSWERS]
    rows = [json.loads(line) for line in lines]
    submissions = [
        Submission(title=row["title"] or "", body=row["body"], kind=Kind(row["kind"]))
        for row in rows
    ]
    return list(zip(submissions, map(assessor.assess, submissions), strict=True))


def make_filing(
    body: str, answers: Sequence[tuple[Submission, Assessment]], chance: random.Random
) -> Filing:
    """Return a drawn text under an answer of one of our own submissions."""
    submission, assessment = chance.choice(answers)
    title = submission.title
    whole = f"{title}\n{body}" if title else body
    received = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(minutes=chance.randrange(1_000_000))
    return Filing(
        submission=Submission(title=title, body=body, kind=submission.kind),
        assessment=dataclasses.replace(assessment, text=whole, privacy=()),
        origin=Origin(submitter=f"委员{chance.randrange(400)}", district=chance.choice(DISTRICTS)),
        received_at=received,
    )


def work_on(office: Office, keys: Sequence[int], chance: random.Random) -> None:
    """Do with some submissions what an office does."""
    half = len(keys) // 2
    for key in keys[:half]:
        said = Findings(topic="T08", subtopic="T0805") if chance.random() < 0.2 else Findings()
        office.reviews.add(key, said, confirm=True)
    for key in keys[half : half + half // 2]:
        office.outcomes.record(key, Outcome(disposition=chance.choice([*Disposition])))
    office.submissions.restrict(keys[-1], restricted=True)
    office.merges.merge(keys[-6:-1], lead=keys[-2])


# --- measuring ------------


def measure(store: Store, rounds: int) -> dict[str, float]:
    """Return milliseconds of lists in each order, and of counts, under each filter."""
    figures: dict[str, float] = {}
    for name, wanted in FILTERS.items():
        for order in ListOrder:
            figures |= timed(
                store,
                f"list, {name}, {order}",
                rounds,
                lambda w=wanted, o=order: ask_list(store, w, o),
            )
        figures |= timed(store, f"counts, {name}", rounds, lambda w=wanted: ask_counts(store, w))
    figures |= timed(store, "second page, all, urgent", rounds, lambda: ask_second_page(store))
    return {**slowest("list or count", figures), **figures}


def slowest(what: str, figures: Mapping[str, float]) -> Mapping[str, float]:
    """Return the worst of all p95, and of all means of the processor."""
    return {
        f"ms, the slowest {what}, {end}": max(
            value for name, value in figures.items() if name.endswith(end)
        )
        for end in ("p95", "mean")
    }


def measure_page(store: Store, assessor: Assessor, rounds: int) -> dict[str, float]:
    """Return milliseconds of the inbox by HTTP: its whole page, and what the filters change."""
    key = make_key().token
    settings = Settings(keys=f"benchmark:{hash_token(key).hex()}")
    app = create_app(settings, assessor=assessor, store=store)
    figures: dict[str, float] = {}
    with serving(app) as address:
        for name, wanted in FILTERS.items():
            for order in (ListOrder.LATEST, ListOrder.URGENT, ListOrder.DOUBTFUL):
                path = address + Query(wanted=wanted, order=order).address
                request = Request(path, headers={"Authorization": f"Bearer {key}"})
                figures |= timed(store, f"page, {name}, {order}", rounds, lambda r=request: read(r))
    return {**slowest("page", figures), **figures}


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """Serve an app from a thread; yield its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    server.should_exit = True
    thread.join()


def read(request: Request) -> None:
    """Read a page to its end."""
    with urlopen(request, timeout=60) as answer:
        answer.read()


def timed(store: Store, name: str, rounds: int, ask: Callable[[], object]) -> Mapping[str, float]:
    """Return a question's milliseconds, and those of the processor, which a busy machine hides.

    The first answer does not count.
    """
    ask()
    spent = processor_seconds(store)
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        ask()
        times.append(1000 * (time.perf_counter() - start))
    mean = 1000 * (processor_seconds(store) - spent) / rounds
    figures = {f"ms, {name}, p{at}": float(np.percentile(times, at)) for at in (50, 95)}
    return {**figures, f"ms of processor, {name}, mean": mean}


def processor_seconds(store: Store) -> float:
    """Return what this process and its database's processes have spent so far."""
    with store.reading() as office:
        found = office.connection.scalars(
            text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
        )
        processes = [psutil.Process(), *map(psutil.Process, found)]
        times = [process.cpu_times() for process in processes]
    return sum(each.user + each.system for each in times)


def ask_list(store: Store, wanted: ListFilter, order: ListOrder) -> None:
    """Ask for a first page."""
    with store.reading() as office:
        office.submissions.list(wanted, order=order, limit=PAGE)


def ask_second_page(store: Store) -> None:
    """Ask for two pages."""
    with store.reading() as office:
        page = office.submissions.list(order=ListOrder.URGENT, limit=PAGE)
        office.submissions.list(order=ListOrder.URGENT, limit=PAGE, cursor=page.next_cursor)


def ask_counts(store: Store, wanted: ListFilter) -> None:
    """Ask for the counts."""
    with store.reading() as office:
        office.submissions.count(wanted)


def read_sizes(store: Store) -> dict[str, float]:
    """Return what the narrow rows take on the disk, in MB."""
    with store.reading() as office:
        sizes = {
            part: office.connection.execute(
                text(f"SELECT pg_{part}_size('nlp.standings') / 1e6")
            ).scalar_one()
            for part in ("table", "indexes")
        }
    return {f"MB, standings, {part}": float(size) for part, size in sizes.items()}


if __name__ == "__main__":
    main()
