"""Prove that the light install alone serves: `make check-light` runs this in its environment.

No pytest here: the light set does not have it. Every module of the service is imported, every
command is run, and every kind of route is asked once, over HTTP.
"""

import importlib
import importlib.util
import json
import os
import pkgutil
import re
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import nlp_service

ROOT = Path(__file__).parents[1]
SCOPES = ("assess", "read", "file", "metrics")
HEAVY = ("torch", "sklearn", "transformers", "datasets", "jieba", "pyarrow", "ray", "pytest")
COMMAND = Path(sys.executable).with_name("nlp-service")


def main() -> None:
    """Fail at the first thing that does not work without the heavy packages."""
    present = [name for name in HEAVY if importlib.util.find_spec(name)]
    if present:
        raise SystemExit(f"not a light environment: {present} can be imported")
    modules = [found.name for found in pkgutil.walk_packages(nlp_service.__path__, "nlp_service.")]
    for name in modules:
        importlib.import_module(name)
    run("--version")
    run("models")
    run("check", "data/samples/samples.jsonl")
    score_samples()
    import_samples()
    answers = ask_a_running_service()
    sys.stdout.write(f"light: {len(modules)} modules, 6 commands, {answers} routes\n")


def run(*arguments: str, data: str = "var") -> str:
    """Run a command of the service to its end; return what it said."""
    done = subprocess.run(
        [COMMAND, *arguments],
        cwd=ROOT,
        env={**os.environ, "NLP_DATA": data},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


def score_samples() -> None:
    """Score the sample submissions and count the lines."""
    samples = ROOT / "data" / "samples" / "samples.jsonl"
    with tempfile.TemporaryDirectory() as folder:
        scored = Path(folder) / "scored.jsonl"
        run("score", str(samples), "-o", str(scored), "--explain")
        lines = scored.read_text(encoding="utf-8").splitlines()
    expected = len(samples.read_text(encoding="utf-8").splitlines())
    if len(lines) != expected or not all("topic" in json.loads(line) for line in lines):
        raise SystemExit(f"{len(lines)} lines of {expected} were scored")


def import_samples() -> None:
    """Import the sample submissions into an empty embedded database, and count what is there."""
    from nlp_service.settings import Settings
    from nlp_service.store.opening import open_store

    samples = ROOT / "data" / "samples" / "samples.jsonl"
    with tempfile.TemporaryDirectory() as folder:
        run("import", str(samples), "--source", "samples", "--mode", "fast", data=folder)
        with open_store(Settings(data=Path(folder))) as store, store.reading() as office:
            stored = len(office.submissions.list(limit=500).items)
    if stored != len(samples.read_text(encoding="utf-8").splitlines()):
        raise SystemExit(f"{stored} samples were stored")


def ask_a_running_service() -> int:
    """Start the service on a free port, ask its routes, stop it; return how many."""
    with tempfile.TemporaryDirectory() as folder, serve(folder) as service:
        try:
            said = ""
            while "curl" not in said and (line := service.stdout.readline()):
                said += line
            url = re.search(r"http://\S+?(?=/)", said).group()
            scopes = [part for one in SCOPES for part in ("--scope", one)]
            made = run("keys", "add", "light", *scopes, data=folder)
            key = re.search(r"nlp_\w{8}_\S+", made).group()
            one = {"body": "小区门口的路灯坏了半个月，晚上出门很不安全，请尽快维修。"}
            answer = json.loads(ask(f"{url}/v1/assessments", key, one))
            if not answer["topic"]["code"] or not answer["stored"]["created"]:
                raise SystemExit("no topic came back, or nothing was stored")
            batch = {"submissions": [one]}
            if json.loads(ask(f"{url}/v1/assessments:batch", key, batch))["failed"]:
                raise SystemExit("the batch failed")
            paths = ["/", "/healthz", "/readyz", "/metrics", "/v1/taxonomy", "/openapi.json"]
            paths += ["/v1/submissions", "/v1/submissions/1", "/v1/imports"]
            for path in paths:
                ask(url + path, key)
        finally:
            service.terminate()
    return len(paths) + 2


def serve(data: str) -> "subprocess.Popen[str]":
    """Start the service on a free port, with its database in a folder."""
    return subprocess.Popen(
        [COMMAND, "serve", "--port", "0"],
        cwd=ROOT,
        env={**os.environ, "NLP_DATA": data},
        stdout=subprocess.PIPE,
        text=True,
    )


def ask(url: str, key: str, body: object = None) -> bytes:
    """Return the answer; raises where its status is not 2xx."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(url, data, headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return bytes(answer.read())


if __name__ == "__main__":
    main()
