"""What the encoder costs: a single text, the three modes over many, and the memory of the service.

A single text is assessed with its quality, as the service does it; the modes are compared by tags.

    make bench

Texts are our own submissions; where the corpora of configs/encoder-cpu.toml are present, their
messages. The bundle was fitted on these, so it doubts next to none of them: for ``auto`` it is told
to read the most doubtful, as many as it read of those of the same source when they were held out.
What ``auto`` loses in agreement the report of the cross-validation says.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.speed import GOLD, as_submission
from nlp_service.assess import Assessor
from nlp_service.bundle import read_bundle
from nlp_service.domain.submission import Mode, Submission
from training.config import Source, read_config
from training.corpora import read_corpus
from training.examples import Example

LENGTH = 300
"""Characters of the text whose latency is measured."""
SINGLES = 300
ROUNDS = 3
MOST = 1000
"""Texts of one round: a thousand take the encoder half a minute."""
REPORT = Path("var/reports/cascade.json")


def main() -> None:
    """Measure, print and write ``var/reports/cascade.json``."""
    assessor = Assessor(read_bundle(Path("models/default")))
    if assessor.bundle.stage is None:
        print(f"{assessor.bundle.label} has no encoder: nothing to measure here")
        return
    taxonomy = assessor.bundle.taxonomy
    gold = read_corpus([Source(name="gold", path=GOLD)], taxonomy).examples
    corpora = read_corpus(read_config(Path("configs/encoder-cpu.toml")).source, taxonomy)
    messages = [one for one in corpora.examples if one.source.startswith("messages")]
    report = {
        "bundle": assessor.bundle.label,
        "single": measure_single(assessor, cut_texts(gold)),
        "modes": measure_modes(reading_its_share(assessor, messages or gold), messages or gold),
        "serving_process_mb": measure_memory(gold),
    }
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print_report(report)


def cut_texts(examples: Sequence[Example]) -> Sequence[Submission]:
    """Return texts of exactly ``LENGTH`` characters: our own, put end to end and cut."""
    everything = "".join(example.document.body for example in examples)
    return [
        Submission(body=everything[start : start + LENGTH])
        for start in range(0, len(everything) - LENGTH, LENGTH)
    ][:SINGLES]


def reading_its_share(assessor: Assessor, examples: Sequence[Example]) -> Assessor:
    """Return one that in ``auto`` reads the share of these texts that it read held out."""
    bundle = assessor.bundle
    assert bundle.stage is not None
    encoder, source = bundle.manifest["encoder"], examples[0].source
    share = encoder["read_in_auto"].get(source, bundle.manifest["config"]["encoder"]["auto_share"])
    topics = assessor.scores([example.document for example in examples], Mode.FAST).topic
    read_from = float(np.quantile(bundle.stage.doubt.of(topics), 1.0 - share))
    doubt = replace(bundle.stage.doubt, read_from=read_from)
    return Assessor(replace(bundle, stage=replace(bundle.stage, doubt=doubt)))


def measure_single(assessor: Assessor, submissions: Sequence[Submission]) -> dict[str, float]:
    """Return milliseconds of one ``accurate`` assessment, with its reasons and without."""
    found: dict[str, float] = {"texts": len(submissions), "characters": LENGTH}
    for name, explain in (("with reasons", True), ("without", False)):
        times = []
        for submission in submissions:
            start = time.perf_counter()
            assessor.assess(submission, explain=explain, mode=Mode.ACCURATE)
            times.append(1000 * (time.perf_counter() - start))
        found[f"p50 {name}"] = float(np.percentile(times, 50))
        found[f"p95 {name}"] = float(np.percentile(times, 95))
    return found


def measure_modes(assessor: Assessor, examples: Sequence[Example]) -> dict[str, float | str]:
    """Return texts a second in each mode, rounds in turns, and what share ``auto`` had read."""
    chosen = np.random.default_rng(1).permutation(len(examples))[:MOST]
    submissions = [as_submission(examples[place]) for place in chosen]
    best = dict.fromkeys(Mode, float("inf"))
    read = 0
    for _ in range(ROUNDS):
        for mode in Mode:
            start = time.perf_counter()
            found = list(assessor.assess_many(submissions, quality=False, mode=mode))
            best[mode] = min(best[mode], time.perf_counter() - start)
            if mode is Mode.AUTO:
                read = sum(one.topic.path == "combined" for one in found)
    rates: dict[str, float | str] = {
        "source": examples[0].source,
        "texts": len(submissions),
        **{mode.value: len(submissions) / seconds for mode, seconds in best.items()},
    }
    return rates | {
        "auto read": read / len(submissions),
        "auto : accurate": best[Mode.ACCURATE] / best[Mode.AUTO],
    }


def measure_memory(examples: Sequence[Example]) -> dict[str, float]:
    """Start the service, let it answer singles and batches, and read what it held at most."""
    program = str(Path(sys.executable).with_name("nlp-service"))
    made = subprocess.check_output([program, "keys", "add", "benchmark", "--days", "1"], text=True)
    key = next(word for word in made.split() if word.startswith("nlp_"))
    command = [program, "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        said = (re.search(r"http://\S+/", line) for line in server.stdout)
        url = next(match.group() for match in said if match)
        started = resident_mb(server.pid)
        texts = [{"title": e.document.title, "body": e.document.body} for e in examples]
        for text in texts[:100]:
            ask(f"{url}v1/assessments", key, text)
        for start in range(0, len(texts), 200):
            batch = {"submissions": texts[start : start + 200]}
            ask(f"{url}v1/assessments:batch", key, batch)
            ask(f"{url}v1/assessments:batch?mode=accurate", key, batch)
        now, most = resident_mb(server.pid), peak_mb(server.pid)
        os.kill(server.pid, signal.SIGINT)
    return {"after start": started, "now": now, "most": most}


def ask(url: str, key: str, body: object) -> None:
    """Post JSON and read the answer."""
    data = json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(url, data, headers)
    urllib.request.urlopen(request).read()


def resident_mb(pid: int) -> float:
    """Return the process's resident memory."""
    return _status(pid, "VmRSS")


def peak_mb(pid: int) -> float:
    """Return the most that the process ever held."""
    return _status(pid, "VmHWM")


def _status(pid: int, key: str) -> float:
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(re.findall(rf"{key}:\s+(\d+)", text)[0]) / 1024


def print_report(report: dict) -> None:
    """Print the figures as a person reads them."""
    single, modes, memory = report["single"], report["modes"], report["serving_process_mb"]
    print(f"{report['bundle']}, accurate, {single['texts']} texts of {LENGTH} characters")
    for name in ("with reasons", "without"):
        p50, p95 = single[f"p50 {name}"], single[f"p95 {name}"]
        print(f"  one assessment {name:<14} p50 {p50:6.1f} ms, p95 {p95:6.1f} ms")
    print(
        f"  {modes['texts']} of {modes['source']}, texts a second: fast {modes['fast']:,.0f},"
        f" accurate {modes['accurate']:,.1f}, auto {modes['auto']:,.1f}"
        f" = {modes['auto : accurate']:.2f} times accurate ({modes['auto read']:.1%} read)"
    )
    print("  serving process: " + ", ".join(f"{name} {mb:.0f} MB" for name, mb in memory.items()))


if __name__ == "__main__":
    main()
