import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from nlp_service.domain.taxonomy_files import read_taxonomy
from training.config import Source
from training.corpora import read_corpus
from training.errors import BadCorpus
from training.targets import make_targets

ROOT = Path(__file__).parents[2]
GOOD = {
    "id": "a",
    "body": "路灯坏了，请修。",
    "topic": "T08",
    "subtopic": "T0805",
    "other_topics": ["T07"],
    "sectors": ["S10"],
    "lead_unit": "D10",
    "assist_units": [],
    "request": "complain",
    "urgency": 1,
    "gates": [],
}


@pytest.fixture(scope="module")
def taxonomy():
    return read_taxonomy(ROOT / "data" / "taxonomy")


def write(path, *rows):
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Source(name="one", path=path)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"body": None}, "body"),
        ({"id": ""}, "id"),
        ({"body": "……"}, "没有可读的文字"),
        ({"body": "坏\ud800"}, "代理"),
        ({"kind": "letter"}, "letter"),
        ({"topic": "T77"}, "T77"),
        ({"subtopic": "T0905"}, "不属于"),
        ({"sectors": ["S99"]}, "S99"),
        ({"lead_unit": None}, "lead_unit"),
        ({"urgency": 5}, "urgency"),
        ({"confidence": "sure"}, "confidence"),
        ({"id": "first"}, "重复"),
    ],
)
def test_bad_row_is_skipped_with_line_and_reason(tmp_path, taxonomy, change, reason):
    bad = json.dumps(GOOD | change)
    source = write(tmp_path / "rows.jsonl", GOOD | {"id": "first"}, bad, GOOD | {"id": "last"})
    corpus = read_corpus([source], taxonomy, max_bad_share=0.5)
    assert [example.id for example in corpus.examples] == ["first", "last"]
    (row,) = corpus.bad_rows
    assert row.line == 2
    assert reason in row.reason
    assert "路灯" not in row.reason


def test_line_that_is_no_json_is_skipped_with_its_number(tmp_path, taxonomy):
    source = write(tmp_path / "rows.jsonl", GOOD, "", '{"id": "b", "body": ', GOOD | {"id": "c"})
    corpus = read_corpus([source], taxonomy, max_bad_share=0.5)
    assert [row.line for row in corpus.bad_rows] == [3]


def test_too_many_bad_rows_stop_the_run(tmp_path, taxonomy):
    source = write(tmp_path / "rows.jsonl", GOOD, GOOD | {"id": "b", "topic": "T77"})
    with pytest.raises(BadCorpus, match=r"2 行中有 1 行.*第 2 行"):
        read_corpus([source], taxonomy, max_bad_share=0.1)


def test_csv_and_parquet_say_the_same_as_jsonl(tmp_path, taxonomy):
    from datasets import Dataset

    rows = [GOOD | {"id": f"r{n}", "body": f'第{n}盏路灯，"坏"了\n请修'} for n in range(3)]
    expected = read_corpus([write(tmp_path / "rows.jsonl", *rows)], taxonomy).examples
    flat = [
        {key: " ".join(value) if isinstance(value, list) else value for key, value in row.items()}
        for row in rows
    ]
    with (tmp_path / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(GOOD))
        writer.writeheader()
        writer.writerows(flat)
    Dataset.from_list(rows).to_parquet(str(tmp_path / "rows.parquet"))
    for name in ("rows.csv", "rows.parquet"):
        source = Source(name="one", path=tmp_path / name)
        assert read_corpus([source], taxonomy).examples == expected


def test_missing_file_is_an_error_unless_optional(tmp_path, taxonomy):
    missing = tmp_path / "none.jsonl"
    with pytest.raises(BadCorpus, match="none"):
        read_corpus([Source(name="gone", path=missing)], taxonomy)
    corpus = read_corpus([Source(name="gone", path=missing, optional=True)], taxonomy)
    assert corpus.skipped == ["gone"]


