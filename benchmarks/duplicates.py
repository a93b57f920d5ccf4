"""How surely copied wording is found, and how fast, beside rensa and datasketch, in one run.

    make bench, or: python -m benchmarks.duplicates --texts 5000 --queries 60

Texts are those of ../shared/corpora where it is there, else our own submissions and texts made of
their sentences. Recall@5 is the share of a copy's sources among the five best. The peers are asked
as their manuals say: MinHash with 128 permutations over strings of five letters, LSH, best first by
estimated Jaccard; both for near-copies (threshold 0.5) and for as little as they can (0.1).
"""

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from datasketch import MinHash, MinHashLSH
from rensa import RMinHash, RMinHashLSH

from benchmarks.archives import CORPORA, gather_strangers, gather_texts
from benchmarks.edited_texts import KINDS, Maker, Query
from nlp_service.duplicates.boilerplate import Boilerplate, learn_boilerplate, read_set_phrases
from nlp_service.duplicates.copies import Copy, find_copies
from nlp_service.duplicates.letters import find_letters
from nlp_service.duplicates.memory_index import MemoryWordingIndex
from nlp_service.duplicates.wording import Wording, read_wording
from nlp_service.text.normalise import Document

SET_PHRASES = Path("data/duplicates/set_phrases.toml")
REPORT = Path("var/reports/duplicates.json")
ASKED = 5
_NEAR = 5  # characters
_TENTH = 0.1
PERMUTATIONS, GRAM = 128, 5


class Finder(Protocol):
    """A contender."""

    def add(self, id: str, text: str) -> None:
        """Add a text to the archive."""

    def find(self, text: str) -> Sequence[str]:
        """Return the ids of the five best."""


class Fingerprints:
    """Ours: asks the index, then compares letter by letter."""

    def __init__(self, *, compared: bool) -> None:
        """Rank by the comparison, or by the index alone."""
        self.index, self.documents = MemoryWordingIndex(), dict[str, Document]()
        self.compared, self.boilerplate = compared, Boilerplate()

    def add(self, id: str, text: str) -> None:
        """Add a text to the archive."""
        self.documents[id] = Document(title="", body=text)
        self.index.add(id, self.read(id).fingerprints)

    def read(self, id: str) -> Wording:
        """Read a text of the archive, anew each time, as the service does."""
        return read_wording(self.documents[id], self.boilerplate)

    def learn(self) -> None:
        """Learn what is boilerplate, once all texts are there."""
        texts = (("", self.read(id).grams) for id in self.documents)
        self.boilerplate = learn_boilerplate(self.index, texts, read_set_phrases(SET_PHRASES))

    def find(self, text: str) -> Sequence[str]:
        """Return the ids of the five best."""
        if self.compared:
            return [copy.id for copy in self.copies(text)]
        return [each.id for each in self.index.candidates(self.ask(text).asked, limit=ASKED)]

    def copies(self, text: str, *, limit: int = ASKED) -> Sequence[Copy]:
        """Return what is shown to somebody who hands in this text."""
        return find_copies(self.ask(text), self.index, self.read, limit=limit)

    def largest_share(self, text: str) -> float:
        """Return how much of the text's own letters the best copy has; 0 without one."""
        found = self.copies(text, limit=1)
        return found[0].shared.query.own if found else 0.0

    def ask(self, text: str) -> Wording:
        """Read a text that is asked for."""
        return read_wording(Document(title="", body=text), self.boilerplate)


