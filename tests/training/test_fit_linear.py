import dataclasses
from pathlib import Path

import numpy as np
import pytest

from nlp_service.domain.submission import Kind
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.tagging.features import features
from nlp_service.text.normalise import Document
from nlp_service.text.segment import load_segmenter
from training.config import Linear
from training.definitions import Definitions
from training.examples import Example, ReaderLabels
from training.fit_linear import fit_linear, split_by_head
from training.targets import make_targets

ROOT = Path(__file__).parents[2]
OPTIONS = Linear(
    n_features=1000, min_df=1, c=2.0, partial_rounds=2, partial_weight=0.5, partial_scale=6.0
)


def example(number, body, *, subtopic=None, category=None, topics=()):
    labels = subtopic and ReaderLabels(
        topic=subtopic[:3],
        subtopic=subtopic,
        other_topics=(),
        sectors=("S10",),
        lead_unit="D10",
        assist_units=(),
        request="complain",
        urgency=1,
        gates=(),
        quality={},
        confidence="high",
    )
    return Example(
        id=str(number),
        source="small",
        kind=Kind.PUBLIC_MESSAGE,
        document=Document(title="", body=body),
        labels=labels,
        measured=True,
        old_category=category,
        topic_set=frozenset(topics),
    )


@pytest.fixture(scope="module")
def fit(prepared):
    """Fit the given examples without definitions and return the topics' margins of a text."""
    segmenter = load_segmenter("rjieba")
    taxonomy = read_taxonomy(ROOT / "data" / "taxonomy")

    def fit_and_read(examples, text):
        targets = make_targets(examples, taxonomy)
        run = dataclasses.replace(
            prepared,
            config=dataclasses.replace(prepared.config, linear=OPTIONS),
            corpus=dataclasses.replace(prepared.corpus, examples=examples),
            feature_lists=[features(one.document, segmenter) for one in examples],
            targets=targets,
            definitions=Definitions(documents=[], feature_lists=[], truths={}),
        )
        fitted = fit_linear(run, np.arange(len(examples)), label="test")
        rows = fitted.vectoriser.transform([features(Document(title="", body=text), segmenter)])
        margins = split_by_head(fitted.margins(rows), targets.heads)["topic"][0]
        return dict(zip(targets.heads["topic"], margins, strict=True))

    return fit_and_read


READ = [
    *(example(n, f"路灯坏了第{n}盏请修路灯", subtopic="T0805") for n in range(4)),
    *(example(10 + n, f"公交车第{n}路等太久请加公交", subtopic="T0903") for n in range(4)),
    *(example(20 + n, f"学校第{n}班补课收费请管学校", subtopic="T1103") for n in range(4)),
]


def test_rows_known_only_by_category_teach_new_words(fit):
    """Texts on 路灯 and 窨井盖 under one old category teach that 窨井盖, too, is its topic."""
    partial = [
        example(30 + n, f"路灯旁的窨井盖第{n}个破了", category="城建", topics=["T08", "T09"])
        for n in range(6)
    ]
    before, after = fit(READ, "窨井盖破了"), fit([*READ, *partial], "窨井盖破了")
    assert after["T08"] > before["T08"]
    assert max(after, key=after.get) == "T08"


def test_category_never_teaches_a_topic_outside_its_set(fit):
    """The words alone would say 教育; the category forbids it."""
    partial = [
        example(30 + n, f"学校门口的护栏第{n}段坏了", category="城建", topics=["T08", "T09"])
        for n in range(6)
    ]
    found = fit([*READ, *partial], "护栏坏了")
    assert max(found, key=found.get) in ("T08", "T09")
    assert found["T11"] < 0


def test_label_without_examples_is_never_likeliest(fit):
    found = fit(READ, "没有见过的字句")
    assert max(found, key=found.get) in ("T08", "T09", "T11")
    assert found["T18"] == -1.5


def test_definitions_teach_subtopics_that_nobody_read(prepared):
    everything = np.arange(len(prepared.examples))
    silent = dataclasses.replace(
        prepared, definitions=Definitions(documents=[], feature_lists=[], truths={})
    )
    seen = prepared.targets.choice["subtopic"]
    subtopics = prepared.taxonomy.subtopics
    unread = [n for n in range(len(subtopics)) if not (seen == n).any()]
    assert unread
    texts = [
        features(Document(title="", body=subtopics[n].name), prepared.segmenter) for n in unread
    ]

    def right(run):
        fitted = fit_linear(run, everything, label="test")
        margins = fitted.margins(fitted.vectoriser.transform(texts))
        found = split_by_head(margins, run.targets.heads)["subtopic"].argmax(axis=1)
        return float(np.mean(found == unread))

    assert right(silent) == 0
    assert right(prepared) > 0.5
