from datetime import date

import pytest
from sqlalchemy import text

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import InvalidSubmission, RecordUnknown, StoreError
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Outcome, ReplyClass

FILED = Outcome(disposition=Disposition.FILED, handling_unit="D10", filing_number="2023年第118号")
REPLIED = Outcome(
    disposition=Disposition.FILED,
    handling_unit="D10",
    filing_number="2023年第118号",
    reply_class=ReplyClass.B,
    replied_on=date(2023, 8, 31),
)


def test_the_newest_outcome_counts_and_the_others_stay(work, add):
    key = add(work)
    assert work.outcomes.current(key) is None

    work.outcomes.record(key, FILED)
    recorded = work.outcomes.record(key, REPLIED)

    assert recorded.outcome == REPLIED
    assert recorded.recorded_by == "张三"
    assert work.outcomes.current(key) == recorded
    assert [entry.outcome for entry in work.outcomes.history(key)] == [FILED, REPLIED]


@pytest.mark.parametrize("disposition", list(Disposition))
def test_every_disposition_can_be_recorded(work, add, disposition):
    key = add(work)

    assert work.outcomes.record(key, Outcome(disposition=disposition)).outcome == Outcome(
        disposition=disposition
    )


def test_what_already_holds_is_not_recorded_twice(work, add):
    key = add(work)

    assert work.outcomes.record(key, FILED) == work.outcomes.record(key, FILED)
    actions = [entry.action for entry in work.audit.of(RecordKind.SUBMISSION, key)]
    assert actions.count(Action.OUTCOME_RECORDED) == 1


def test_outcomes_are_found_by_their_filing_number(work, add):
    lead, other = add(work), add(work)
    work.outcomes.record(lead, FILED)
    work.outcomes.record(other, Outcome(disposition=Disposition.NOT_FILED))

    found = work.outcomes.with_filing_number("2023年第118号")
    assert [entry.submission_key for entry in found] == [lead]
    assert work.outcomes.with_filing_number("") == []


def test_an_outcome_needs_its_submission(work):
    with pytest.raises(RecordUnknown):
        work.outcomes.record(4711, FILED)


@pytest.mark.parametrize("field", ["handling_unit", "filing_number"])
def test_a_number_is_one_line(field):
    with pytest.raises(InvalidSubmission, match="一行文字"):
        Outcome(disposition=Disposition.FILED, **{field: "118\n号"})


@pytest.mark.parametrize(
    "change",
    ["UPDATE nlp.audit SET actor = 'x'", "DELETE FROM nlp.audit", "TRUNCATE nlp.audit"],
)
def test_the_audit_only_grows(store, add, change):
    with store.transaction(actor="张三") as office:
        key = add(office)
    with pytest.raises(StoreError, match="23001"), store.transaction(actor="李四") as office:
        office.connection.execute(text(change))

    with store.reading() as office:
        assert [entry.actor for entry in office.audit.of(RecordKind.SUBMISSION, key)] == [
            "张三",
            "张三",
        ]


def test_an_act_that_is_not_committed_leaves_no_audit(store, add):
    with pytest.raises(ZeroDivisionError), store.transaction(actor="张三") as office:
        key = add(office)
        raise ZeroDivisionError

    with store.reading() as office:
        assert office.audit.of(RecordKind.SUBMISSION, key) == []


def test_the_audit_has_no_column_for_a_text(work, add, submit):
    add(work, submit("张三丰住在长青路五号"))

    work.audit.settle()
    rows = work.connection.execute(text("SELECT a::text FROM nlp.audit a")).scalars().all()
    assert rows
    assert not any("长青路" in row for row in rows)


def test_what_the_driver_refuses_is_not_told_as_a_lost_connection(store, add):
    with pytest.raises(StoreError, match="存不下"), store.transaction(actor="张\x00三") as office:
        add(office)