def test_unknown_file_ending_is_named(tmp_path, taxonomy):
    (tmp_path / "rows.xls").write_text("", encoding="utf-8")
    with pytest.raises(BadCorpus, match=r"\.jsonl、\.csv、\.parquet"):
        read_corpus([Source(name="one", path=tmp_path / "rows.xls")], taxonomy)


def test_split_keeps_only_its_rows(tmp_path, taxonomy):
    source = write(
        tmp_path / "rows.jsonl", GOOD | {"split": "fit"}, GOOD | {"id": "b", "split": "test"}
    )
    source = Source(name="one", path=source.path, split="test")
    assert [example.id for example in read_corpus([source], taxonomy).examples] == ["b"]


def test_further_labels_are_learnt_from_and_not_measured_against(tmp_path, taxonomy):
    bodies = ("路灯坏了。", "又坏了一盏。", "谁来修？")
    texts = [{"id": name, "body": body} for name, body in zip("abc", bodies, strict=True)]
    source = Source(
        name="one",
        path=write(tmp_path / "texts.jsonl", *texts).path,
        labels=write(tmp_path / "labels.jsonl", GOOD | {"id": "a", "urgency": 2}).path,
        further_labels=write(
            tmp_path / "more.jsonl", GOOD | {"id": "a", "urgency": 3}, GOOD | {"id": "b"}
        ).path,
    )
    first, second, third = read_corpus([source], taxonomy).examples
    assert (first.measured, first.labels.urgency) == (True, 2)
    assert (second.measured, second.labels.urgency) == (False, 1)
    assert (third.measured, third.labels) == (False, None)


def test_category_outside_the_scheme_is_a_bad_row(tmp_path, taxonomy):
    scheme = tmp_path / "scheme.toml"
    scheme.write_text('name = "old"\n[topics]\n"城建" = ["T07", "T08"]\n', encoding="utf-8")
    rows = write(tmp_path / "rows.jsonl", GOOD | {"type": "城建"}, GOOD | {"id": "b", "type": "x"})
    source = Source(name="one", path=rows.path, scheme=scheme)
    corpus = read_corpus([source], taxonomy, max_bad_share=0.5)
    assert corpus.examples[0].topic_set == {"T07", "T08"}
    assert "对照表" in corpus.bad_rows[0].reason


def test_corrections_teach_only_what_was_said(tmp_path, taxonomy):
    said = dict.fromkeys(GOOD) | {"id": "part", "body": "河堤护栏断了，请修。", "subtopic": "T0805"}
    silent = dict.fromkeys(GOOD) | {"id": "silent", "body": "垃圾三天没有清运。"}
    source = write(tmp_path / "rows.jsonl", GOOD | {"gates": []}, said, silent)
    source = replace(source, corrections=True)

    whole, part, nothing = read_corpus([source], taxonomy).examples

    assert (whole.measured, part.measured, nothing.labels) == (True, False, None)
    assert (part.labels.subtopic, part.labels.topic, part.labels.gates) == ("T0805", "T08", None)
    targets = make_targets([whole, part, nothing], taxonomy)
    assert targets.read.tolist() == [True, False, False]
    assert targets.rows_of("subtopic").tolist() == targets.rows_of("topic").tolist() == [0, 1]
    assert targets.rows_of("lead_unit").tolist() == targets.rows_of("sectors").tolist() == [0]


def test_corrections_are_checked_like_any_labels(tmp_path, taxonomy):
    bad = dict.fromkeys(GOOD) | {"id": "bad", "body": "路灯坏了。", "lead_unit": "D999"}
    source = replace(write(tmp_path / "rows.jsonl", GOOD, bad), corrections=True)

    corpus = read_corpus([source], taxonomy, max_bad_share=0.6)

    assert [row.line for row in corpus.bad_rows] == [2]
    assert "D999" in corpus.bad_rows[0].reason