class Rensa:
    """R-MinHash with LSH."""

    def __init__(self, *, threshold: float, bands: int) -> None:
        """Begin without texts."""
        self.lsh = RMinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, num_bands=bands)
        self.sketches: list[RMinHash] = []
        self.ids: list[str] = []

    def sketch(self, text: str) -> RMinHash:
        """Return the sketch of a text."""
        sketch = RMinHash(num_perm=PERMUTATIONS, seed=1)
        sketch.update(sorted(grams(text)))
        return sketch

    def add(self, id: str, text: str) -> None:
        """Add a text to the archive."""
        sketch = self.sketch(text)
        self.lsh.insert(len(self.ids), sketch)
        self.sketches.append(sketch)
        self.ids.append(id)

    def find(self, text: str) -> Sequence[str]:
        """Return the ids of the five best."""
        asked = self.sketch(text)
        found = sorted(self.lsh.query(asked), key=lambda n: -asked.jaccard(self.sketches[n]))
        return [self.ids[n] for n in found[:ASKED]]


class Datasketch:
    """MinHash with LSH."""

    def __init__(self, *, threshold: float) -> None:
        """Begin without texts."""
        self.lsh = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
        self.sketches: dict[str, MinHash] = {}

    def sketch(self, text: str) -> MinHash:
        """Return the sketch of a text."""
        sketch = MinHash(num_perm=PERMUTATIONS, seed=1)
        sketch.update_batch([gram.encode() for gram in grams(text)])
        return sketch

    def add(self, id: str, text: str) -> None:
        """Add a text to the archive."""
        self.sketches[id] = self.sketch(text)
        self.lsh.insert(id, self.sketches[id])

    def find(self, text: str) -> Sequence[str]:
        """Return the ids of the five best."""
        asked = self.sketch(text)
        found = sorted(self.lsh.query(asked), key=lambda id: -asked.jaccard(self.sketches[id]))
        return found[:ASKED]


def grams(text: str) -> set[str]:
    """Return the strings of five letters of a text, marks and blanks left out."""
    letters = "".join(map(chr, find_letters(text)[0].tolist()))
    return {letters[n : n + GRAM] for n in range(max(1, len(letters) - GRAM + 1))}


def main() -> None:
    """Measure, print and write ``var/reports/duplicates.json``."""
    options = read_options()
    chance = random.Random(options.seed)
    hosts, texts = gather_texts(options.corpora, options.texts, chance)
    archive = {f"t{n}": text for n, text in enumerate(texts)}
    queries = make_queries(archive, hosts, options.queries, chance)
    contenders: dict[str, Callable[[], Finder]] = {
        "ours": lambda: ours,
        "ours, index alone": lambda: Fingerprints(compared=False),
        "rensa 0.5": lambda: Rensa(threshold=0.5, bands=32),
        "rensa 0.1": lambda: Rensa(threshold=0.1, bands=64),
        "datasketch 0.5": lambda: Datasketch(threshold=0.5),
        "datasketch 0.1": lambda: Datasketch(threshold=0.1),
    }
    ours = Fingerprints(compared=True)
    report = {
        "texts": len(archive),
        "median_characters": int(np.median([len(text) for text in archive.values()])),
        "queries_of_each_kind": options.queries,
        "contenders": {
            name: measure(make(), archive, queries) for name, make in contenders.items()
        },
    }
    report["spans_exact"] = measure_spans(ours, queries)
    report["share_of_new_texts"] = measure_new(ours, hosts)
    strangers = gather_strangers(options.corpora)
    report["strangers"] = {"texts": len(strangers), **measure_strangers(ours, strangers)}
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print_report(report)


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=5000, help="size of the archive")
    parser.add_argument("--queries", type=int, default=60, help="made copies of each kind")
    parser.add_argument("--corpora", type=Path, default=CORPORA)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def make_queries(
    archive: dict[str, str], hosts: Sequence[str], count: int, chance: random.Random
) -> dict[str, list[Query]]:
    """Make copies of each kind, each of other texts."""
    maker = Maker(texts=archive, hosts=hosts, random=chance)
    count = min(count, len(maker.long))
    return {
        kind: [maker.make(kind, id) for id in chance.sample(maker.long, count)]
        for kind in [*KINDS, "stitched from two"]
    }


