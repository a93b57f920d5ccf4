from datetime import date

import pytest

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import InvalidSubmission, RecordUnknown, ReviewRefused
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import ListFilter
from nlp_service.domain.reviews import LONGEST_NOTE, Findings, machine_findings
from nlp_service.domain.submission import Kind

CORRECTED = Findings(topic="T08", subtopic="T0805")


def listed(work, key):
    (item,) = work.submissions.among([key])
    return item


def keys_of(work, **wanted):
    return [item.key for item in work.submissions.list(ListFilter(**wanted)).items]


def test_both_answers_are_kept(work, add):
    key = add(work)

    review = work.reviews.add(key, CORRECTED, note="是路灯。")

    assert review.person == CORRECTED
    assert review.machine == Findings(topic="T09", subtopic="T0901")
    assert review.corrected == ["topic", "subtopic"]
    assert (review.note, review.reviewed_by) == ("是路灯。", "张三")
    assert review.assessment_key == work.assessments.current(key).key
    assert work.submissions.get(key).assessment.topic == "T09"
    *_, entry = work.audit.of(RecordKind.SUBMISSION, key)
    assert (entry.action, entry.before["topic"], entry.after["topic"]) == (
        Action.REVIEWED,
        "T09",
        "T08",
    )


def test_confirming_holds_all_that_the_machine_said(work, add):
    key = add(work, score=62.5)
    machine = machine_findings(work.assessments.current(key).answer)

    review = work.reviews.add(key, Findings(), confirm=True)

    assert review.person == review.machine == machine
    assert review.corrected == []
    assert (machine.kind, machine.lead_unit, machine.assist_units) == (
        Kind.PUBLIC_MESSAGE,
        "D01",
        ["D99"],
    )


def test_confirming_the_rest_keeps_the_correction(work, add):
    key = add(work)

    review = work.reviews.add(key, Findings(urgency=3), confirm=True)

    assert (review.person.urgency, review.machine.urgency) == (3, 1)
    assert review.person.topic == "T09"
    assert review.corrected == ["urgency"]


def test_confirming_does_not_take_back_what_was_corrected_before(work, add):
    key = add(work)
    work.reviews.add(key, CORRECTED)

    confirmed = work.reviews.add(key, Findings(), confirm=True)

    assert (confirmed.person.topic, confirmed.machine.topic) == ("T08", "T09")
    assert listed(work, key).topic == "T08"


def test_lists_show_and_filter_by_what_persons_hold(work, add):
    key, other = add(work), add(work)
    work.reviews.add(key, Findings(topic="T08", subtopic="T0805", urgency=4))
    work.reviews.add(key, Findings(lead_unit="D10", disposition=Disposition.CONVERTED))

    item = listed(work, key)
    assert (item.topic, item.subtopic, item.lead_unit, item.urgency) == ("T08", "T0805", "D10", 4)
    assert item.disposition is Disposition.CONVERTED
    assert item.reviewed_at == work.reviews.history(key)[-1].reviewed_at
    assert keys_of(work, topic="T08") == keys_of(work, lead_unit="D10") == [key]
    assert keys_of(work, topic="T09") == [other]
    assert keys_of(work, least_urgency=3) == keys_of(work, reviewed=True) == [key]
    assert keys_of(work, reviewed=False) == [other]


def test_another_topic_does_not_keep_a_subtopic_that_is_not_its_own(work, add):
    key, same = add(work), add(work)

    work.reviews.add(key, Findings(topic="T08"))
    work.reviews.add(same, Findings(topic="T09"))

    assert (listed(work, key).topic, listed(work, key).subtopic) == ("T08", "")
    assert listed(work, same).subtopic == "T0901"
    assert Findings(topic="T08").over(CORRECTED).subtopic == "T0805"
    assert Findings(topic="T07").over(CORRECTED).subtopic is None


