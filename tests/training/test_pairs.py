"""A tiny fit of the pair classifier on own texts, with and without an encoder."""

import itertools
import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from nlp_service.bundle import PAIR_RULES, PAIRS, hash_file, read_bundle
from nlp_service.domain.duplicates import Relation
from nlp_service.duplicates.boilerplate import Boilerplate
from nlp_service.duplicates.shared_wording import compare
from nlp_service.duplicates.wording import read_wording
from nlp_service.text.normalise import Document
from tests.training.conftest import gold_rows, quiet, write_lines
from training.config import read_config
from training.errors import BadConfig, BadCorpus
from training.pairs.config import describes_pairs, read_pairs_config
from training.pairs.figures import best_threshold, measure_retrieval
from training.pairs.fit import fit_pair_classifier
from training.pairs.texts import ReadPairs, read_pairs
from training.prepare import prepare

ROOT = Path(__file__).parents[2]


def write_pairs_config(folder, run, **replaced):
    values = {
        "seed": "3",
        "folds": "2",
        "run": f'"{run}"',
        "pairs": f'"{folder}/pairs.jsonl"',
        "places": f'"{ROOT}/data/duplicates/places.toml"',
        "set_phrases": f'"{ROOT}/data/duplicates/set_phrases.toml"',
        "strength": "0.1",
        **replaced,
    }
    lines = "\n".join(f"{key} = {value}" for key, value in values.items() if value is not None)
    path = folder / "pairs.toml"
    path.write_text(
        f"""{lines}

[embedding]
from_text = 12
from_terms = 8
from_title = 4
title_share = 0.5
evenness = 0.003
least_texts = 3

[made]
texts = 24
weight = 0.5
""",
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="session")
def pairs_folder(corpus_folder, tmp_path_factory):
    """Forty pairs of own texts: those of one subtopic are called related, a few same or copy."""
    folder = tmp_path_factory.mktemp("pairs")
    rows = gold_rows()[:150]
    chance = random.Random(5)
    by_subtopic = sorted(rows, key=lambda row: row["subtopic"])
    alike = [
        (a["id"], b["id"])
        for a, b in itertools.pairwise(by_subtopic)
        if a["subtopic"] == b["subtopic"]
    ][:24]
    strange = [tuple(row["id"] for row in chance.sample(rows, 2)) for _ in range(16)]
    relations = ["related", "same", "copy"] * 8 + ["none"] * 16
    write_lines(
        folder / "pairs.jsonl",
        [
            {"a": a, "b": b, "relation": relation, "confidence": "high"}
            for (a, b), relation in zip([*alike, *strange], relations, strict=False)
        ],
    )
    return folder


@pytest.fixture(scope="session")
def fitted(tiny_bundle, corpus_folder, pairs_folder, tmp_path_factory):
    bundle = shutil.copytree(tiny_bundle, tmp_path_factory.mktemp("bundle") / "tiny")
    config = write_pairs_config(pairs_folder, corpus_folder / "run.toml")
    report = fit_pair_classifier(
        read_pairs_config(config), bundle, quiet, kept=pairs_folder / "kept"
    )
    return bundle, report


def judge(bundle, one, other):
    stage = bundle.pairs
    here, there = (
        stage.reader.read(
            read_wording(document, Boilerplate()),
            embedding=stage.embedder.embed([document])[0] if stage.embedder else None,
        )
        for document in (one, other)
    )
    return stage.model.judge(here, there, compare(here.wording, there.wording))


def test_fit_puts_a_classifier_into_the_bundle_and_changes_nothing_else(fitted, tiny_bundle):
    folder, _ = fitted
    before = json.loads((tiny_bundle / "manifest.json").read_text(encoding="utf-8"))
    after = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))

    assert read_bundle(tiny_bundle).pairs is None
    assert after["files"].pop(PAIRS) == hash_file(folder / PAIRS)
    for rules in ("places.toml", "set_phrases.toml"):
        assert after["files"].pop(f"{PAIR_RULES}/{rules}")
    assert after.pop(PAIR_RULES)["figures"]["pairs"] == 40
    assert after == before