def measure(
    finder: Finder, archive: dict[str, str], queries: dict[str, list[Query]]
) -> dict[str, float]:
    """Return recall@5 of each kind of copy, and times."""
    start = time.perf_counter()
    for id, text in archive.items():
        finder.add(id, text)
    figures = {"ms to add a text": 1000 * (time.perf_counter() - start) / len(archive)}
    if isinstance(finder, Fingerprints):
        finder.learn()
    times, found = [], defaultdict[str, list[float]](list)
    for kind, made in queries.items():
        for query in made:
            start = time.perf_counter()
            answer = finder.find(query.text)
            times.append(1000 * (time.perf_counter() - start))
            hits = len(set(answer) & set(query.sources))
            found[kind].append(hits / len(query.sources))
    figures |= {kind: float(np.mean(recalls)) for kind, recalls in found.items()}
    figures |= {
        "ms a query, median": float(np.median(times)),
        "ms a query, p95": float(np.percentile(times, 95)),
    }
    return figures


def measure_spans(finder: Fingerprints, queries: dict[str, list[Query]]) -> dict[str, float]:
    """Return of which share of the parts copied as they are both ends are found to the letter.

    To five characters, that is; marks at the ends belong to no shared run.
    """
    exact: dict[str, float] = {}
    for kind, made in queries.items():
        near = [ends_found(finder, query) for query in made if query.copied]
        if near:
            exact[kind] = float(np.mean(near))
    return exact


def ends_found(finder: Fingerprints, query: Query) -> bool:
    """Say whether the copied part's first and last letters are those of the runs that are shown."""
    assert query.copied
    spans = [
        run.query
        for copy in finder.copies(query.text)
        if copy.id in query.sources
        for passage in copy.shared.passages
        for run in passage.runs
    ]
    if not spans:
        return False
    start, end = min(span.start for span in spans), max(span.end for span in spans)
    return max(abs(start - query.copied[0]), abs(end - query.copied[1])) <= _NEAR


def measure_strangers(finder: Fingerprints, texts: Sequence[str]) -> dict[str, float]:
    """Return how many texts that share nothing but chance are shown a copy, and how large."""
    shown = np.array([finder.largest_share(text) for text in texts])
    return {
        "shown a passage": int((shown > 0).sum()),
        "a tenth or more shared": int((shown >= _TENTH).sum()),
        "largest share": float(shown.max(initial=0.0)),
    }


def measure_new(finder: Fingerprints, texts: Sequence[str]) -> dict[str, float]:
    """Return how much wording texts from outside share with the archive: most of them none."""
    shares = [finder.largest_share(text) for text in texts]
    return {
        name: float(np.percentile(shares, n))
        for name, n in (("median", 50), ("p80", 80), ("p90", 90))
    }


def print_report(report: dict) -> None:
    """Print the figures as a person reads them."""
    contenders = report["contenders"]
    print(
        f"{report['texts']} texts, {report['median_characters']} characters at the median,"
        f" {report['queries_of_each_kind']} copies of each kind; recall@{ASKED}, then times"
    )
    print(" " * 24 + "".join(f"{name:>19}" for name in contenders))
    for row in next(iter(contenders.values())):
        print(f"{row:<24}" + "".join(f"{each[row]:>19.3f}" for each in contenders.values()))
    for kind, share in report["spans_exact"].items():
        print(f"Both ends found to {_NEAR} characters, {kind}: {share:.3f}")
    strangers = report["strangers"]
    print(
        f"Of {strangers['texts']} texts that have nothing to do with any of these,"
        f" {strangers['shown a passage']} are shown a shared passage,"
        f" {strangers['a tenth or more shared']} one of a tenth or more of the text"
        f" (largest {strangers['largest share']:.3f})"
    )
    new = report["share_of_new_texts"]
    print(
        f"What texts without a sentence of these share with one of them: median"
        f" {new['median']:.3f}, p80 {new['p80']:.3f}, p90 {new['p90']:.3f}"
    )


if __name__ == "__main__":
    main()
