import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import (
    InvalidSubmission,
    MergeRefused,
    RecordUnknown,
    ReferenceTaken,
)
from nlp_service.domain.records import Origin
from nlp_service.domain.submission import Kind, Submission
from nlp_service.text.normalise import clean

WANG = Origin(submitter="王五", district="城东区", source="热线")


def as_read(assessment):
    """The JSON shape as any reader of JSON gets it: lists for tuples."""
    return json.loads(json.dumps(assessment.as_dict()))


def count(work):
    return len(work.submissions.list(limit=500).items)


def test_what_was_stored_comes_back_to_the_character(work, assess, nasty_text):
    submission = Submission(
        title="　标题\r\nＡ３\x00\ufeff",
        body=f"{nasty_text}\x00\r\n",
        kind=Kind.PROPOSAL,
        id="2023-118",
    )
    assessment = assess(submission, score=71.3)
    at = datetime(2026, 3, 1, 20, 30, 1, 234567, tzinfo=UTC)

    stored = work.submissions.store(submission, assessment, origin=WANG, received_at=at)
    found = work.submissions.get(stored.key)

    assert stored.created
    original = work.originals.read(stored.key)
    assert (original.title, original.body) == (submission.title, submission.body)
    assert found.submission.title == "标题 A3"
    assert found.submission.text == assessment.text
    assert found.submission.reference == "2023-118"
    assert found.submission.kind is Kind.PROPOSAL
    assert found.submission.origin == WANG
    assert found.submission.received_at == at
    assert found.submission.dated_on == date(2026, 3, 2)  # the day in China
    assert found.assessment.answer == as_read(assessment)
    assert list(found.assessment.answer) == list(assessment.as_dict())
    assert found.assessment.score == 71.3


def test_real_assessments_come_back_whole(work, assessor, samples):
    for sample in samples[:6]:
        submission = Submission(
            id=sample["id"],
            title=sample.get("title", ""),
            body=sample["body"],
            kind=Kind(sample["kind"]),
        )
        assessment = assessor.assess(submission)

        stored = work.submissions.store(submission, assessment)
        found = work.submissions.get(stored.key).assessment

        assert found.answer == as_read(assessment)
        assert found.topic == assessment.topic.code
        assert found.lead_unit == assessment.units[0].code
        assert found.urgency == assessment.urgency.level
        assert found.score == (assessment.quality.score if assessment.quality else None)
        assert (found.bundle, found.taxonomy) == (
            assessment.versions.bundle,
            assessment.versions.taxonomy,
        )
        assert not work.submissions.store(submission, assessment).created


def test_the_day_it_was_submitted_counts_where_it_is_known(work, submit, assess):
    submission = submit(submitted_at=date(2020, 2, 29))

    stored = work.submissions.store(submission, assess(submission))

    assert work.submissions.get(stored.key).submission.dated_on == date(2020, 2, 29)


def test_a_moment_without_a_zone_is_refused(work, submit, assess):
    submission = submit()

    with pytest.raises(ValueError, match="time zone"):
        work.submissions.store(submission, assess(submission), received_at=datetime(2026, 1, 1))


@pytest.mark.parametrize("origin", [None, WANG])
@pytest.mark.parametrize("reference", ["", "118"])
def test_the_same_is_stored_once(work, submit, assess, origin, reference):
    submission = submit(id=reference)
    first = work.submissions.store(submission, assess(submission), origin=origin)
    again = work.submissions.store(submission, assess(submission), origin=origin)

    assert (again.key, again.created) == (first.key, False)
    assert count(work) == 1
    assert len(work.assessments.history(first.key)) == 1
    assert [entry.action for entry in work.audit.of(RecordKind.SUBMISSION, first.key)] == [
        Action.STORED,
        Action.ASSESSED,
    ]


def test_a_known_submitter_hands_in_a_text_once_under_whatever_number(work, submit, assess):
    first, second = submit("同样的话，路灯坏了。", id="1"), submit("同样的话,路灯坏了。 ", id="2")
    stored = work.submissions.store(first, assess(first), origin=WANG)

    again = work.submissions.store(second, assess(second), origin=WANG)

    assert (again.key, again.created) == (stored.key, False)
    assert work.originals.read(stored.key).body == first.body


