"""What the quality part adds to an assessment of a proposal of 1,500 characters.

make bench
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks.speed import GOLD
from nlp_service.assess import Assessor
from nlp_service.bundle import read_bundle
from nlp_service.domain.submission import Kind, Mode, Submission
from training.config import Source
from training.corpora import read_corpus

LENGTH = 1500
"""Characters of a proposal as long as most rules allow."""
MOST = 60
ROUNDS = 5
REPORT = Path("var/reports/quality_speed.json")


def main() -> None:
    """Measure, print and write ``var/reports/quality_speed.json``."""
    assessor = Assessor(read_bundle(Path("models/default")))
    if assessor.bundle.quality is None:
        print(f"{assessor.bundle.label} judges no quality: nothing to measure here")
        return
    proposals = long_proposals(assessor)
    times = {
        name: milliseconds(proposals, assess(assessor, quality=quality))
        for name, quality in (("with quality", True), ("without", False))
    }
    report = {
        "bundle": assessor.bundle.label,
        "texts": len(proposals),
        "characters": LENGTH,
        **{f"p50 {name}": float(np.median(each)) for name, each in times.items()},
        "p50 added": float(np.median(times["with quality"] - times["without"])),
        "p95 added": float(np.percentile(times["with quality"] - times["without"], 95)),
    }
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"Quality of a proposal of {LENGTH} characters, {report['bundle']}, mode fast")
    for name in ("p50 with quality", "p50 without", "p50 added", "p95 added"):
        print(f"  {name:<18}{report[name]:8.2f} ms")


def long_proposals(assessor: Assessor) -> Sequence[Submission]:
    """Return our own proposals, each put end to end with the next ones and cut."""
    examples = read_corpus([Source(name="gold", path=GOLD)], assessor.bundle.taxonomy).examples
    bodies = [each.document.body for each in examples if each.kind is Kind.PROPOSAL]
    everything = "\n".join(bodies)
    return [
        Submission(
            title="关于此事的建议", body=everything[start : start + LENGTH], kind=Kind.PROPOSAL
        )
        for start in range(0, len(everything) - LENGTH, LENGTH)
    ][:MOST]


def assess(assessor: Assessor, *, quality: bool) -> Callable[[Submission], object]:
    """Return what is timed: the linear path alone, with or without quality."""
    return lambda submission: assessor.assess(
        submission, explain=False, quality=quality, mode=Mode.FAST
    )


def milliseconds(
    submissions: Sequence[Submission], call: Callable[[Submission], object]
) -> np.ndarray:
    """Return the best of a few rounds for each text."""
    best = np.full(len(submissions), np.inf)
    for _ in range(ROUNDS):
        for place, submission in enumerate(submissions):
            start = time.perf_counter()
            call(submission)
            best[place] = min(best[place], 1000 * (time.perf_counter() - start))
    return best


if __name__ == "__main__":
    main()
