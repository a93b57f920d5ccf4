from dataclasses import replace
from datetime import date

import pytest

from nlp_service.domain.adoption import AdoptedPart, turn_dial
from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.duplicates import Relation
from nlp_service.domain.errors import InvalidSubmission, RecordUnknown, ReviewRefused
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Origin, Outcome
from nlp_service.domain.reviews import Findings
from nlp_service.domain.screening import SessionScope
from nlp_service.domain.statistics import Agreement, StatisticsFilter
from nlp_service.domain.submission import Kind
from nlp_service.duplicates.groups import Link
from nlp_service.quality.certainty import DispositionCurve
from nlp_service.quality.disposition import FilingPolicy
from nlp_service.store.agreement import read_agreements
from tests.store.conftest import WEIGHTS
from tests.store.screened import judged

SESSION = SessionScope(
    name="六届三次会议", dated_from=date(2026, 1, 5), dated_until=date(2026, 1, 9), source="大会"
)
CURVE = DispositionCurve(policy=FilingPolicy(), limit=60, slope=0.2)


@pytest.fixture(scope="session")
def taxonomy(assessor):
    return assessor.bundle.taxonomy


@pytest.fixture
def propose(work, submit, assess):
    """Store a proposal of the session and return its key."""

    def make(score=70.0, low=0.1, *, on=date(2026, 1, 6), source="大会", restricted=False, **told):
        submission = submit(kind=Kind.PROPOSAL, submitted_at=on)
        assessment = judged(assess(submission, restricted=restricted), score=score, low=low, **told)
        origin = Origin(submitter=f"委员{score}", source=source)
        return work.submissions.store(submission, assessment, origin=origin).key

    return make


@pytest.fixture
def cases(work, taxonomy):
    """Return the proposals of the session, by key, in order."""
    return lambda scope=SESSION: {it.key: it for it in work.screening.cases(scope, taxonomy)}


def turned(cases, most_error=0.05, part=AdoptedPart.DISPOSITION):
    return turn_dial([*cases.values()], part=part, most_error=most_error, certainty=CURVE.certainty)


def test_a_session_holds_its_proposals_the_lowest_total_first(work, propose, cases, add):
    high, low = propose(88.0), propose(41.5)
    propose(on=date(2026, 1, 10))
    propose(source="平时")
    add(work, origin=Origin(source="大会"))

    assert list(cases()) == [low, high]
    everywhere = SessionScope(
        name="全部", dated_from=date(2026, 1, 1), dated_until=date(2026, 1, 31)
    )
    assert len(cases(everywhere)) == 4


def test_a_case_tells_what_the_machine_and_what_persons_said(work, propose, cases, taxonomy):
    key = propose(
        41.0, 0.98, suggests=Disposition.RETURNED, gates=["G10"], verdicts=("yes", "no", "doubtful")
    )
    case = cases()[key]

    assert case.reason_line == (
        "没经过深入调研（未见走访、座谈等调研）；"
        "存疑：建议不具体、没有可操作性（未见走访、座谈等调研）"
    )
    (ground,) = case.grounds
    rule = next(gate.rule for gate in taxonomy.gates if gate.code == "G10")
    assert (ground.rule, ground.quote) == (rule, "原句")
    assert case.suggestion.disposition is Disposition.RETURNED
    assert (case.decided, case.spoken, case.note) == (None, [], "请补充调研。")

    review = work.reviews.add(
        key, Findings(disposition=Disposition.NOT_FILED, gates=["G11"], topic="T07")
    )
    case = work.screening.case(key, taxonomy)
    assert case.decided is Disposition.NOT_FILED
    assert (case.decision.review_key, case.decision.decided_by) == (review.key, "张三")
    assert [(ground.code, ground.quote) for ground in case.grounds] == [("G11", "")]
    assert (case.held.topic, case.machine.topic) == ("T07", "T09")
    work.reviews.undo(review.key)
    assert cases()[key].decision is None


