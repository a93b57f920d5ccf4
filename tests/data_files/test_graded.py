import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "data" / "gold" / "quality"
VERSIONS = ("slogans", "problem", "suggestion", "complete")
TRICKS = {"padded", "figures", "headings", "repeated", "elsewhere"}
WEIGHTS = {"Q1": 15, "Q2": 25, "Q3": 15, "Q4": 20, "Q5": 15, "Q6": 10}
LONGEST_SHARED = 20


def read(name):
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def graded():
    return read("graded.jsonl")


@pytest.fixture(scope="module")
def adversaries():
    return read("adversaries.jsonl")


def score(levels):
    """Return the rubric's total of levels that a writer gave."""
    total = sum(WEIGHTS[dimension] * level / 4 for dimension, level in levels.items())
    total = min(total, 40) if levels["Q4"] == 0 else total
    return min(total, 59) if levels["Q2"] == 0 else total


def test_every_matter_is_written_four_times(graded):
    matters = Counter((row["matter"], row["version"]) for row in graded)
    assert len({matter for matter, _ in matters}) >= 30
    assert matters == Counter(
        {(matter, version): 1 for matter, _ in matters for version in VERSIONS}
    )


def test_better_versions_have_better_levels(graded):
    scores = {(row["matter"], row["version"]): score(row["levels"]) for row in graded}
    for matter in {row["matter"] for row in graded}:
        series = [scores[matter, version] for version in VERSIONS]
        assert all(worse < better for worse, better in pairwise(series))


def test_versions_of_a_matter_share_no_sentences(graded):
    for matter in {row["matter"] for row in graded}:
        texts = [row["body"] for row in graded if row["matter"] == matter]
        runs = [
            {text[n : n + LONGEST_SHARED] for n in range(len(text) - LONGEST_SHARED + 1)}
            for text in texts
        ]
        for n, one in enumerate(runs):
            assert not any(one & other for other in runs[:n])


def test_every_adversary_has_a_twin_that_is_no_worse(graded, adversaries):
    twins = {row["id"]: row for row in graded}
    assert {row["trick"] for row in adversaries} == TRICKS
    for row in adversaries:
        assert score(row["levels"]) <= score(twins[row["twin"]]["levels"])
