import dataclasses
import json
from datetime import date

import pytest

from nlp_service.assess import Assessor
from nlp_service.domain.quality import Disposition, Scale
from nlp_service.domain.submission import Kind, Mode, Submission
from nlp_service.quality.disposition import FilingPolicy
from nlp_service.quality.gates import GateCurves

PROPOSAL = Submission(
    title="关于开放柳湖小区地下车库的建议",
    body=(
        "柳湖小区640户人家，地下车库的310个车位从交付起就锁着。2024年5月，我们走访了4个小区，发放问卷320份，"
        "七成住户每天绕圈半小时。据区交警大队统计，去年周边违停处罚1,870起。由于车库产权不清，物业无权开门。\n"
        "建议：一、由区住建局牵头，2026年6月底前签订临时使用协议，开放车位310个；"
        "二、由区发改局核定收费，所需经费36万元列入区财政预算。"
    ),
    kind=Kind.PROPOSAL,
)
REPORT = dataclasses.replace(PROPOSAL, kind=Kind.OPINION_REPORT)
MESSAGE = Submission(
    body="我是柳湖小区3栋的住户，7月12日夜里电梯停了，到今天没有人修，请住建局派人来看看。",
    kind=Kind.PUBLIC_MESSAGE,
)
SECRET = Submission(
    title="情况反映",
    body=(
        "我在单位翻到一份盖有“绝密”字样的会议纪要，文件右上角标着机密★二十年，写的是全市应急电源的布点。"
        "我抄了三段，注明不得外传，请委员们看看。"
    ),
    kind=Kind.PROPOSAL,
)
ACCUSATION = Submission(
    title="举报柳湖村支书马大龙",
    body=(
        "我实名举报柳湖村支部书记马大龙，他贪污征地补偿款18万元，还收受包工头贿赂，殴打上访的村民，"
        "请纪委立案查处，追究他的刑事责任。"
    ),
    kind=Kind.PROPOSAL,
)
PRIVATE = Submission(
    title="请帮我儿子上学",
    body=(
        "我儿子今年六岁，户口不在本市，我离婚后一个人带他，没有房子。我妈瘫痪在床三年，低保申请交了半年没批。"
        "恳请领导帮我儿子安排一个学位，再给我家批一个低保。"
    ),
)


@pytest.fixture(scope="module", autouse=True)
def bundle(assessor):
    if assessor.bundle.quality is None:
        pytest.skip("the default bundle judges no quality")
    return assessor.bundle


@pytest.fixture(scope="module")
def assess(assessor):
    """Assess in the quick way: what is asked here does not hang on the encoder."""

    def found(submission, **options):
        return assessor.assess(submission, mode=Mode.FAST, **options)

    return found


@pytest.fixture(scope="module")
def ruled(bundle):
    """The bundle as if every strong rule hit had proved right."""

    def for_all(value):
        return dict.fromkeys(bundle.model.heads["gates"], value)

    curves = GateCurves(
        slope=for_all(1.0),
        strong=for_all(20.0),
        weak=for_all(2.0),
        intercept=for_all(0.0),
        show=for_all(0.5),
    )
    finder = dataclasses.replace(bundle.quality.gates, curves=curves)
    return dataclasses.replace(bundle, quality=dataclasses.replace(bundle.quality, gates=finder))


@pytest.fixture(scope="module")
def assess_ruled(ruled):
    assessor = Assessor(ruled)

    def found(submission, **options):
        return assessor.assess(submission, mode=Mode.FAST, **options)

    return found


def codes(gates):
    return {gate.code for gate in gates}


@pytest.mark.parametrize("submission", [PROPOSAL, MESSAGE, SECRET], ids=["one", "two", "three"])
def test_quality_is_told_only_where_it_was_asked_for(assess, submission):
    with_it, without = assess(submission), assess(submission, quality=False)

    assert with_it.quality
    assert without.quality is None
    assert without.disposition is None
    assert without.gates == with_it.gates
    assert without.topic == with_it.topic


