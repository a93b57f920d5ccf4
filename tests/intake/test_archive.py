import io
import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from nlp_service.domain.errors import InvalidSubmission, UnreadableInput
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import CHINA, Origin, Outcome, ReplyClass
from nlp_service.domain.submission import Kind
from nlp_service.intake.archive import ArchivedSubmission, open_archive
from nlp_service.intake.limits import MOST_LINE
from nlp_service.intake.rows import InvalidRow

BODY = "建议在老城区的三个菜场各设一处流动摊点疏导区。"


def open_bytes(content, *, is_csv=False, name="往年.csv", source="往年提案"):
    media_type = "text/csv" if is_csv else "application/x-ndjson"
    return open_archive(io.BytesIO(content), name=name, media_type=media_type, source=source)


def read_row(**columns):
    content = json.dumps({"body": BODY, **columns}, ensure_ascii=False).encode()
    (row,) = open_bytes(content).rows
    assert (row.line, row.where) == (1, "第 1 行")
    return row.item


def test_a_row_comes_with_all_that_an_archive_knows():
    row = read_row(
        reference=118,
        kind="提案",
        title="关于摊点疏导的建议",
        submitted_at="2023-01-10",
        received_at="2023-01-11 09:30",
        submitter="张　三",
        district="城东区",
        source="政协提案系统",
        disposition="立案",
        handling_unit="城市管理执法局",
        filing_number="2023年第118号",
        reply_class="Ｂ类",
        replied_on="2023年9月1日",
        备注="不计",
    )

    assert isinstance(row, ArchivedSubmission)
    submission = row.submission
    assert (submission.id, submission.kind, submission.body) == ("118", Kind.PROPOSAL, BODY)
    assert submission.submitted_at == date(2023, 1, 10)
    assert row.origin == Origin(submitter="张　三", district="城东区", source="政协提案系统")
    assert row.received_at == datetime(2023, 1, 11, 9, 30, tzinfo=CHINA)
    assert row.outcome == Outcome(
        disposition=Disposition.FILED,
        handling_unit="城市管理执法局",
        filing_number="2023年第118号",
        reply_class=ReplyClass.B,
        replied_on=date(2023, 9, 1),
    )


def test_a_text_alone_is_enough():
    row = read_row()

    assert row.origin == Origin(source="往年提案")
    assert (row.received_at, row.outcome) == (None, None)
    assert row.submission.kind is Kind.UNKNOWN


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_spreadsheet_may_have_chinese_column_names(encoding):
    content = f"编号,类型, 正文 ,提交者,提交日期,立案编号\r\n7,社情民意,{BODY},李四,2022/3/5,\r\n"

    (row,) = open_bytes(content.encode(encoding), is_csv=True).rows

    submission = row.item.submission
    assert (row.line, submission.id, submission.body) == (2, "7", BODY)
    assert submission.kind is Kind.OPINION_REPORT
    assert row.item.origin.submitter == "李四"
    assert row.item.outcome is None


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        ("2018/8/26 9:30:05", datetime(2018, 8, 26, 9, 30, 5, tzinfo=CHINA)),
        ("2018年8月26日", datetime(2018, 8, 26, tzinfo=CHINA)),
        ("2018-08-26T01:30:00Z", datetime(2018, 8, 26, 1, 30, tzinfo=UTC)),
        (
            "2018-08-26T09:30:00+09:00",
            datetime(2018, 8, 26, 9, 30, tzinfo=timezone(timedelta(hours=9))),
        ),
    ],
)
def test_a_moment_without_a_zone_is_of_chinese_time(told, moment):
    assert read_row(received_at=told).received_at == moment


def test_what_only_says_when_it_was_written_came_in_that_day():
    row = read_row(submitted_at="2019-12-31")

    assert row.received_at == datetime(2019, 12, 31, tzinfo=CHINA)


