import base64
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlp_service.domain.errors import InvalidCursor
from nlp_service.domain.quality import Disposition
from nlp_service.domain.queue import EXAMPLE_SOURCE, Facet, ListOrder, Stage
from nlp_service.domain.records import ListFilter, Origin, Outcome
from nlp_service.domain.reviews import Findings
from nlp_service.domain.submission import Kind

START = datetime(2026, 1, 1, tzinfo=UTC)


def keys(page):
    return [item.key for item in page.items]


def walk(submissions, wanted=None, *, limit, order=ListOrder.LATEST, between=lambda: None):
    cursor, seen = None, []
    for _ in range(100):
        page = submissions.list(wanted, order=order, cursor=cursor, limit=limit)
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
            band="良好",
            sector="S02",
            probability=0.9,
            origin=Origin(submitter="周委员", source=EXAMPLE_SOURCE),
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
            submit("举报有人偷接燃气，闻到燃气味！"),
            topic="T07",
            subtopic="T0707",
            unit="D11",
            urgency=4,
            look_first=True,
            probability=0.6,
            restricted=True,
            received_at=START + 2 * day,
        ),
        "school": add(
            work,
            submit(
                "关于课后服务、ＷＩＦＩ覆盖的建议。",
                kind=Kind.PROPOSAL,
                submitted_at=date(2025, 6, 1),
            ),
            topic="T11",
            subtopic="T1105",
            unit="D03",
            score=44.9,
            band="建议退回完善",
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
        ({"unit": "D11"}, "gas lamp"),
        ({"unit": "D99"}, "school gas lamp lift"),  # assisting
        ({"lead_unit": "D99"}, ""),
        ({"sector": "S02"}, "lift"),
        ({"band": "良好"}, "lift"),
        ({"urgent": True}, "gas lamp"),
        ({"urgent": False}, "school lift"),
        ({"example": True}, "lift"),
        ({"example": False}, "school gas lamp"),
        ({"stage": Stage.WAITING}, "school gas lamp lift"),
        ({"stage": Stage.REVIEWED}, ""),
        ({"received_from": date(2026, 1, 3)}, "school gas"),
        ({"received_until": date(2026, 1, 2)}, "lamp lift"),
        ({"received_from": date(2026, 1, 2), "received_until": date(2026, 1, 2)}, "lamp"),
        ({"received_days": 1}, ""),
        ({"words": "周委员"}, "lift"),
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
        ({"words": "wifi"}, "school"),
        ({"words": " ｗｉＦi "}, "school"),
        ({"words": "建议 服务"}, "school"),
        ({"words": "建议　加装"}, "lift"),
        ({"words": "燃气"}, ""),  # restricted: not searched
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


@pytest.mark.parametrize(
    ("order", "names"),
    [
        (ListOrder.LATEST, "school gas lamp lift"),
        (ListOrder.URGENT, "gas lamp school lift"),
        (ListOrder.DOUBTFUL, "school lamp gas lift"),
        (ListOrder.BEST, "lift school gas lamp"),
        (ListOrder.WORST, "school lift gas lamp"),
    ],
)
@pytest.mark.parametrize("limit", [1, 3, 500])
def test_orders(work, filled, order, names, limit):
    seen = walk(work.submissions, order=order, limit=limit)

    assert [item.key for item in seen] == [filled[name] for name in names.split()]


@pytest.mark.parametrize("order", ListOrder)
def test_equals_come_by_receipt_in_every_order_and_page(work, add, order):
    added = [add(work, received_at=START + timedelta(hours=hour % 3)) for hour in range(7)]

    seen = [item.key for item in walk(work.submissions, order=order, limit=2)]

    assert seen == sorted(added, key=lambda key: ((key - added[0]) % 3, key), reverse=True)


def test_a_person_who_says_how_urgent_it_is_ends_the_alarm(work, filled):
    work.reviews.add(filled["gas"], Findings(urgency=2))

    (gas,) = work.submissions.among([filled["gas"]])
    assert (gas.urgency, gas.look_first) == (2, False)
    first, *_ = work.submissions.list(order=ListOrder.URGENT).items
    assert first.key == filled["lamp"]


def test_what_must_be_looked_at_first_is_urgent_however_the_model_grades_it(work, add):
    key = add(work, urgency=1, look_first=True)

    assert keys(work.submissions.list(ListFilter(urgent=True))) == [key]


def test_a_person_s_units_and_sectors_count(work, filled):
    said = Findings(lead_unit="D20", assist_units=["D21"], sectors=["S05"])
    work.reviews.add(filled["lift"], said)

    for wanted in ({"unit": "D20"}, {"unit": "D21"}, {"sector": "S05"}):
        assert keys(work.submissions.list(ListFilter(**wanted))) == [filled["lift"]]
    assert filled["lift"] not in keys(work.submissions.list(ListFilter(unit="D99")))
    assert keys(work.submissions.list(ListFilter(sector="S02"))) == []


def stages(work, filled):
    items = work.submissions.among([*filled.values()])
    return {name: item.stage for item in items for name, key in filled.items() if key == item.key}


def test_a_submission_goes_through_its_stages_and_back(work, filled):
    review = work.reviews.add(filled["lift"], Findings(), confirm=True)
    merge = work.merges.merge([filled["lamp"], filled["gas"]], lead=filled["lamp"])
    work.outcomes.record(filled["school"], Outcome(disposition=Disposition.RETURNED))

    assert stages(work, filled) == {
        "lift": Stage.REVIEWED,
        "lamp": Stage.MERGED,
        "gas": Stage.MERGED,
        "school": Stage.DECIDED,
    }
    (school,) = work.submissions.among([filled["school"]])
    assert school.outcome is Disposition.RETURNED

    work.reviews.undo(review.key)
    work.merges.unmerge(merge.key)
    assert {*stages(work, filled).values()} == {Stage.WAITING, Stage.DECIDED}


def test_counts_tell_what_another_choice_would_hold(work, filled):
    counts = work.submissions.count(ListFilter(topic="T07", needs_review=False))

    assert counts.total == 2
    assert counts.of[Facet.TOPIC] == {"T07": 2}
    assert counts.of[Facet.KIND] == {Kind.PROPOSAL: 1, Kind.PUBLIC_MESSAGE: 1}
    assert counts.of[Facet.BAND] == {"": 1, "良好": 1}
    assert counts.of[Facet.URGENCY] == {"1": 1, "4": 1}
    assert counts.of[Facet.STAGE] == {Stage.WAITING: 2}

    counts = work.submissions.count(ListFilter(kind=Kind.PROPOSAL, least_urgency=3))
    assert counts.total == 0
    assert counts.of[Facet.KIND] == {Kind.PUBLIC_MESSAGE: 2}
    assert counts.of[Facet.URGENCY] == {"1": 2}
    assert counts.of[Facet.TOPIC] == {}


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"words": "建议"},
        {"kind": Kind.PROPOSAL, "band": "良好"},
        {"words": "没有", "topic": "T07"},
    ],
)
def test_a_count_is_that_of_the_list(work, filled, wanted):
    wanted = ListFilter(**wanted)

    counts, page = work.submissions.count(wanted), work.submissions.list(wanted)
    assert counts.total == len(page.items)
    assert work.submissions.list_and_count(wanted) == (page, counts)


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


@pytest.mark.parametrize("order", [one for one in ListOrder if one is not ListOrder.LATEST])
def test_a_cursor_belongs_to_its_order(work, filled, order):
    cursor = work.submissions.list(limit=1).next_cursor

    with pytest.raises(InvalidCursor, match="排序"):
        work.submissions.list(order=order, cursor=cursor)


@pytest.mark.parametrize("limit", [0, 501])
def test_a_page_has_bounds(work, limit):
    with pytest.raises(ValueError, match="limit"):
        work.submissions.list(limit=limit)