def test_many_are_judged_only_where_it_was_asked_for(assessor):
    submissions = [PROPOSAL, MESSAGE]
    with_it = list(assessor.assess_many(submissions, mode=Mode.FAST))
    without = list(assessor.assess_many(submissions, mode=Mode.FAST, quality=False))

    assert [found.quality.scale for found in with_it] == [Scale.PROPOSAL, Scale.MESSAGE]
    assert [found.quality for found in without] == [None, None]


def test_quality_does_not_hang_on_reasons(assess):
    assert assess(PROPOSAL).quality == assess(PROPOSAL, explain=False).quality


@pytest.mark.parametrize(
    ("submission", "scale"),
    [
        (PROPOSAL, Scale.PROPOSAL),
        (REPORT, Scale.OPINION_REPORT),
        (MESSAGE, Scale.MESSAGE),
    ],
)
def test_only_a_proposal_has_a_disposition(assess, submission, scale):
    found = assess(submission)

    assert found.quality.scale is scale
    assert (found.disposition is not None) == (scale is Scale.PROPOSAL)


def test_a_stated_day_reaches_an_opinion_reports_marks(assess):
    soon, late = (
        assess(dataclasses.replace(REPORT, submitted_at=day)).quality.marks[0]
        for day in (date(2024, 5, 30), date(2027, 5, 30))
    )

    assert soon.code == "timely"
    assert soon.points > late.points


def test_a_good_proposal_is_filed_and_told_why(assess):
    found = assess(PROPOSAL).disposition

    assert found.disposition is Disposition.FILED
    assert found.name == "立案"
    assert "立案线 60" in found.reasons[0]


@pytest.mark.parametrize(
    ("limits", "disposition"),
    [
        ({"file_from": 100, "convert_from": 10}, Disposition.CONVERTED),
        ({"file_from": 100, "convert_from": 100}, Disposition.RETURNED),
        ({"file_from": 10, "convert_from": 10}, Disposition.FILED),
    ],
)
def test_the_policy_decides_what_a_score_leads_to(bundle, assess, limits, disposition):
    stern = Assessor(bundle, policy=FilingPolicy(**limits))
    found = stern.assess(PROPOSAL, mode=Mode.FAST)

    assert found.disposition.disposition is disposition
    assert found.quality == assess(PROPOSAL).quality


def test_the_policy_decides_what_a_ground_leads_to(ruled, assess_ruled):
    mild = FilingPolicy(not_filed=(), converted=("G1",), returned=())
    found = Assessor(ruled, policy=mild).assess(SECRET, mode=Mode.FAST)

    assert assess_ruled(SECRET).disposition.disposition is Disposition.NOT_FILED
    assert found.disposition.disposition is Disposition.CONVERTED


@pytest.mark.parametrize(
    ("submission", "code"), [(SECRET, "G1"), (ACCUSATION, "G9"), (PRIVATE, "G7")]
)
def test_a_ground_has_the_rules_wording_and_what_the_rule_found(
    ruled, assess_ruled, submission, code
):
    found = assess_ruled(submission)
    (gate,) = (gate for gate in found.gates if gate.code == code)
    (rule,) = (rule for rule in ruled.taxonomy.gates if rule.code == code)

    assert (gate.name, gate.rule, gate.restricted) == (rule.name, rule.rule, rule.restricted)
    assert "rule" in gate.found_by
    assert gate.spans
    assert all(found.text[span.start : span.end] == span.quote for span in gate.spans)


def test_found_by_says_whether_the_models_alone_would_show_it(ruled, assess_ruled):
    def found_by(show):
        thresholds = dataclasses.replace(
            ruled.thresholds, show=ruled.thresholds.show | {"gates": show}
        )
        assessor = Assessor(dataclasses.replace(ruled, thresholds=thresholds))
        gates = assessor.assess(SECRET, mode=Mode.FAST).gates
        return next(gate.found_by for gate in gates if gate.code == "G1")

    assert found_by(show=0.0) == ["rule", "model"]
    assert found_by(show=1.1) == ["rule"]