def test_no_unit_leads_and_assists_and_no_topic_is_held_twice(work, add):
    key, other = add(work), add(work)

    led = work.reviews.add(key, Findings(lead_unit="D99"), confirm=True).person
    assisted = work.reviews.add(other, Findings(assist_units=["D01"]), confirm=True).person

    assert (led.lead_unit, led.assist_units) == ("D99", [])  # the machine let D99 assist
    assert (assisted.lead_unit, assisted.assist_units) == ("", ["D01"])  # and D01 lead
    held = Findings(topic="T08", other_topics=["T09", "T10"])
    assert Findings(topic="T09").over(held).other_topics == ["T10"]


def test_the_last_word_on_each_part_counts(work, add):
    key = add(work)
    work.reviews.add(key, Findings(levels={"Q1": 2, "Q2": 3}, urgency=2))
    work.reviews.add(key, Findings(levels={"Q2": 1}, sectors=[]))

    assert work.reviews.findings(key) == Findings(levels={"Q1": 2, "Q2": 1}, urgency=2, sectors=[])
    assert work.reviews.findings(add(work)) is None


def test_undoing_gives_back_what_counted_before(work, add):
    key = add(work)
    first = work.reviews.add(key, CORRECTED)
    second = work.reviews.add(key, Findings(topic="T07"))

    undone = work.reviews.undo(second.key)

    assert undone.undone_by == "张三"
    assert listed(work, key).topic == "T08"
    work.reviews.undo(first.key)
    assert (listed(work, key).topic, listed(work, key).reviewed_at) == ("T09", None)
    assert keys_of(work, reviewed=False) == [key]
    assert [review.key for review in work.reviews.history(key)] == [first.key, second.key]
    with pytest.raises(ReviewRefused, match="张三"):
        work.reviews.undo(first.key)


def test_a_later_assessment_does_not_take_a_persons_word_away(work, add, submit, assess):
    submission = submit()
    key = add(work, submission)
    seen = work.assessments.current(key)
    work.assessments.add(key, assess(submission, topic="T07", subtopic="T0701", bundle="linear-2"))

    old = work.reviews.add(key, Findings(urgency=2), confirm=True, assessment_key=seen.key)
    assert old.machine.topic == "T09"
    assert listed(work, key).topic == "T09"
    with pytest.raises(RecordUnknown):
        work.reviews.add(key, CORRECTED, assessment_key=work.assessments.current(add(work)).key)


@pytest.mark.parametrize("note", ["字" * (LONGEST_NOTE + 1), "a\0b"])
def test_what_is_no_note_is_refused(work, add, note):
    with pytest.raises(InvalidSubmission, match="备注"):
        work.reviews.add(add(work), CORRECTED, note=note)


def test_nothing_said_is_no_review(work, add):
    with pytest.raises(InvalidSubmission, match="至少一项"):
        work.reviews.add(add(work), Findings(), note=" ")
    with pytest.raises(RecordUnknown):
        work.reviews.add(4711, CORRECTED)
    with pytest.raises(RecordUnknown):
        work.reviews.undo(4711)


def test_what_there_is_to_learn_from(work, add):
    key, restricted, untouched, undone = add(work), add(work, restricted=True), add(work), add(work)
    work.reviews.add(key, CORRECTED)
    work.reviews.add(key, Findings(urgency=2), confirm=True)
    work.reviews.add(restricted, CORRECTED)
    work.reviews.undo(work.reviews.add(undone, CORRECTED).key)

    (text,) = work.reviews.reviewed_texts()

    stored = work.submissions.get(key).submission
    assert (text.submission_key, text.body, text.bundle) == (key, stored.body, "linear-1")
    assert (text.person.topic, text.person.urgency) == ("T08", 2)
    assert text.corrected == ["topic", "subtopic", "urgency"]
    assert not list(work.reviews.reviewed_texts(since=date(2100, 1, 1)))
    assert untouched


def test_more_texts_than_a_page_all_come(work, add, monkeypatch):
    monkeypatch.setattr("nlp_service.store.reviews._PAGE", 2)
    keys = [add(work) for _ in range(5)]
    for key in keys:
        work.reviews.add(key, CORRECTED)

    assert [text.submission_key for text in work.reviews.reviewed_texts()] == keys
