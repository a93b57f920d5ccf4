"""What finding and covering personal data costs in a message of 300 characters.

make bench
"""

import json
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from nlp_service.domain.submission import Submission
from nlp_service.text.mask.masker import Masker, read_masker
from nlp_service.text.normalise import Document, clean
from training.privacy import read_cases

LENGTH = 300
MOST = 400
ROUNDS = 5
REPORT = Path("var/reports/masking_speed.json")


def main() -> None:
    """Measure, print and write ``var/reports/masking_speed.json``."""
    masker, documents = read_masker(), messages()
    times = milliseconds(masker, documents)
    report = {
        "texts": len(documents),
        "characters": LENGTH,
        "found a text": sum(len(masker.find(one.text)) for one in documents) / len(documents),
        "p50": float(np.median(times)),
        "p95": float(np.percentile(times, 95)),
        "hostile, ms per 1,000 characters": hostile(masker),
    }
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(f"Masking of a message of {LENGTH} characters, dense with personal data")
    for name, value in report.items():
        print(f"  {name:<34}{value:8.2f}")


def messages() -> Sequence[Document]:
    """Return our own cases, put end to end and cut: more personal data than real mail has."""
    texts = [case.text for case in read_cases()]
    everything = "\n".join(islice(cycle(texts), 10 * len(texts)))
    return [
        clean(Submission(body=everything[start : start + LENGTH]))
        for start in range(0, MOST * LENGTH // 2, LENGTH // 2)
    ]


def milliseconds(masker: Masker, documents: Sequence[Document]) -> "np.ndarray":
    """Return the best of several rounds for each text."""
    rounds = []
    for _ in range(ROUNDS):
        each = []
        for document in documents:
            begun = time.perf_counter()
            masker.mask(document)
            each.append((time.perf_counter() - begun) * 1000)
        rounds.append(each)
    return np.min(rounds, axis=0)


def hostile(masker: Masker) -> float:
    """Return the worst time for a thousand characters of digits, blanks and marks."""
    worst = 0.0
    for piece in ("1", "1 ", "138 0000 ", "3-", "一", "村民张 ", "6228 "):
        text = (piece * 100_000)[:100_000]
        begun = time.perf_counter()
        masker.find(text)
        worst = max(worst, (time.perf_counter() - begun) * 1000 / 100)
    return worst


if __name__ == "__main__":
    main()
