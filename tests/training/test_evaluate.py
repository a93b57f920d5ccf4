import dataclasses
import json

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score, f1_score

from training import compare
from training.compare import compare_with_peers
from training.cross_validate import cross_validate, make_report
from training.errors import BadCorpus
from training.evaluate import evaluate
from training.metrics import (
    choice_figures,
    label_figures,
    macro_f1,
    ranked_gains,
    risk_coverage,
    several_figures,
)
from training.report import table_lines, write_report

from .conftest import ROOT, gold_rows, quiet, write_lines


@pytest.fixture(scope="module")
def report(tiny_bundle):
    gold = ROOT / "data" / "gold"
    return evaluate(
        tiny_bundle,
        gold / "gold.jsonl",
        labels=[gold / "second_reader.jsonl"],
        split="test",
        date="2026-01-01",
    )


def test_evaluate_measures_every_tag_against_each_reader(report):
    assert [found.name for found in report.sets] == [
        "gold, labels in the file",
        "gold, reader second_reader",
    ]
    for found in report.sets:
        heads = {head.head: head for head in found.heads}
        assert {"topic", "subtopic", "lead_unit", "request", "urgency", "gates"} <= set(heads)
        assert {"accuracy", "macro_f1", "top2", "top3", "kappa", "ece"} == set(
            heads["topic"].figures
        )
        for head in found.heads:
            for name, figure in head.figures.items():
                assert 0.0 <= figure.low <= figure.high <= 1.0 or name == "kappa"
                # The calibration error of a resample is larger than that of the whole:
                # its interval may lie above the value, every other one holds it.
                if name != "ece":
                    assert figure.low - 1e-9 <= figure.value <= figure.high + 1e-9, (
                        head.head,
                        name,
                    )


def test_evaluate_says_how_well_the_readers_agree(report):
    assert any("agree with each other" in note and "topic κ" in note for note in report.notes)


def test_evaluate_warns_when_the_bundle_saw_the_rows(tiny_bundle, corpus_folder):
    report = evaluate(
        tiny_bundle,
        corpus_folder / "texts.jsonl",
        labels=[corpus_folder / "labels.jsonl"],
        date="2026-01-01",
    )
    assert any("fitted on these rows" in note for note in report.notes)


def test_evaluate_without_labels_says_what_to_do(tiny_bundle, corpus_folder):
    with pytest.raises(BadCorpus, match="--labels"):
        evaluate(tiny_bundle, corpus_folder / "texts.jsonl", date="2026-01-01")


