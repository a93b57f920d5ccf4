"""Read the texts that archives to search in are made of."""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.edited_texts import recombine
from nlp_service.text.normalise import normalise

CORPORA = Path("../shared/corpora")
GOLD = Path("data/gold/gold.jsonl")
HOSTS = 150


def gather_texts(
    corpora: Path, count: int, chance: random.Random
) -> tuple[Sequence[str], Sequence[str]]:
    """Return different texts in no order: some that stay outside, and so many for the archive.

    Both come from the corpora where these are there, else from our own submissions. The archive
    gets made ones where there are not enough.
    """
    files = [*sorted(corpora.glob("proposals_*.jsonl")), *sorted(corpora.glob("mess*.jsonl"))]
    files = files or [GOLD]
    texts = list(dict.fromkeys(text for path in files for text in read_bodies(path)))
    chance.shuffle(texts)
    hosts, texts = texts[:HOSTS], texts[HOSTS : HOSTS + count]
    return hosts, [*texts, *recombine(texts, count - len(texts), chance)]


def gather_strangers(corpora: Path) -> Sequence[str]:
    """Return our own submissions, where the archive is made of others; else nothing.

    Whoever wrote them knew no text of the corpora: what they share is chance.
    """
    return list(read_bodies(GOLD)) if any(corpora.glob("mess*.jsonl")) else []


def read_bodies(path: Path) -> Iterator[str]:
    """Yield the cleaned texts of a file of submissions."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if body := normalise(json.loads(line)["body"] or ""):
            yield body
