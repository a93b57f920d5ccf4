import dataclasses
import hashlib
import json

import numpy as np
import pytest

from nlp_service.assess import Assessor
from nlp_service.bundle import read_bundle
from nlp_service.domain.submission import Kind, Submission
from training.audit import find_suspects
from training.errors import BadCorpus, ParityFailure
from training.export import check_parity, quantise, write_bundle
from training.fit import fit, train
from training.prepare import prepare
from training.targets import make_targets
from training.thresholds import NEVER, best_f1_from, sure_from, urgent_from

from .conftest import quiet


def digests(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_two_fits_give_the_same_bundle_byte_for_byte(prepared, tiny_bundle, tmp_path):
    fit(prepare(prepared.config, quiet), tmp_path / "tiny", quiet)
    assert digests(tmp_path / "tiny") == digests(tiny_bundle)


def test_written_bundle_serves(tiny_bundle):
    found = Assessor(read_bundle(tiny_bundle)).assess(Submission(body="小区的路灯坏了"))
    assert found.versions.bundle == "tiny-1"


def test_manifest_says_what_it_was_fitted_on(tiny_bundle, corpus_folder):
    manifest = json.loads((tiny_bundle / "manifest.json").read_text(encoding="utf-8"))
    (source,) = manifest["data"]
    texts = (corpus_folder / "texts.jsonl").read_bytes()
    assert source["sha256"] == hashlib.sha256(texts).hexdigest()
    assert (source["rows"], source["read"]) == (210, 150)
    assert manifest["config"]["seed"] == 7
    assert set(manifest["files"]) == set(digests(tiny_bundle)) - {"manifest.json"}


def test_model_card_holds_figures_and_limits(tiny_bundle):
    card = (tiny_bundle / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "## Not for" in card
    assert "议题 topic | 150 |" in card
    chinese = (tiny_bundle / "MODEL_CARD.zh-CN.md").read_text(encoding="utf-8")
    assert "## 不宜用于" in chinese
    assert "| 议题 | 150 |" in chinese


@pytest.fixture(scope="module")
def trained(prepared, validated):
    return train(prepared, validated)


@pytest.fixture
def rest(prepared):
    """What a bundle holds besides the trained parts."""
    return {
        "config": prepared.config,
        "data": [],
        "model_cards": {},
        "check_on": [example.document for example in prepared.examples[:5]],
    }


def test_bundle_that_differs_from_the_trainer_does_not_replace_the_old(
    trained, rest, tiny_bundle, tmp_path, monkeypatch
):
    before = digests(tiny_bundle)
    write_bundle(tmp_path / "good", trained, **rest)
    monkeypatch.setattr(
        "training.export.dequantise", lambda codes, steps: codes * (steps * (1 + 1e-6))
    )
    with pytest.raises(ParityFailure, match="不一致"):
        write_bundle(tiny_bundle, trained, **rest)
    assert digests(tiny_bundle) == before
    assert list(tiny_bundle.parent.iterdir()) == [tiny_bundle]


def test_parity_holds_to_the_ninth_digit_and_notices_a_changed_weight(trained, rest, tmp_path):
    write_bundle(tmp_path / "good", trained, **rest)
    weights = read_bundle(tmp_path / "good").model.weights
    rounded = dataclasses.replace(trained.linear, weights=weights)
    check_parity(tmp_path / "good", dataclasses.replace(trained, linear=rounded), rest["check_on"])
    moved = dataclasses.replace(rounded, intercepts=rounded.intercepts + 1e-6)
    with pytest.raises(ParityFailure):
        check_parity(
            tmp_path / "good", dataclasses.replace(trained, linear=moved), rest["check_on"]
        )


def test_how_sure_a_kind_is_shows_only_where_kinds_are_mixed(prepared):
    archive = [
        dataclasses.replace(example, source="archive", kind=Kind.PROPOSAL)
        for example in prepared.examples[:40]
    ]
    targets = make_targets([*archive, *prepared.examples[40:]], prepared.taxonomy)
    assert targets.telling_rows("kind").min() == 40
    assert targets.rows_of("kind").min() == 0
    assert len(make_targets(archive, prepared.taxonomy).telling_rows("kind")) == 40


def test_rounded_weights_stay_within_half_a_step():
    weights = np.random.default_rng(0).normal(size=(50, 3))
    weights[:, 2] = 0
    codes, steps = quantise(weights)
    assert codes.dtype == np.int8
    assert (np.abs(codes * steps - weights) <= steps / 2 + 1e-12).all()


def test_sure_from_keeps_the_stated_error_rate():
    generator = np.random.default_rng(1)
    probabilities = generator.uniform(size=2000)
    right = generator.uniform(size=2000) < probabilities
    threshold = sure_from(probabilities, right, 0.1)
    sure = probabilities >= threshold
    assert 0.05 < np.mean(~right[sure]) <= 0.1
    assert sure.sum() > 300


def test_sure_from_says_never_when_too_few_are_right():
    assert sure_from(np.full(100, 0.9), np.zeros(100, dtype=bool), 0.1) == NEVER
    assert sure_from(np.full(10, 0.9), np.ones(10, dtype=bool), 0.1) == NEVER


def test_best_f1_from_finds_the_gap():
    probabilities = np.array([[0.9], [0.8], [0.45], [0.3]])
    truth = np.array([[True], [True], [False], [False]])
    assert 0.45 < best_f1_from(probabilities, truth) <= 0.8


def test_audit_lists_planted_wrong_labels_first(prepared, validated):
    targets = prepared.targets
    honest = np.where(targets.truth("topic"), 0.9, 0.1 / 18)
    topic = targets.choice["topic"].copy()
    planted = np.flatnonzero(topic == np.bincount(topic[topic >= 0]).argmax())[:6]
    topic[planted] = (topic[planted] + 1) % 18
    wrong = dataclasses.replace(
        prepared, targets=dataclasses.replace(targets, choice=targets.choice | {"topic": topic})
    )
    scored = dataclasses.replace(
        validated, scores=dataclasses.replace(validated.scores, topic=honest)
    )
    suspects = [one for one in find_suspects(wrong, scored) if one.head == "topic"]
    ids = {prepared.examples[row].id for row in planted}
    assert {suspect.id for suspect in suspects} == ids
    codes = targets.heads["topic"]
    assert {suspect.suggested for suspect in suspects} == {
        codes[targets.choice["topic"][row]] for row in planted
    }


def test_corpus_without_labels_cannot_be_fitted(prepared, corpus_folder):
    source = dataclasses.replace(prepared.config.source[0], labels=None)
    with pytest.raises(BadCorpus, match="标注"):
        prepare(dataclasses.replace(prepared.config, source=[source]), quiet)


def test_urgent_from_misses_at_most_the_stated_share():
    probabilities = np.random.default_rng(2).uniform(size=500)
    threshold = urgent_from(probabilities, 0.3)
    assert 0.28 < np.mean(probabilities < threshold) <= 0.3