def test_fit_without_an_encoder_tells_copies_from_strangers(fitted):
    bundle = read_bundle(fitted[0])
    text = Document(
        title="路灯", body="青石巷的路灯坏了半个月,晚上漆黑一片,老人摔过两回,请尽快来修好。"
    )
    other = Document(title="补贴", body="稻谷收购价一年比一年低,种粮补贴到现在还没有发到手里。")

    assert bundle.pairs.embedder is None
    assert judge(bundle, text, text).relation is Relation.COPY
    strangers = judge(bundle, text, other).probabilities
    assert max(strangers, key=strangers.__getitem__) is Relation.NONE


def test_report_holds_ours_beside_the_peers_on_the_same_pairs(fitted):
    _, report = fitted
    everything = report.sets[0]
    models = [row.model for row in everything.rows]

    assert everything.count == 40
    assert models[0] == "ours: plain"
    assert "MinHash" in models
    assert next(row.model for row in everything.gains).startswith("gain of ours: plain over TF-IDF")
    assert sum(map(sum, report.ways[0].confusion)) == 40


def test_folds_share_no_text(corpus_folder, pairs_folder):
    config = read_pairs_config(write_pairs_config(pairs_folder, corpus_folder / "run.toml"))
    pairs = read_pairs(config, prepare(read_config(config.run), quiet))
    for fitted_on, left in pairs.folds(2, 3):
        texts = [set(pairs.one[rows]) | set(pairs.other[rows]) for rows in (fitted_on, left)]
        assert not texts[0] & texts[1]
        assert len(left)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"a": "nowhere", "b": "nowhere", "relation": "same"}, "nowhere"),
        ({"a": None, "b": None, "relation": "same"}, "None"),
        ({"relation": "twins"}, "twins"),
    ],
)
def test_pairs_that_do_not_fit_are_refused_by_line(
    corpus_folder, pairs_folder, tmp_path, row, words
):
    good = json.loads((pairs_folder / "pairs.jsonl").read_text(encoding="utf-8").splitlines()[0])
    write_lines(tmp_path / "pairs.jsonl", [good, good | row])
    config = read_pairs_config(write_pairs_config(tmp_path, corpus_folder / "run.toml"))
    with pytest.raises(BadCorpus, match=f"第 2 行.*{words}"):
        read_pairs(config, prepare(read_config(config.run), quiet))


def test_absent_pairs_are_named(corpus_folder, tmp_path):
    config = read_pairs_config(write_pairs_config(tmp_path, corpus_folder / "run.toml"))
    with pytest.raises(BadCorpus, match=r"pairs\.jsonl"):
        read_pairs(config, prepare(read_config(config.run), quiet))


def test_unknown_keys_of_a_configuration_are_errors(corpus_folder, tmp_path):
    path = write_pairs_config(tmp_path, corpus_folder / "run.toml", colour='"red"')
    with pytest.raises(BadConfig, match="colour"):
        read_pairs_config(path)


def test_the_command_knows_which_configuration_is_which(tmp_path):
    assert describes_pairs(ROOT / "configs" / "pairs.toml")
    assert not describes_pairs(ROOT / "configs" / "linear.toml")
    assert read_pairs_config(ROOT / "configs" / "pairs.toml").folds == 5


def test_best_threshold_separates_what_can_be_separated():
    scores, truth = np.array([0.1, 0.4, 0.5, 0.9]), np.array([False, False, True, True])
    assert best_threshold(scores, truth) == 0.5


def test_retrieval_counts_partners_among_the_nearest():
    vectors = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [-1.0, 0.1]])
    pairs = ReadPairs(
        one=np.array([0, 2]),
        other=np.array([1, 3]),
        truth=np.array([3, 2]),
        weights=np.ones(2),
        groups=np.array([0, 1]),
    )
    found = measure_retrieval("vectors", vectors, pairs)
    assert found.recall["copy"]["5"] == 1.0
    assert found.recall["same"]["5"] == 1.0
