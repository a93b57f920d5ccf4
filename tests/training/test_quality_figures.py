import dataclasses
import json
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge

from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.text.normalise import Document
from training.gate_figures import GateRow, GateSet
from training.metrics import Figure
from training.model_card import model_cards
from training.quality import QualityTexts
from training.quality_figures import ALONE, JOINT, QualityResult, measure_levels
from training.quality_peers import CHARACTERS, LENGTH, plain_levels
from training.report import table_lines, write_report
from training.results import Report

from .conftest import ROOT

COUNT, DIMENSIONS = 120, 6
CUT, UNMEASURED, MESSAGES = 5, 7, 10


@pytest.fixture(scope="module")
def taxonomy():
    return read_taxonomy(ROOT / "data" / "taxonomy")


@pytest.fixture(scope="module")
def texts():
    """Proposals of random levels, then messages; the last places are cut copies of the first."""
    read = np.random.default_rng(0).integers(0, 5, (COUNT, DIMENSIONS))
    rows = np.arange(COUNT)
    rows[-CUT:] = np.arange(CUT)
    nothing = np.zeros(COUNT)
    return QualityTexts(
        rows=rows,
        cut=np.arange(COUNT) >= COUNT - CUT,
        counted=[],
        counts=np.zeros((COUNT, 0)),
        feature_lists=[],
        heard=nothing,
        lines=[],
        meanings=np.zeros((COUNT, 0)),
        of_nothing=np.zeros(6),
        learnt=read.astype(float),
        read=read,
        weights=np.ones(COUNT),
        proposals=(np.arange(COUNT) < COUNT - CUT - MESSAGES) | (np.arange(COUNT) >= COUNT - CUT),
        suggests=np.zeros((COUNT, 3)),
        acting=nothing.astype(bool),
        long=nothing.astype(bool),
        q4=3,
    )


@pytest.fixture(scope="module")
def prepared(texts):
    """The better a text, the longer it is; two words tell of the first dimension, too."""
    words = ("路灯", "公园", "道路", "桥梁", "河道")
    bodies = [
        words[first] * 3 + "请尽快处理。" * (2 + int(levels.sum()))
        for first, levels in zip(texts.read[:, 0], texts.read, strict=True)
    ]
    return SimpleNamespace(
        examples=[
            SimpleNamespace(source="ours", document=Document(title="", body=body))
            for body in bodies
        ],
        targets=SimpleNamespace(measured=np.arange(COUNT) >= UNMEASURED),
        config=SimpleNamespace(seed=1, source=[SimpleNamespace(name="ours")]),
    )


def right_probabilities(texts, sureness):
    one_hot = texts.read[..., None] == np.arange(5)
    return np.where(one_hot, sureness, (1.0 - sureness) / 4)


@pytest.fixture(scope="module")
def judged(texts, taxonomy):
    """Levels that are right without the encoder, surer with it."""
    alone, joint = (
        SimpleNamespace(probabilities=right_probabilities(texts, sureness))
        for sureness in (0.6, 1.0)
    )
    return SimpleNamespace(taxonomy=taxonomy, texts=texts, alone=alone, joint=joint)


@pytest.fixture(scope="module")
def plain(texts):
    return {LENGTH: np.full((COUNT, DIMENSIONS), 2.0), CHARACTERS: np.clip(texts.learnt, 1, 3)}


@pytest.fixture(scope="module")
def sets(prepared, judged, plain):
    return measure_levels(prepared, judged, plain)


def halves():
    even, odd = np.arange(0, COUNT, 2), np.arange(1, COUNT, 2)
    return [(even, odd), (odd, even)]


def test_only_whole_measured_proposals_are_measured(sets):
    expected = COUNT - CUT - MESSAGES - UNMEASURED
    assert [(one.name, one.count) for one in sets] == [("ours", expected)]


def test_every_model_is_measured_with_the_encoder_where_it_is_heard(sets, prepared, judged, plain):
    judged_alone = SimpleNamespace(**{**vars(judged), "joint": None})
    (without,) = measure_levels(prepared, judged_alone, plain)

    assert [row.model for row in sets[0].levels] == [LENGTH, CHARACTERS, ALONE, JOINT]
    assert [row.model for row in without.levels] == [LENGTH, CHARACTERS, ALONE]


def test_right_levels_agree_wholly_and_one_level_not_at_all(sets):
    found = {row.model: row for row in sets[0].levels}
    assert list(found[JOINT].kappa) == ["Q1", "Q2", "Q3", "Q4", "Q5", "Q6"]
    assert {figure.value for figure in found[JOINT].kappa.values()} == {1.0}
    assert found[JOINT].total["error"].value == pytest.approx(0.0)
    assert found[JOINT].total["spearman"].value == pytest.approx(1.0)
    assert {figure.value for figure in found[LENGTH].kappa.values()} == {0.0}
    assert found[LENGTH].total["spearman"].value == 0.0


