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
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

import numpy as np
from sqlalchemy import text

from benchmarks.archives import CORPORA, GOLD, gather_texts
from benchmarks.synthetic_texts import Archive
from nlp_service.assess import Assessor
from nlp_service.bundle import read_bundle
from nlp_service.domain.assessment import Assessment
from nlp_service.domain.quality import Disposition
from nlp_service.domain.queue import ListOrder, Stage
from nlp_service.domain.records import Filing, ListFilter, Origin, Outcome
from nlp_service.domain.reviews import Findings
from nlp_service.domain.submission import Kind, Submission
from nlp_service.settings import Settings
from nlp_service.store.opening import Office, Store, open_store

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
            fill(store, options)
            report = {"texts": float(options.texts), **read_sizes(store)}
            report |= measure(store, options.rounds)
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


def fill(store: Store, options: argparse.Namespace) -> None:
    """Fill the store as years of work would."""
    chance = random.Random(options.seed)
    _, texts = gather_texts(options.corpora, 3000, chance)
    bodies = islice(Archive(texts, seed=options.seed), options.texts)
    answers = assess_models()
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


def assess_models() -> Sequence[tuple[Submission, Assessment]]:
    """Return some of our own submissions with what the linear model says of them."""
    assessor = Assessor(dataclasses.replace(read_bundle(BUNDLE), stage=None))
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
                f"list, {name}, {order}", rounds, lambda w=wanted, o=order: ask_list(store, w, o)
            )
        figures |= timed(f"counts, {name}", rounds, lambda w=wanted: ask_counts(store, w))
    figures |= timed("second page, all, urgent", rounds, lambda: ask_second_page(store))
    everything = [value for name, value in figures.items() if name.endswith("p95")]
    return {"ms, the slowest of all, p95": max(everything), **figures}


def timed(name: str, rounds: int, ask: Callable[[], object]) -> Mapping[str, float]:
    """Return a question's milliseconds; the first answer does not count."""
    ask()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        ask()
        times.append(1000 * (time.perf_counter() - start))
    return {f"ms, {name}, p{at}": float(np.percentile(times, at)) for at in (50, 95)}


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