def test_a_filing_number_says_that_it_was_filed():
    outcome = read_row(filing_number="2023年第7号").outcome

    assert outcome == Outcome(disposition=Disposition.FILED, filing_number="2023年第7号")


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"submitted_at": "去年冬天"}, "submitted_at 应为日期"),
        ({"submitted_at": "0023-01-10"}, "submitted_at 应为日期"),
        ({"received_at": "2018/8/26 下午"}, "received_at 应为日期或时刻"),
        ({"received_at": "2018-13-26"}, "received_at 应为日期或时刻"),
        ({"received_at": "0001-01-01T00:00:00"}, "received_at 应为日期或时刻"),
        ({"disposition": "存档"}, "disposition 应为 filed、merged"),
        ({"disposition": "filed", "reply_class": "E"}, "reply_class 应为 A、B、C、D"),
        ({"disposition": "filed", "replied_on": "秋天"}, "replied_on 应为日期"),
        ({"handling_unit": "住建局"}, "写了 handling_unit，却没有 disposition"),
        ({"submitter": "张\n三"}, "提交者应是"),
        ({"submitter": ["张三"]}, "submitter 应为文字"),
        ({"disposition": "filed", "filing_number": "号" * 201}, "立案编号应是"),
        ({"kind": "信"}, "kind 应为"),
        ({"body": None}, "缺少正文（body）"),
        ({"body": "字" * 20_001}, "20001"),
        ({"body": "\ud83d"}, "正文"),
        ({"reference": 1.5}, "reference 应为"),
    ],
)
def test_a_wrong_value_refuses_its_row_and_says_which(columns, problem):
    content = json.dumps({"body": BODY, **columns}).encode()

    (row,) = open_bytes(content).rows

    assert isinstance(row.item, InvalidRow)
    assert problem in str(row.item)
    assert BODY[:5] not in str(row.item)


def test_a_bad_line_does_not_stop_the_good_ones():
    good = json.dumps({"body": BODY}, ensure_ascii=False).encode()
    lines = [b"{", good, b"[]", '{"body": "灯"}'.encode("gbk")]

    rows = list(open_bytes(b"\n".join(lines)).rows)

    assert [row.line for row in rows] == [1, 2, 3, 4]
    assert [getattr(row.item, "code", "") for row in rows] == [
        "invalid_json",
        "",
        "invalid_row",
        "invalid_encoding",
    ]


def test_a_line_without_end_is_refused_and_the_next_is_read():
    endless = b'{"body": "' + b"a" * (3 * MOST_LINE) + b'"}\n'

    refused, row = open_bytes(endless + b'{"body": "b"}\n').rows

    assert (refused.line, row.line) == (1, 2)
    assert "2 MiB" in str(refused.item)
    assert row.item.submission.body == "b"


def test_a_spreadsheet_line_without_end_is_refused():
    archive = open_bytes(b"body\nfirst\n" + b"a" * (2 * MOST_LINE), is_csv=True)

    rows = archive.rows
    assert next(rows).item.submission.body == "first"
    with pytest.raises(UnreadableInput, match="第 3 行"):
        next(rows)


@pytest.mark.parametrize(
    ("content", "is_csv", "problem"),
    [
        (b"", False, "没有一件来件"),
        (b"\n \n", False, "没有一件来件"),
        (b"body\n", True, "没有一件来件"),
        ("标题,单位\n停车难,住建局\n".encode(), True, "没有正文列（如 正文"),
        (b"body\n\xff\xff\xff", True, "第 2 行有不是 GB18030 编码的字"),
    ],
)
def test_what_is_no_archive_is_refused_at_once(content, is_csv, problem):
    with pytest.raises(UnreadableInput, match=problem) as caught:
        open_bytes(content, is_csv=is_csv)
    assert "往年.csv" in str(caught.value)


@pytest.mark.parametrize("options", [{"source": "a\nb"}, {"name": "a\x00"}, {"source": "源" * 201}])
def test_what_is_no_name_is_refused_at_once(options):
    with pytest.raises(InvalidSubmission, match="一行文字"):
        open_bytes(b'{"body": "b"}', **options)


def test_the_same_bytes_have_the_same_digest():
    one, other = b'{"body": "b"}', b'{"body": "b"} '

    assert open_bytes(one).digest == open_bytes(one, name="", source="别处").digest
    assert open_bytes(one).digest != open_bytes(other).digest
    assert open_bytes(one + b"\n" + one).lines == 2