def test_the_nearest_case_is_the_strongest_relation_and_persons_count(work, propose, cases):
    earlier, later, alike = propose(70.0), propose(71.0), propose(72.0)
    work.outcomes.record(earlier, Outcome(disposition=Disposition.FILED, filing_number="第3号"))
    links = [
        Link(first=earlier, second=later, relation=Relation.SAME, probability=0.8),
        Link(first=later, second=alike, relation=Relation.RELATED, probability=0.99),
    ]
    work.groups.add_links(links, model="m")
    work.groups.settle()

    nearest = cases()[later].nearest
    assert (nearest.key, nearest.relation, nearest.probability) == (earlier, Relation.SAME, 0.8)
    assert nearest.outcome.filing_number == "第3号"
    assert cases()[alike].nearest.key == later

    work.groups.decide(later, earlier, Relation.NONE)
    work.groups.decide(later, alike, Relation.COPY)
    nearest = cases()[later].nearest
    assert (nearest.key, nearest.relation, nearest.probability) == (alike, Relation.COPY, 1.0)
    assert cases()[earlier].nearest is None

    work.submissions.restrict(alike, restricted=True)
    assert cases()[later].nearest is None


def test_a_member_of_a_merge_is_decided_and_its_lead_is_not(work, propose, cases):
    lead, member = propose(70.0), propose(71.0)
    work.merges.merge([lead, member], lead=lead)

    assert cases()[member].decided is Disposition.MERGED
    assert cases()[lead].decided is None
    assert cases()[lead].merge.members == [lead, member]


def test_the_dial_takes_the_most_certain_until_the_bound_is_reached(propose, cases):
    sure, surer, unsure = propose(80.0, 0.04), propose(90.0, 0.01), propose(61.0, 0.45)

    dial = turned(cases(), 0.025)
    assert [one.key for one in dial.adopted] == [surer, sure]
    assert dial.expected_error == pytest.approx(0.025)
    assert dial.share == pytest.approx(2 / 3)
    assert [one.key for one in turned(cases(), 0.024).adopted] == [surer]
    assert [one.key for one in turned(cases(), 0.2).adopted] == [surer, sure, unsure]
    assert turned({}).share == 0.0


def test_a_person_looks_at_whatever_is_not_a_matter_of_the_total(work, propose, cases):
    plain = propose(90.0, 0.001)
    propose(90.5, 0.001, gates=["G11"])
    propose(91.0, 0.001, restricted=True)
    propose(92.0, 0.001, doubts=["文本太短。"])
    first, second = propose(93.0, 0.001), propose(94.0, 0.001)
    link = Link(first=first, second=second, relation=Relation.SAME, probability=0.7)
    work.groups.add_links([link], model="m")
    work.groups.settle()
    propose(95.0, 0.001, suggests=Disposition.NOT_FILED)

    dial = turned(cases(), 0.2)

    assert [one.key for one in dial.adopted] == [plain]
    assert dial.left_out == {
        "有审查提示": 1,
        "限阅": 1,
        "文字太少、损坏或未评质量": 1,
        "疑似重复或已并案": 2,
    }
    tags = turned(cases(), 0.75, AdoptedPart.TOPIC)
    assert len(tags.adopted) == 5
    assert tags.adopted[0].said == Findings(topic="T09")


def test_adopting_is_a_review_of_each_and_undone_at_once(work, propose, cases):
    session = work.term_sessions.add(SESSION)
    keys = [propose(90.0, 0.01), propose(95.0, 0.01)]
    adoption = work.adoptions.add(session.key, turned(cases()))

    assert [cases()[key].decided for key in keys] == [Disposition.FILED] * 2
    assert all(cases()[key].decision.adopted for key in keys)
    assert turned(cases()).adopted == []
    review = work.reviews.get(adoption.reviews[0])
    assert "批量采纳系统的处理建议，共 2 件" in review.note
    (entry,) = [
        one
        for one in work.audit.of(RecordKind.TERM_SESSION, session.key)
        if one.action is Action.ADOPTED
    ]
    assert (entry.after["proposals"], entry.after["most_error"]) == (2, 0.05)

    corrected = work.reviews.add(keys[0], Findings(disposition=Disposition.CONVERTED))
    work.reviews.undo(adoption.reviews[1])
    undone = work.adoptions.undo(adoption.key)
    assert undone.undone_by == "张三"
    assert cases()[keys[0]].decision.review_key == corrected.key
    assert cases()[keys[1]].decided is None
    assert work.adoptions.of(session.key) == [undone]
    with pytest.raises(ReviewRefused, match="张三"):
        work.adoptions.undo(adoption.key)
    with pytest.raises(InvalidSubmission, match="没有可以采纳"):
        work.adoptions.add(session.key, turned({}))
    with pytest.raises(RecordUnknown):
        work.adoptions.undo(4711)