def test_grounds_quote_their_place_even_without_reasons(assess_ruled):
    gates = assess_ruled(SECRET, explain=False).gates

    assert gates
    assert all(gate.spans for gate in gates)


@pytest.mark.parametrize("submission", [SECRET, ACCUSATION], ids=["secret", "accusation"])
def test_secrets_and_accusations_stop_open_display(assess_ruled, submission):
    assert assess_ruled(submission).restricted


@pytest.mark.parametrize("submission", [PROPOSAL, MESSAGE, PRIVATE], ids=["one", "two", "three"])
def test_nothing_else_stops_open_display(assess_ruled, submission):
    found = assess_ruled(submission)

    assert not codes(found.gates) & {"G1", "G9"}
    assert not found.restricted


@pytest.mark.parametrize(
    ("submission", "code"), [(SECRET, "G1"), (ACCUSATION, "G9"), (PRIVATE, "G7")]
)
def test_the_default_bundle_shows_the_plainest_cases(assess, submission, code):
    assert code in codes(assess(submission).gates)


def test_a_personal_matter_is_a_reason_in_a_proposal_and_none_in_a_message(assess_ruled):
    asked = {
        kind: assess_ruled(dataclasses.replace(PRIVATE, kind=kind))
        for kind in (Kind.PROPOSAL, Kind.PUBLIC_MESSAGE)
    }
    reasons = {kind: {each.code for each in found.reasons} for kind, found in asked.items()}

    assert all("G7" in codes(found.gates) for found in asked.values())
    assert "gate_G7" in reasons[Kind.PROPOSAL]
    assert "gate_G7" not in reasons[Kind.PUBLIC_MESSAGE]


def test_any_other_ground_is_a_reason_in_a_message_too(assess_ruled):
    found = assess_ruled(dataclasses.replace(ACCUSATION, kind=Kind.PUBLIC_MESSAGE))

    assert "gate_G9" in {reason.code for reason in found.reasons}


@pytest.mark.parametrize("kind", [Kind.PROPOSAL, Kind.OPINION_REPORT])
def test_a_text_too_short_to_be_judged_asks_for_a_person(assess, kind):
    found = assess(dataclasses.replace(MESSAGE, kind=kind))

    assert found.needs_review
    assert [each.message for each in found.reasons if each.code == "quality_unsure"] == list(
        found.quality.doubts
    )
    assert found.quality.doubts


def test_a_short_message_is_no_reason(assess):
    assert "quality_unsure" not in {reason.code for reason in assess(MESSAGE).reasons}


def test_a_bundle_without_quality_still_assesses(bundle):
    plain = Assessor(dataclasses.replace(bundle, quality=None))
    found = plain.assess(ACCUSATION, mode=Mode.FAST)

    assert found.topic.code
    assert "G9" in codes(found.gates)
    assert (found.quality, found.disposition) == (None, None)
    assert all(gate.found_by == ["model"] and gate.rule for gate in found.gates)
    assert found.restricted == any(gate.restricted for gate in found.gates)
    assert plain.evidence_names == plain.questions == {}


def test_an_assessor_names_evidence_and_questions(assessor):
    assert assessor.evidence_names["survey"] == "走访调研"
    assert list(assessor.questions) == ["necessary", "researched", "concrete"]


@pytest.mark.parametrize("submission", [PROPOSAL, REPORT, MESSAGE], ids=["one", "two", "three"])
def test_all_of_it_is_plain_json(assess, submission):
    found = assess(submission).as_dict()
    again = json.loads(json.dumps(found, ensure_ascii=False))

    assert again["quality"]["scale"] == submission.kind.value.replace("public_", "")
    assert again["quality"]["evidence"]
