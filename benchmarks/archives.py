"""Read the texts that archives to search in are made of."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.edited_texts import recombine, split
from nlp_service.text.normalise import normalise

CORPORA = Path("../shared/corpora")
GOLD = Path("data/gold/gold.jsonl")
HOSTS = 150
_OWN = 12  # characters


def gather_texts(
    corpora: Path, count: int, chance: random.Random
) -> tuple[Sequence[str], Sequence[str]]:
    """Return different texts in no order: some that stay outside, and so many for the archive.

    Both come from the corpora where these are there, else from our own submissions. Those outside
    have no sentence of any other text, as a new submission mostly has none. The archive gets made
    texts where there are not enough.
    """
    files = [*sorted(corpora.glob("proposals_*.jsonl")), *sorted(corpora.glob("mess*.jsonl"))]
    files = files or [GOLD]
    texts = list(dict.fromkeys(text for path in files for text in read_bodies(path)))
    chance.shuffle(texts)
    said = Counter(sentence for text in texts for sentence in set(_telling(text)))
    hosts = [text for text in texts if all(said[each] == 1 for each in _telling(text))][:HOSTS]
    outside = set(hosts)
    texts = [text for text in texts if text not in outside][:count]
    return hosts, [*texts, *recombine(texts, count - len(texts), chance)]


def _telling(text: str) -> Iterator[str]:
    """Yield the sentences that are long enough to be somebody's own."""
    return (sentence for sentence in split(text) if len(sentence) >= _OWN)


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
