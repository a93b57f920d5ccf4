import json
from datetime import date

import pytest

from nlp_service.domain.errors import UnreadableInput
from nlp_service.domain.submission import MAX_CHARACTERS, Kind, Submission
from nlp_service.intake.uploads import open_upload

LAMP = "路灯坏了半个月，请维修。"


def read(tmp_path, content):
    path = tmp_path / "in.jsonl"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [(row.line, row.item) for row in open_upload(path).rows]


def read_one(tmp_path, row):
    ((_, found),) = read(tmp_path, json.dumps(row, ensure_ascii=False))
    return found


def test_read_jsonl_takes_the_fields_of_a_submission_and_no_others(tmp_path):
    row = {
        "id": "A-7",
        "kind": "proposal",
        "title": "关于路灯的提案",
        "body": LAMP,
        "submitted_at": "2026-01-31",
        "author": "某委员",
    }

    assert read_one(tmp_path, row) == Submission(
        id="A-7",
        kind=Kind.PROPOSAL,
        title="关于路灯的提案",
        body=LAMP,
        submitted_at=date(2026, 1, 31),
    )


def test_read_jsonl_numbers_lines_and_passes_over_blank_ones(tmp_path):
    line = json.dumps({"body": LAMP}, ensure_ascii=False)

    numbers = [number for number, _ in read(tmp_path, f"\ufeff{line}\r\n\n   \n{line}")]

    assert numbers == [1, 4]


def test_read_jsonl_of_an_empty_file_says_that_nothing_is_in_it(tmp_path):
    with pytest.raises(UnreadableInput, match=r"in\.jsonl 里没有一件来件"):
        read(tmp_path, b"")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16", "utf-16-be"])
def test_read_jsonl_reads_what_editors_save(tmp_path, encoding):
    lines = "".join(f'{{"编号": "{n}", "内容": "{LAMP}"}}\r\n' for n in (1, 2))

    rows = read(tmp_path, lines.encode(encoding))

    assert [(number, row.id, row.body) for number, row in rows] == [(1, "1", LAMP), (2, "2", LAMP)]


def test_read_jsonl_joins_the_sections_of_a_text(tmp_path):
    row = {"案由": "关于路灯的提案", "情况分析": LAMP, "具体建议": "更换线路。", "body": ""}

    found = read_one(tmp_path, row)

    assert found.title == "关于路灯的提案"
    assert found.body == f"情况分析：\n{LAMP}\n具体建议：\n更换线路。"


@pytest.mark.parametrize(
    ("line", "code", "words"),
    {
        "not JSON": (b'{"body": "\xe8\xb7\xaf"', "invalid_json", "JSON"),
        "nested too deep": (b"[" * 100_000, "invalid_json", "JSON"),
        "a list": (b'["a"]', "invalid_row", "JSON 对象"),
        "a string": (b'"a"', "invalid_row", "JSON 对象"),
        "not UTF-8": ('{"body": "灯"}'.encode("gb18030"), "invalid_encoding", "UTF-8"),
        "lone surrogate": (rb'{"body": "\ud83d"}', "invalid_unicode", "正文"),
        "no body": (b'{"title": "a"}', "invalid_row", "缺少正文（body）"),
        "null body": (b'{"body": null}', "invalid_row", "缺少正文（body）"),
        "body a number": (b'{"body": 5}', "invalid_row", "body 应为文字"),
        "title a list": (b'{"body": "a", "title": ["b"]}', "invalid_row", "title 应为文字"),
        "id a truth value": (b'{"body": "a", "id": true}', "invalid_row", "id 应为"),
        "id an object": (b'{"body": "a", "id": {}}', "invalid_row", "id 应为"),
        "unknown kind": (b'{"body": "a", "kind": "letter"}', "invalid_row", "public_message"),
        "kind a list": (b'{"body": "a", "kind": []}', "invalid_row", "kind 应为"),
    }.values(),
    ids=str,
)
def test_read_jsonl_with_a_bad_line_reads_the_others(tmp_path, line, code, words):
    good = json.dumps({"body": LAMP}, ensure_ascii=False).encode()

    (_, first), (number, bad), (_, last) = read(tmp_path, b"\n".join([good, line, good]))

    assert number == 2
    assert (bad.code, words in str(bad)) == (code, True)
    assert first.body == last.body == LAMP


def test_read_jsonl_with_too_long_a_text_keeps_its_number(tmp_path):
    row = read_one(tmp_path, {"id": 12, "body": "字" * (MAX_CHARACTERS + 1)})

    assert (row.code, row.id) == ("text_too_long", "12")
    assert str(MAX_CHARACTERS) in str(row)


def test_read_jsonl_never_repeats_a_number_that_could_break_the_output(tmp_path):
    ((_, row),) = read(tmp_path, rb'{"id": "\ud800", "body": "a"}')

    assert (row.code, row.id) == ("invalid_unicode", "")


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("提案", Kind.PROPOSAL),
        ("社情民意", Kind.OPINION_REPORT),
        (" 群众来信 ", Kind.PUBLIC_MESSAGE),
        ("public_message", Kind.PUBLIC_MESSAGE),
        ("", Kind.UNKNOWN),
        (None, Kind.UNKNOWN),
    ],
)
def test_read_jsonl_knows_a_kind_by_code_and_by_name(tmp_path, written, kind):
    assert read_one(tmp_path, {"body": LAMP, "kind": written}).kind is kind


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-01-31", date(2026, 1, 31)),
        ("2026/1/5 8:00", date(2026, 1, 5)),
        ("2026年1月5日", date(2026, 1, 5)),
        ("2026-02-30", None),
        ("上周", None),
        (20260131, date(2026, 1, 31)),
        (2026, None),
        (None, None),
    ],
)
def test_read_jsonl_reads_a_day_or_leaves_it_open(tmp_path, written, day):
    assert read_one(tmp_path, {"body": LAMP, "submitted_at": written}).submitted_at == day