def test_gain_is_the_difference_on_the_same_texts(sets):
    rows = {row.model: row for row in sets[0].levels}
    gains = {row.model: row for row in sets[0].gains}
    gain = gains[f"gain of {JOINT} over {CHARACTERS}"].kappa["Q2"]
    assert gain.value == pytest.approx(
        rows[JOINT].kappa["Q2"].value - rows[CHARACTERS].kappa["Q2"].value
    )
    assert gain.low <= gain.value <= gain.high


def test_sure_levels_screen_with_no_more_than_the_low(sets):
    (measured,) = sets
    screening = {row.model: row for row in measured.screening}
    stated = screening[JOINT].stated
    assert stated["precision"].value == 1.0
    assert stated["load"].value == pytest.approx(np.ceil(0.9 * measured.low) / measured.count)
    assert screening[JOINT].recall[-1] == screening[JOINT].load[-1] == 1.0
    assert screening[LENGTH].stated["load"].value > stated["load"].value


def test_few_proposals_are_not_measured(prepared, judged, plain):
    few = SimpleNamespace(**vars(prepared))
    few.targets = SimpleNamespace(measured=np.arange(COUNT) < 15)
    assert measure_levels(few, judged, plain) == []


def test_characters_are_what_scikit_learn_makes_of_them(prepared, texts):
    found = plain_levels(prepared, halves(), texts)[CHARACTERS]
    written = [prepared.examples[row].document.text for row in texts.rows]
    for fitted_on, held_out in halves():
        learnt = np.flatnonzero(np.isin(texts.rows, fitted_on) & ~texts.cut)
        told = np.flatnonzero(np.isin(texts.rows, held_out))
        vectoriser = TfidfVectorizer(
            analyzer="char", ngram_range=(1, 2), min_df=3, sublinear_tf=True
        )
        seen = vectoriser.fit_transform([written[n] for n in learnt])
        machine = Ridge(alpha=1.0).fit(seen, texts.learnt[learnt])
        expected = machine.predict(vectoriser.transform([written[n] for n in told]))
        assert found[told] == pytest.approx(np.clip(expected, 0, 4), abs=1e-3)


def test_plain_models_learn_nothing_from_cut_texts(prepared, texts):
    learnt = texts.learnt.copy()
    learnt[texts.cut] = 0.0
    before = plain_levels(prepared, halves(), texts)
    after = plain_levels(prepared, halves(), dataclasses.replace(texts, learnt=learnt))
    assert all((before[name] == after[name]).all() for name in (LENGTH, CHARACTERS))


@pytest.fixture
def report(sets):
    figure = Figure(value=0.123, low=0.1, high=0.2)
    row = GateRow(
        code="G7", name="为本人或亲属解决个人问题", count=4, shown=0, found=0,
        recall=0.0, precision=None, false_alarms=0.0,
    )  # fmt: skip
    gates = GateSet(
        name="ours: proposals", count=9, gates=[row], together={"all": {"false_alarms": figure}}
    )
    return Report(
        title="t", date="d", notes=[], sets=[], quality=QualityResult(sets=sets, gates=[gates])
    )


def test_report_shows_levels_screening_and_gates(report, sets, tmp_path):
    write_report(report, tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert page.count("<svg") == len(sets)
    assert "G7 为本人或亲属解决个人问题" in page
    assert "0.123 <small>[0.100, 0.200]</small>" in page
    screening = data["quality"]["sets"][0]["screening"][0]
    assert len(screening["load"]) == len(screening["recall"])
    assert data["quality"]["gates"][0]["gates"][0]["precision"] is None


def test_printed_summary_has_one_line_a_model_and_a_gate(report):
    lines = table_lines(report)
    assert sum(line.startswith(f"  {JOINT} ") for line in lines) == 2
    assert sum(line.startswith("  G7 ") for line in lines) == 1


def test_model_card_has_a_section_on_quality(report, prepared):
    thresholds = SimpleNamespace(sure={}, urgent=0.1, missed_urgent=0.3)
    config = SimpleNamespace(name="tiny", version="1", released="d", encoder=None, folds=2, seed=1)
    run = SimpleNamespace(
        config=config,
        segmenter=SimpleNamespace(label="rjieba"),
        taxonomy=SimpleNamespace(version="1"),
    )
    card, chinese = model_cards(run, report, thresholds, [], combined=None).values()
    assert "## Quality" in card
    assert f"| {JOINT} | 1.000 [1.000, 1.000] |" in card
    assert "| G7 为本人或亲属解决个人问题 | 4 | 0 | 0.00 |  | 0.000 |" in card
    assert "| 本模型：线性加编码器 | 1.000 [1.000, 1.000] |" in chinese
    assert "| G7 为本人或亲属解决个人问题 | 4 | 0 | 0.00 |  | 0.000 |" in chinese
    without, without_chinese = model_cards(
        run, dataclasses.replace(report, quality=None), thresholds, [], combined=None
    ).values()
    assert "## Quality" not in without
    assert "质量评分的成绩" in chinese and "质量评分的成绩" not in without_chinese