@pytest.mark.parametrize(
    "other",
    [
        Origin(submitter="赵六", source="热线"),
        Origin(source="热线"),
    ],
)
def test_the_same_text_of_another_submitter_is_another_submission(work, submit, assess, other):
    first = submit("我们小区的路灯坏了。")
    work.submissions.store(first, assess(first), origin=WANG)

    assert work.submissions.store(first, assess(first), origin=other).created
    assert count(work) == 2


def test_unknown_submitters_with_different_numbers_may_be_different_people(work, submit, assess):
    for number in ("1", "2"):
        submission = submit("我们小区的路灯坏了。", id=number)
        assert work.submissions.store(submission, assess(submission)).created

    assert count(work) == 2


def test_a_proposal_may_also_come_in_as_an_opinion_report(work, submit, assess):
    for kind in (Kind.PROPOSAL, Kind.OPINION_REPORT):
        submission = submit("关于加装电梯的建议。", kind=kind, id="7")
        assert work.submissions.store(submission, assess(submission), origin=WANG).created


def test_a_number_stands_for_one_text_within_its_source_and_kind(work, submit, assess):
    first, second = submit(id="118"), submit(id="118")
    key = work.submissions.store(first, assess(first), origin=WANG).key

    with pytest.raises(ReferenceTaken, match=f"118 已是来件 {key}") as caught:
        work.submissions.store(second, assess(second), origin=Origin(source="热线"))
    assert second.body not in str(caught.value)
    assert work.submissions.store(second, assess(second), origin=Origin(source="网站")).created
    assert len(work.submissions.with_reference("118")) == 2
    assert work.submissions.with_reference("") == []


@pytest.mark.parametrize("reference", ["一" * 201, "1\n2", "a\x00"])
def test_what_is_no_number_is_refused(work, submit, assess, reference):
    submission = submit(id=reference)

    with pytest.raises(InvalidSubmission, match="编号"):
        work.submissions.store(submission, assess(submission))


def test_names_may_be_spaced_as_offices_do(work, add):
    origin = Origin(submitter="张　三", district="城东\u00a0区", source="\u200b热线")

    assert work.submissions.get(add(work, origin=origin)).submission.origin == origin


@pytest.mark.parametrize("field", ["submitter", "district", "source"])
@pytest.mark.parametrize("value", ["一" * 201, "a\x00", "a\nb"])
def test_what_is_no_name_is_refused(field, value):
    with pytest.raises(InvalidSubmission, match="一行文字"):
        Origin(**{field: value})


def test_the_longest_names_fit(work, submit, assess):
    submission = submit("字" * 20_000, id="一" * 200)
    origin = Origin(submitter="人" * 200, source="源" * 200)

    assert work.submissions.store(submission, assess(submission), origin=origin).created
    assert not work.submissions.store(submission, assess(submission), origin=origin).created


@pytest.mark.parametrize("origin", [Origin(), WANG])
def test_two_writers_at_once_store_it_once(store, submit, assess, origin):
    for _ in range(5):
        submission, start = submit(id="同号" if origin == WANG else ""), threading.Barrier(2)

        def write(_, submission=submission, start=start):
            with store.transaction(actor="并行") as office:
                start.wait()
                return office.submissions.store(submission, assess(submission), origin=origin)

        with ThreadPoolExecutor(2) as writers:
            results = list(writers.map(write, range(2)))

        assert results[0].key == results[1].key
        assert sorted(result.created for result in results) == [False, True]
        with store.transaction(actor="张三") as office:
            assert len(office.assessments.history(results[0].key)) == 1
            office.submissions.delete(results[0].key)