def test_agreement_counts_what_persons_decided_by_themselves(work, propose, cases):
    session = work.term_sessions.add(SESSION)
    propose(95.0, 0.001)
    work.adoptions.add(session.key, turned(cases(), 0.01))
    held, not_held, merged = propose(70.0), propose(71.0), propose(72.0)
    work.reviews.add(held, Findings(disposition=Disposition.FILED))
    work.reviews.add(not_held, Findings(disposition=Disposition.RETURNED))
    work.reviews.add(merged, Findings(disposition=Disposition.MERGED))
    work.standings.settle()
    bundle = work.submissions.get(held).assessment.bundle
    always = StatisticsFilter(first=date(2000, 1, 1), last=date(2100, 1, 1))
    told, _ = read_agreements(work.connection, always, bundle=bundle)
    assert told["disposition"] == Agreement(confirmed=1, corrected=2)

    dial = turned(cases())

    assert (dial.compared, dial.agreed) == (2, 1)


def test_sessions_are_named_changed_and_removed(work, propose):
    assert work.term_sessions.days_of_proposals() is None
    propose(on=date(2026, 1, 5), source="大会")
    propose(on=date(2026, 1, 8), source="平时")
    session = work.term_sessions.add(SESSION)
    later = SessionScope(
        name="六届四次会议", dated_from=date(2027, 1, 5), dated_until=date(2027, 1, 9)
    )
    changed = work.term_sessions.change(session.key, later)

    assert changed.scope == later
    assert work.term_sessions.list() == [changed]
    assert work.term_sessions.days_of_proposals() == (date(2026, 1, 5), date(2026, 1, 8))
    with pytest.raises(InvalidSubmission, match="六届四次会议"):
        work.term_sessions.add(later)
    work.term_sessions.remove(session.key)
    assert work.term_sessions.list() == []
    with pytest.raises(RecordUnknown):
        work.term_sessions.get(session.key)
    assert work.term_sessions.add(later).scope == later
    actions = [one.action for one in work.audit.of(RecordKind.TERM_SESSION, session.key)]
    assert actions == [Action.SESSION_NAMED, Action.SESSION_CHANGED, Action.SESSION_REMOVED]


def test_sources_are_found_each_once(work, submit, assess):
    for number, source in enumerate(["大会", "平时", "大会", "", "线上"]):
        submission = submit(id=f"第{number}号", kind=Kind.PROPOSAL)
        work.submissions.store(submission, assess(submission), origin=Origin(source=source))

    assert work.term_sessions.sources() == sorted(["大会", "平时", "线上"])


def test_a_session_without_end_is_refused(work, propose, monkeypatch):
    monkeypatch.setattr("nlp_service.store.term_sessions.MOST", 1)
    propose()
    session = work.term_sessions.add(SESSION)
    propose()

    with pytest.raises(InvalidSubmission, match="超过 1 件"):
        work.term_sessions.change(session.key, replace(SESSION, source=""))


@pytest.mark.parametrize(
    ("name", "days", "wording"),
    [
        (" ", (5, 9), "名称"),
        ("会" * 61, (5, 9), "60"),
        ("六届\n三次", (5, 9), "一行"),
        ("六届三次会议", (9, 5), "对调"),
    ],
)
def test_what_is_no_session_is_refused(name, days, wording):
    first, last = (date(2026, 1, day) for day in days)
    with pytest.raises(InvalidSubmission, match=wording):
        SessionScope(name=name, dated_from=first, dated_until=last)


def test_what_follows_from_levels_that_were_corrected_is_not_taken_over(
    work, cases, submit, assess
):
    submission = submit(kind=Kind.PROPOSAL, submitted_at=date(2026, 1, 6))
    levels = dict.fromkeys(WEIGHTS, 3.0)
    quality = assess(submission, score=75.0, band="良好", levels=levels).quality
    assessment = replace(judged(assess(submission), score=75.0, low=0.01), quality=quality)
    origin = Origin(source="大会")
    key = work.submissions.store(submission, assessment, origin=origin).key
    assert [one.key for one in turned(cases(), 0.2).adopted] == [key]

    work.reviews.add(key, Findings(levels={"Q2": 0}))

    case = cases()[key]
    assert (case.score, case.band, case.score_corrected) == (56.3, "建议退回完善", True)
    dial = turned(cases(), 0.2)
    assert (dial.adopted, dial.left_out) == ([], {"质量等级已由人更正": 1})