def test_report_files_hold_figures_and_no_text(report, tmp_path):
    write_report(report, tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    topic = data["sets"][0]["heads"][0]
    assert topic["head"] == "topic"
    assert f"{topic['figures']['accuracy']['value']:.3f}" in page
    assert page.count("<svg") > 10
    assert topic["worst"][0]["id"] in page
    everything = page + json.dumps(data, ensure_ascii=False)
    assert not any(row["body"][:20] in everything for row in gold_rows())


def test_report_prints_one_line_a_head(report):
    lines = table_lines(report)
    assert sum(line.lstrip().startswith("topic ") for line in lines) == 2


def test_peers_are_measured_on_the_same_rows(prepared, validated):
    comparisons = compare_with_peers(prepared, validated, quiet)
    of_type = {row.model: row for row in comparisons if row.task == "small: type"}
    models = {"ours: linear", "ours: map", "ours: joined", "peer: words", "peer: words+chars"}
    gains = {f"gain of ours: joined over {name}" for name in models - {"ours: joined"}}
    assert set(of_type) == models | gains
    assert {row.count for row in of_type.values()} == {210}
    joined = of_type["ours: joined"].figures
    assert joined["top2"].value >= joined["accuracy"].value > 0.5
    gain = of_type["gain of ours: joined over peer: words"].figures["accuracy"]
    assert gain.value == pytest.approx(
        joined["accuracy"].value - of_type["peer: words"].figures["accuracy"].value
    )
    sectors = {row.model: row for row in comparisons if row.task == "small: sectors"}
    assert sectors["ours: linear"].figures["micro_f1"].value > 0.3
    leads = {row.model: row for row in comparisons if row.task == "small: lead_unit"}
    peer = leads["peer: words"].figures
    assert peer["top3"].value > peer["accuracy"].value > 0.1
    lines = table_lines(make_report(prepared, validated, comparisons))
    assert any("peer: words+chars" in line for line in lines)


def test_no_figure_is_taken_against_further_labels(prepared, monkeypatch):
    measured = prepared.targets.measured.copy()
    measured[::2] = False
    targets = dataclasses.replace(prepared.targets, measured=measured)
    run = dataclasses.replace(prepared, targets=targets)
    found = cross_validate(run, quiet)
    assert {one.count for one in found.sets} == {measured.sum()}
    monkeypatch.setattr(compare, "TASKS", ("request",))
    rows = compare.compare_with_peers(run, found, quiet)
    assert {row.count for row in rows if row.task == "small: request"} == {measured.sum()}


def test_choice_figures_agree_with_scikit_learn():
    generator = np.random.default_rng(0)
    truth = generator.integers(0, 4, 300)
    guess = np.where(generator.uniform(size=300) < 0.7, truth, generator.integers(0, 4, 300))
    probabilities = np.where(guess[:, None] == np.arange(4), 0.7, 0.1)
    figures = choice_figures(probabilities, truth, ordered=True, seed=0)
    assert figures["accuracy"].value == (truth == guess).mean()
    assert figures["kappa"].value == cohen_kappa_score(truth, guess, weights="quadratic")
    assert figures["ece"].value == pytest.approx(abs(0.7 - (truth == guess).mean()))


def test_quick_macro_f1_is_scikit_learns():
    generator = np.random.default_rng(3)
    truth, guess = generator.integers(0, 9, (2, 60))
    expected = f1_score(truth, guess, average="macro", zero_division=0)
    assert macro_f1(truth, guess, 12) == pytest.approx(expected)


def test_gain_is_the_difference_of_two_models_on_the_same_texts():
    truth = np.array([0, 1, 2, 2])
    ours, others = np.eye(3)[[0, 1, 2, 0]], np.eye(3)[[0, 0, 2, 0]]
    gain = ranked_gains(ours, others, truth, seed=0)["accuracy"]
    assert gain.value == 0.25
    assert gain.low == 0.0


def test_intervals_hold_the_value_and_narrow_with_more_texts(monkeypatch):
    monkeypatch.setattr("training.metrics.RESAMPLES", 300)
    generator = np.random.default_rng(0)

    def width(count):
        truth = generator.choice(["a", "b"], count)
        found = np.where(generator.uniform(size=count) < 0.8, truth, "a")
        figure = label_figures(truth, found, seed=1)["accuracy"]
        assert figure.low < figure.value < figure.high
        return figure.high - figure.low

    assert width(100) > 2 * width(2000)


def test_several_figures_count_shown_labels():
    truth = np.array([[True, False], [True, True], [False, False], [False, True]])
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.1, 0.1], [0.2, 0.9]])
    figures = several_figures(probabilities, truth, 0.5, seed=0)
    assert figures["precision"].value == 1.0
    assert figures["recall"].value == 0.75


def test_risk_coverage_ends_with_all_texts():
    coverage, risk = risk_coverage(np.array([0.9, 0.5, 0.7]), np.array([True, False, True]))
    assert coverage.tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert risk.tolist() == pytest.approx([0, 0, 1 / 3])


def test_labels_of_a_text_twice_by_one_reader_are_refused(tiny_bundle, tmp_path):
    rows = gold_rows()[:3]
    texts = write_lines(tmp_path / "twice.jsonl", [*rows, rows[0]])
    with pytest.raises(BadCorpus, match="重复"):
        evaluate(tiny_bundle, texts, date="2026-01-01")