@pytest.mark.parametrize("first_stays", [True, False])
def test_a_writer_waits_for_what_becomes_of_the_first(store, submit, assess, first_stays):
    submission, stored = submit(), threading.Event()

    def write_second():
        stored.wait()
        with store.transaction(actor="second") as office:
            return office.submissions.store(submission, assess(submission))

    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(write_second)
        try:
            with store.transaction(actor="first") as office:
                first = office.submissions.store(submission, assess(submission))
                stored.set()
                assert not second.done()
                if not first_stays:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        result = second.result(timeout=20)

    assert result.created is not first_stays
    assert (result.key == first.key) is first_stays


def test_a_new_assessment_becomes_current_and_the_old_one_stays(work, submit, assess):
    submission = submit()
    key = work.submissions.store(submission, assess(submission, topic="T01")).key

    assert work.assessments.add(key, assess(submission, topic="T02", bundle="encoder-3"))
    assert not work.assessments.add(key, assess(submission, topic="T02", bundle="encoder-3"))
    assert work.assessments.add(key, assess(submission, topic="T01"))  # back to the old bundle

    history = work.assessments.history(key)
    assert [(one.topic, one.current) for one in history] == [
        ("T01", False),
        ("T02", False),
        ("T01", True),
    ]
    assert work.submissions.get(key).assessment == history[-1]


def test_an_assessment_that_says_less_does_not_become_current(work, submit, assess):
    submission = submit()
    key = work.submissions.store(submission, assess(submission, score=70.0)).key

    assert not work.assessments.add(key, assess(submission, topic="T02"))  # without quality
    assert work.assessments.add(key, assess(submission, topic="T02", bundle="encoder-3"))

    assert [one.topic for one in work.assessments.history(key)] == ["T09", "T02"]


def test_those_of_some_keys_that_are_there_are_listed_by_key(work, add):
    keys = [add(work) for _ in range(4)]
    work.submissions.delete(keys[1])

    assert [item.key for item in work.submissions.among([*keys[::-1], 4711])] == [
        keys[0],
        keys[2],
        keys[3],
    ]
    assert work.submissions.among([]) == []


def test_assessments_of_another_version_are_found(work, add, assess, submit):
    old = add(work, bundle="linear-1")
    add(work, bundle="encoder-3")
    older = add(work, bundle="encoder-3", taxonomy="0.9")
    work.submissions.delete(add(work, bundle="linear-1"))

    find = work.assessments.outdated
    assert find(bundle="encoder-3", taxonomy="1.0.0", limit=10) == [old, older]
    assert find(bundle="encoder-3", taxonomy="1.0.0", limit=1) == [old]


def test_a_restriction_is_only_lifted_by_a_person(work, submit, assess):
    submission = submit()
    key = work.submissions.store(submission, assess(submission, restricted=True)).key

    work.assessments.add(key, assess(submission, restricted=False, bundle="encoder-3"))
    assert work.submissions.get(key).submission.restricted

    work.submissions.restrict(key, restricted=False)
    work.submissions.restrict(key, restricted=False)
    assert not work.submissions.get(key).submission.restricted
    actions = [entry.action for entry in work.audit.of(RecordKind.SUBMISSION, key)]
    assert actions.count(Action.UNRESTRICTED) == 1


def test_a_deleted_submission_is_out_of_sight_but_not_lost(work, add, submit, assess):
    submission = submit(id="9")
    key = add(work, submission)

    work.submissions.delete(key)

    assert count(work) == 0
    assert work.submissions.with_reference("9") == []
    found = work.submissions.get(key, even_deleted=True)
    assert found.submission.text == clean(submission).text
    for attempt in (
        lambda: work.submissions.get(key),
        lambda: work.submissions.delete(key),
        lambda: work.submissions.restrict(key, restricted=True),
        lambda: work.assessments.add(key, assess(submission)),
    ):
        with pytest.raises(RecordUnknown, match=str(key)):
            attempt()
    assert add(work, submission) != key  # it may come in again


def test_a_merged_submission_is_not_deleted(work, add):
    first, second = add(work), add(work)
    work.merges.merge([first, second], lead=first)

    with pytest.raises(MergeRefused, match="先撤销并案"):
        work.submissions.delete(second)


def test_a_submission_that_is_not_there(work):
    with pytest.raises(RecordUnknown, match="4711"):
        work.submissions.get(4711)
