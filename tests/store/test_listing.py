import base64
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlp_service.domain.errors import InvalidCursor
from nlp_service.domain.records import ListFilter, Origin
from nlp_service.domain.submission import Kind

START = datetime(2026, 1, 1, tzinfo=UTC)


def keys(page):
    return [item.key for item in page.items]


def walk(submissions, wanted=None, *, limit, between=lambda: None):
    cursor, seen = None, []
    for _ in range(100):
        page = submissions.list(wanted, cursor=cursor, limit=limit)
        assert len(page.items) <= limit
        seen += page.items
        if page.next_cursor is None:
            return seen
        cursor = page.next_cursor
        between()
    pytest.fail("the pages do not end")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_row_comes_exactly_once_in_order_whatever_comes_in_meanwhile(store, add, data):
    moments = st.lists(st.integers(0, 3), min_size=0, max_size=12)
    chosen = data.draw(moments, label="hours of receipt")
    limit = data.draw(st.integers(1, 5), label="rows a page")
    later = iter(data.draw(st.lists(st.integers(-2, 5), max_size=20), label="hours of late ones"))
    with store.transaction(actor="张三") as office:
        for item in walk(office.submissions, limit=500):
            office.submissions.delete(item.key)
        expected = {add(office, received_at=START + timedelta(hours=hour)): hour for hour in chosen}

    def receive():
        hour = next(later, None)
        if hour is not None:
            with store.transaction(actor="李四") as office:
                add(office, received_at=START + timedelta(hours=hour))

    with store.transaction(actor="张三") as office:
        seen = walk(office.submissions, limit=limit, between=receive)

    everything = [item.key for item in seen]
    assert len(everything) == len(set(everything))
    assert [key for key in everything if key in expected] == sorted(
        expected, key=lambda key: (expected[key], key), reverse=True
    )
    order = [(item.received_at, item.key) for item in seen]
    assert order == sorted(order, reverse=True)


@pytest.fixture
def filled(work, add, submit):
    """Four submissions by name."""
    day = timedelta(days=1)
    return {
        "lift": add(
            work,
            submit("老旧小区加装电梯的建议，100%支持。", kind=Kind.PROPOSAL),
            topic="T07",
            subtopic="T0704",
            unit="D10",
            score=80.0,
            received_at=START,
        ),
        "lamp": add(
            work,
            submit("青莲路的路灯坏了_三盏。", kind=Kind.PUBLIC_MESSAGE),
            topic="T08",
            subtopic="T0805",
            unit="D11",
            urgency=3,
            needs_review=True,
            received_at=START + day,
        ),
        "gas": add(
            work,
            submit("请ＷＩＦＩ覆盖，闻到燃气味！"),
            topic="T07",
            subtopic="T0707",
            unit="D11",
            urgency=4,
            restricted=True,
            received_at=START + 2 * day,
        ),
        "school": add(
            work,
            submit("关于课后服务的建议。", kind=Kind.PROPOSAL, submitted_at=date(2025, 6, 1)),
            topic="T11",
            subtopic="T1105",
            unit="D03",
            score=44.9,
            needs_review=True,
            received_at=START + 3 * day,
        ),
    }


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, "school gas lamp lift"),
        ({"kind": Kind.PROPOSAL}, "school lift"),
        ({"kind": Kind.PUBLIC_MESSAGE}, "gas lamp"),  # what it is taken for where not stated
        ({"topic": "T07"}, "gas lift"),
        ({"subtopic": "T0704"}, "lift"),
        ({"lead_unit": "D11"}, "gas lamp"),
        ({"least_urgency": 3}, "gas lamp"),
        ({"least_score": 44.9}, "school lift"),
        ({"least_score": 45}, "lift"),
        ({"dated_from": date(2026, 1, 2)}, "gas lamp"),
        ({"dated_until": date(2026, 1, 1)}, "school lift"),
        ({"dated_from": date(2025, 6, 1), "dated_until": date(2025, 6, 1)}, "school"),
        ({"needs_review": True}, "school lamp"),
        ({"needs_review": False}, "gas lift"),
        ({"restricted": True}, "gas"),
        ({"restricted": False}, "school lamp lift"),
        ({"words": "电梯"}, "lift"),
        ({"words": "100%支"}, "lift"),
        ({"words": "%"}, "lift"),
        ({"words": "_"}, "lamp"),
        ({"words": "wifi"}, "gas"),
        ({"words": " ｗｉＦi "}, "gas"),
        ({"words": "\\"}, ""),
        ({"words": "没有"}, ""),
        ({"topic": "T07", "lead_unit": "D11", "least_urgency": 4}, "gas"),
        ({"topic": "T07", "needs_review": True}, ""),
    ],
)
def test_filters(work, filled, wanted, names):
    assert keys(work.submissions.list(ListFilter(**wanted))) == [
        filled[name] for name in names.split()
    ]


def test_filters_and_pages_go_together(work, filled):
    seen = walk(work.submissions, ListFilter(topic="T07"), limit=1)

    assert [item.key for item in seen] == [filled["gas"], filled["lift"]]


def test_a_list_tells_what_a_person_sorts_by(work, add, submit):
    origin = Origin(submitter="王五", district="城东区", source="热线")
    key = add(work, submit(title="加装电梯", id="7"), origin=origin, urgency=2, score=61.5)

    (item,) = work.submissions.list().items

    assert (item.key, item.title, item.reference, item.origin) == (key, "加装电梯", "7", origin)
    assert (item.topic, item.subtopic, item.lead_unit) == ("T09", "T0901", "D01")
    assert (item.urgency, item.score, item.needs_review) == (2, 61.5, False)


def test_the_current_assessment_counts(work, submit, assess):
    submission = submit()
    key = work.submissions.store(submission, assess(submission, topic="T01")).key
    work.assessments.add(key, assess(submission, topic="T02"))

    assert keys(work.submissions.list(ListFilter(topic="T01"))) == []
    assert keys(work.submissions.list(ListFilter(topic="T02"))) == [key]


def encode(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "路灯",
        "!!!!",
        encode([]),
        encode([1, 2, 3]),
        encode(["2026-01-01", 1, ""]),
        encode(["2026-01-01T00:00:00+00:00", 2**70, ""]),
        encode(["2026-01-01T00:00:00+00:00", None, ""]),
        encode(["2026-01-01T00:00:00+00:00", 1, "other"]),
        encode("[" * 5),
    ],
)
def test_what_is_no_cursor_is_refused(work, cursor):
    with pytest.raises(InvalidCursor, match="第一页"):
        work.submissions.list(cursor=cursor)


def test_a_cursor_belongs_to_its_filters(work, filled):
    cursor = work.submissions.list(limit=1).next_cursor

    with pytest.raises(InvalidCursor, match="筛选"):
        work.submissions.list(ListFilter(topic="T07"), cursor=cursor)


@pytest.mark.parametrize("limit", [0, 501])
def test_a_page_has_bounds(work, limit):
    with pytest.raises(ValueError, match="limit"):
        work.submissions.list(limit=limit)
