"""Speed of the linear path (mode fast) beside jieba + TfidfVectorizer + LinearSVC, in one run.

    make bench

Texts are our own submissions; where the corpora of configs/linear.toml are present, also their
messages. The peer learns topics from the same readers' rows that the bundle was fitted on, as far
as they are present, and both are judged on the test split of our own submissions, which neither
saw. Rounds of ours and the peer's take turns, so that a busy moment hits both.
"""

import json
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jieba
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import f1_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC

from nlp_service.assess import CHUNK, Assessor
from nlp_service.bundle import read_bundle
from nlp_service.domain.submission import Mode, Submission
from training.config import Source, read_config
from training.corpora import read_corpus
from training.examples import Example
from training.metrics import label_figures

ROUNDS = 7
SHORT = 100
"""Characters; most messages typed into a telephone are shorter."""
MOST = 4000
"""Texts of one round."""
GOLD = Path("data/gold/gold.jsonl")
REPORT = Path("var/reports/speed.json")


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Texts a second in the best round of each contender."""

    texts: str
    count: int
    mean_characters: float
    assessments: float
    """Complete assessments from raw text, as the batch route makes them: cleaned, every tag with
    its name, gates quoted."""
    all_tags: float
    """Calibrated probabilities of all ten heads, from cleaned text."""
    peer: float
    """The peer's topic, its only tag, from the same cleaned text."""


def main() -> None:
    """Measure, print and write ``var/reports/speed.json``."""
    assessor = Assessor(read_bundle(Path("models/default")))
    config = read_config(Path("configs/linear.toml"))
    taxonomy = assessor.bundle.taxonomy
    fitted_on = read_corpus(config.source, taxonomy)
    gold_test = read_corpus([Source(name="gold", path=GOLD, split="test")], taxonomy).examples
    for name in fitted_on.skipped:
        print(f"{name} is not here: the peer learns without it, and its texts are not timed")
    peer = fit_peer([example for example in fitted_on.examples if example.labels])
    report = {
        "machine": f"{platform.machine()}, Python {platform.python_version()}",
        "bundle": assessor.bundle.label,
        "single_ms": measure_single(assessor, gold_test),
        "topic_on_gold_test": judge(assessor, peer, gold_test),
        "rates": [
            vars(measure_rates(assessor, peer, name, examples))
            for name, examples in text_sets([*fitted_on.examples, *gold_test])
        ],
    }
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print_report(report)


def text_sets(examples: Sequence[Example]) -> Sequence[tuple[str, Sequence[Example]]]:
    """Return named sets: short texts of each origin, then all of them, up to ``MOST`` each."""
    sets = []
    for name, members in (
        ("messages", [one for one in examples if one.source.startswith("messages")]),
        ("our own", [one for one in examples if one.source == "gold"]),
    ):
        short = [one for one in members if len(one.document.text) <= SHORT]
        sets += [(f"{name}, up to {SHORT} characters", short), (f"{name}, all", members)]
    return [(name, members[:MOST]) for name, members in sets if members]


def fit_peer(examples: Sequence[Example]) -> Pipeline:
    """Fit what most people would build."""
    cutter = jieba.Tokenizer()
    cutter.initialize()
    peer = make_pipeline(
        TfidfVectorizer(tokenizer=cutter.lcut, token_pattern=None, lowercase=False), LinearSVC()
    )
    topics = [example.labels.topic for example in examples if example.labels]
    return peer.fit([example.document.text for example in examples], topics)


def judge(assessor: Assessor, peer: Pipeline, examples: Sequence[Example]) -> dict[str, str]:
    """Return accuracy and macro-F1 of both with their intervals, over texts that neither saw."""
    truth = np.array([example.labels.topic for example in examples if example.labels])
    topics = np.array(assessor.bundle.model.heads["topic"])
    scores = assessor.scores([example.document for example in examples])
    found = {
        "ours": topics[scores.topic.argmax(axis=1)],
        "peer": peer.predict([example.document.text for example in examples]),
    }
    lines = {}
    for name, labels in found.items():
        figures = label_figures(truth, labels, seed=1)
        lines[name] = f"accuracy {figures['accuracy']}, macro-F1 {figures['macro_f1']}"
    difference = f1_score(truth, found["ours"], average="macro", zero_division=0) - f1_score(
        truth, found["peer"], average="macro", zero_division=0
    )
    return {"count": str(len(truth)), **lines, "macro-F1 ours - peer": f"{difference:+.3f}"}


def measure_single(assessor: Assessor, examples: Sequence[Example]) -> dict[str, float]:
    """Return milliseconds of one assessment at the median and the 95th percentile."""
    found = {}
    for name, explain in (("with reasons", True), ("without", False)):
        times = []
        for submission in (as_submission(example) for example in examples):
            start = time.perf_counter()
            assessor.assess(submission, explain=explain, quality=False, mode=Mode.FAST)
            times.append(1000 * (time.perf_counter() - start))
        found[f"p50 {name}"] = statistics.median(times)
        found[f"p95 {name}"] = float(np.percentile(times, 95))
    return found


def measure_rates(
    assessor: Assessor, peer: Pipeline, name: str, examples: Sequence[Example]
) -> Rate:
    """Time the contenders in turns on the same texts."""
    submissions = [as_submission(example) for example in examples]
    documents = [example.document for example in examples]
    texts = [document.text for document in documents]

    def score_all() -> None:
        for start in range(0, len(documents), CHUNK):
            assessor.scores(documents[start : start + CHUNK])

    contenders: dict[str, Callable[[], object]] = {
        "assessments": lambda: list(
            assessor.assess_many(submissions, quality=False, mode=Mode.FAST)
        ),
        "all_tags": score_all,
        "peer": lambda: peer.predict(texts),
    }
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(ROUNDS):
        for contender, work in contenders.items():
            start = time.perf_counter()
            work()
            best[contender] = min(best[contender], time.perf_counter() - start)
    return Rate(
        texts=name,
        count=len(texts),
        mean_characters=sum(map(len, texts)) / len(texts),
        **{contender: len(texts) / seconds for contender, seconds in best.items()},
    )


def as_submission(example: Example) -> Submission:
    """Return the text as it would come in."""
    document = example.document
    return Submission(title=document.title, body=document.body, kind=example.kind)


def print_report(report: dict) -> None:
    """Print the figures as a person reads them."""
    print(f"{report['bundle']} on {report['machine']}")
    for name, value in report["single_ms"].items():
        print(f"  one assessment, {name:<18}{value:8.2f} ms")
    print("  topic on our own test split:")
    for name, value in report["topic_on_gold_test"].items():
        print(f"    {name:<22}{value}")
    print("  texts a second, one process (best of rounds in turns):")
    for rate in report["rates"]:
        print(
            f"    {rate['texts']:<32}{rate['count']:>5} × {rate['mean_characters']:.0f} characters:"
            f" assessments {rate['assessments']:,.0f}, all tags {rate['all_tags']:,.0f},"
            f" peer's topic {rate['peer']:,.0f}"
            f" -> {rate['all_tags'] / rate['peer']:.2f} times the peer"
        )


if __name__ == "__main__":
    main()
