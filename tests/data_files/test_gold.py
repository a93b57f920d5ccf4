import json
from collections import Counter
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def gold():
    lines = (DATA / "gold" / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_gold_covers_topics_gates_requests_and_urgency(gold):
    topics = Counter(row["topic"] for row in gold)
    assert len(topics) == 19 and min(topics.values()) >= 12
    gates = Counter(gate for row in gold for gate in row["gates"])
    assert len(gates) == 13 and min(gates.values()) >= 4
    assert {row["request"] for row in gold} == {
        "suggest",
        "ask",
        "help",
        "complain",
        "report",
        "thank",
        "other",
    }
    assert {row["urgency"] for row in gold} == {1, 2, 3, 4}


def test_gold_evidence_is_quoted_from_the_text(gold):
    for row in gold:
        assert row["evidence"] in row["title"] + row["body"]


def test_gold_holds_no_near_copies(gold):
    grams = []
    for row in gold:
        dense = "".join((row["title"] + row["body"]).split())
        grams.append({dense[n : n + 8] for n in range(len(dense) - 7)})
    for n, one in enumerate(grams):
        for other in grams[:n]:
            assert len(one & other) <= 0.2 * max(1, min(len(one), len(other)))
