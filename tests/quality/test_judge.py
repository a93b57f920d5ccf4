import datetime
from dataclasses import replace

import numpy as np
import pytest

from nlp_service.domain.quality import Scale, Verdict
from nlp_service.domain.submission import Kind, Submission
from nlp_service.quality.judge import BEYOND_POWER, SEVERAL_MATTERS, Judge, find_doubts
from nlp_service.quality.levels import SHORTEST
from nlp_service.quality.meaning import PARTS
from nlp_service.text.normalise import clean

TITLE = "关于开放柳湖小区地下车库的建议"
GOOD = (
    "一、基本情况\n"
    "柳湖小区2012年建成，6栋楼住着640户，地下车库有车位310个，从交付那天起就锁着。"
    "2024年5月，我们走访了柳湖小区等4个小区，发放问卷320份，收回301份，其中七成住户每天绕圈半小时以上才能停车。"
    "据区交警大队统计，去年周边道路违停处罚1,870起，比前年增加四成。\n"
    "二、原因分析\n"
    "车库产权登记在开发商名下，开发商欠着工程款，车库被抵押，物业无权开门。"
    "街道协调过两次，由于没有说清租金归谁，都没有谈成。\n"
    "三、具体建议\n"
    "（一）由区住建局牵头，在2026年6月底前与抵押银行签订临时使用协议，开放车位310个。\n"
    "（二）由区发改局核定收费，每个车位每月不超过200元，收入先付保洁和照明。\n"
    "（三）参照邻市2023年的试点，由街道在年底前公布使用账目，所需改造经费36万元列入区财政年度预算。\n"
)
FURTHER = (
    "石桥镇中心小学在省道边，早晚各有1,200名学生过街，路口没有红绿灯。据镇派出所登记，去年发生擦碰9起。\n"
    "我们6月去校门口数了三个早晨，家长的车占了右边一条道，原因是学校没有接送区。\n"
    "建议由区交警大队在开学前装一组按钮式信号灯；镇政府把供销社旧院子划出40个车位给家长临时停车。\n"
)
SLOGANS = (
    "停车问题事关民生，意义重大。各级各部门要提高认识，加强领导，形成合力，把这件大事抓紧抓实。"
    "要进一步加大工作力度，营造良好氛围，不断增强群众的获得感和幸福感，推动各项工作再上新台阶，"
    "以实际行动交出满意的答卷。"
)
REPORT = (
    "今年4月以来，柳湖街道连续发生电动车楼道充电引发的火情。据区消防队台账，1月至4月共12起，比去年同期多5起。"
    "我们走访了4个小区，住户反映楼下没有充电棚。建议：由区住建局牵头，9月底前在每栋楼下建一处充电棚，每处补助2万元。"
)
MESSAGE = "我是柳湖小区3栋的住户，7月12日夜里电梯停了，到今天还没有修，请物业和住建局派人来看看。"
SITUATION = GOOD[: GOOD.index("三、")].replace("原因分析", "其他")
DAMAGED = GOOD.replace("住", "\ufffd")


@pytest.fixture(scope="module")
def judge(assessor):
    if assessor.bundle.quality is None:
        pytest.skip("the default bundle judges no quality")
    return assessor.bundle.quality.judge


def document(body, title=TITLE):
    return clean(Submission(title=title, body=body))


@pytest.fixture(scope="module")
def judged(judge):
    def quality(body, kind=Kind.PROPOSAL, *, title=TITLE, **known):
        return judge.judge(document(body, title), kind, **known)

    return quality


def test_a_proposal_has_three_answers_and_six_levels(judge, judged):
    found = judged(GOOD)

    assert found.scale is Scale.PROPOSAL
    assert [each.code for each in found.answers] == ["necessary", "researched", "concrete"]
    assert [(each.code, each.name, each.weight) for each in found.levels] == [
        (each.code, each.name, each.weight) for each in judge.taxonomy.dimensions
    ]
    assert (found.marks, found.items) == ((), ())


@pytest.mark.parametrize("body", [GOOD, FURTHER, GOOD * 2], ids=["good", "other", "twice"])
def test_the_total_is_the_weighed_sum_of_the_levels_where_no_cap_is_near(judged, body):
    found = judged(body)
    total = sum(level.weight * level.level / 4 for level in found.levels)

    assert not found.notes
    assert found.score == pytest.approx(total, abs=0.2)


def test_a_level_has_the_rubrics_words_for_the_nearest_whole_level(judge, judged):
    for level, dimension in zip(judged(GOOD).levels, judge.taxonomy.dimensions, strict=True):
        assert 0 <= level.level <= 4
        assert level.meaning == dimension.levels[int(level.level + 0.5)]
        assert 0 < level.probability <= 1


def test_a_good_text_is_told_from_slogans(judged):
    good, slogans = judged(GOOD), judged(SLOGANS)

    assert good.score - slogans.score > 30
    assert good.low < 0.5 < slogans.low
    assert [answer.verdict for answer in good.answers] == [Verdict.YES] * 3
    assert Verdict.YES not in [answer.verdict for answer in slogans.answers]


def test_the_band_is_that_of_the_score(judge, judged):
    for body in (GOOD, SLOGANS, REPORT, GOOD[:200]):
        found = judged(body)
        reached = [band for band in judge.taxonomy.bands if found.score >= band.from_score]
        assert found.band == max(reached, key=lambda band: band.from_score).name


def test_a_text_that_suggests_nothing_hardly_passes_the_cap(judge, judged):
    cap = next(cap for cap in judge.taxonomy.caps if cap.dimension == "Q4")

    assert judged(SITUATION, title="柳湖小区车库的情况").score <= cap.total + 5


def test_a_cap_that_surely_holds_is_kept_and_said(judge):
    sure = replace(judge.model, absence=replace(judge.model.absence, intercept=20.0))
    stern = Judge(
        sure,
        judge.rules,
        taxonomy=judge.taxonomy,
        words=judge._words,
        segmenter=judge._segmenter,
    )
    cap = next(cap for cap in judge.taxonomy.caps if cap.dimension == "Q4")
    found = stern.judge(document(SITUATION, "柳湖小区车库的情况"), Kind.PROPOSAL)

    assert found.score == cap.total
    assert found.notes == [cap.note]
    assert {level.code: level.level for level in found.levels}["Q4"] == 0.0


def test_what_is_beyond_this_levels_power_costs_operability_alone(judged):
    before, after = judged(GOOD), judged(GOOD, gates={BEYOND_POWER: 0.9})

    assert after.score < before.score
    changed = [
        one.code
        for one, other in zip(before.levels, after.levels, strict=True)
        if one.level != other.level
    ]
    assert changed == ["Q5"]


def test_several_matters_are_a_fault_of_form(judged):
    before, after = judged(GOOD), judged(GOOD, gates={SEVERAL_MATTERS: 0.9})
    (form,) = (level for level in after.levels if level.code == "Q6")

    assert len(form.missing) == 1 + len(before.levels[-1].missing)
    assert after.score == before.score


class Lower:
    """Stands for an encoder's lower layers: all lines mean the same."""

    def __init__(self, mean):
        self.mean, self.lines = mean, []

    def line_means(self, lines):
        self.lines += lines
        return np.tile(self.mean, (len(lines), 1)), np.ones(len(lines))


def test_the_encoder_is_heard_on_what_says_something_and_on_nothing_else(judge, judged):
    if judge.model.joint is None:
        pytest.skip("the default bundle hears no encoder")
    weights = judge.model.joint.levels.meaning_weights
    hidden = weights.shape[0] // PARTS - 1
    towards = weights[:hidden].sum(axis=1)
    worse, better = Lower(-towards), Lower(towards)

    low, high = (judged(GOOD, encoder=encoder).score for encoder in (worse, better))

    assert low < high
    assert better.lines
    slogans = "各级各部门要高度重视,加强领导,提高认识,形成合力。"
    padded = Lower(towards)
    judged(f"{GOOD}\n{slogans}", encoder=padded)
    assert padded.lines == better.lines


def test_a_draft_note_asks_for_what_is_missing(judged):
    note = judged(GOOD[:200]).note

    assert note
    assert "柳湖小区" in note


def test_a_text_of_unknown_kind_is_judged_as_a_proposal(judged):
    assert judged(GOOD, Kind.UNKNOWN) == judged(GOOD)


def test_an_opinion_report_has_five_marks_that_make_its_score(judged):
    found = judged(REPORT, Kind.OPINION_REPORT, submitted_at=datetime.date(2026, 5, 20))

    assert found.scale is Scale.OPINION_REPORT
    assert len(found.marks) == 5
    assert found.score == pytest.approx(sum(mark.points for mark in found.marks))
    assert 50 < found.score <= 100
    assert (found.answers, found.levels, found.items) == ((), (), ())
    assert (found.band, found.low, found.note) == ("", 0.0, "")


def test_an_opinion_reports_dates_are_recent_against_its_submission(judged):
    report = REPORT.replace("今年4月", "2026年4月")

    def recent_dates(day):
        marks = judged(report, Kind.OPINION_REPORT, submitted_at=day).marks
        return [quote.quote for mark in marks for quote in mark.seen if quote.type == "recent_date"]

    assert "2026年4月" in recent_dates(datetime.date(2026, 5, 20))
    assert "2026年4月" not in recent_dates(datetime.date(2027, 5, 20))


def test_a_message_has_five_items_and_no_score(judged):
    found = judged(MESSAGE, Kind.PUBLIC_MESSAGE, title="")

    assert found.scale is Scale.MESSAGE
    assert found.score is None
    assert len(found.items) == 5
    assert any(item.seen for item in found.items)
    assert (found.answers, found.levels, found.marks, found.band) == ((), (), (), "")


@pytest.mark.parametrize("kind", Kind)
def test_every_scale_tells_the_evidence(judge, judged, kind):
    found = judged(GOOD, kind).evidence

    assert {quote.type for quote in found} >= {"survey", "figure", "source", "body"}
    assert all(quote.name == judge.evidence_names[quote.type] for quote in found)


@pytest.mark.parametrize("kind", [Kind.PROPOSAL, Kind.OPINION_REPORT])
def test_what_is_scored_is_told_sentence_by_sentence(judged, kind):
    told = "".join(sentence.quote for sentence in judged(GOOD, kind).sentences)

    assert "".join(told.split()) == "".join(document(GOOD).text.split())


def test_the_same_text_is_judged_alike_again(judged):
    assert judged(GOOD) == judged(GOOD)


def test_a_sound_text_is_not_in_doubt(judged):
    assert judged(GOOD).doubts == []


def test_a_text_too_short_to_be_scored_is_in_doubt():
    filled = SHORTEST - len(TITLE) - 1
    (doubt,) = find_doubts(document("车" * (filled - 1)), scored=True)

    assert f"不足 {SHORTEST} 字" in doubt
    assert find_doubts(document("车" * filled), scored=True) == []


def test_a_message_may_be_short(judged):
    assert judged(MESSAGE[:30], Kind.PUBLIC_MESSAGE, title="").doubts == []
    assert judged(MESSAGE[:30], Kind.OPINION_REPORT, title="").doubts != []


@pytest.mark.parametrize("kind", Kind)
def test_a_damaged_text_is_in_doubt(judged, kind):
    (doubt,) = judged(DAMAGED, kind).doubts

    assert "无法辨认" in doubt


def test_a_short_and_damaged_text_has_both_doubts():
    assert len(find_doubts(document("柳\ufffd小\ufffd的车\ufffd", title=""), scored=True)) == 2


@pytest.mark.parametrize("kind", Kind)
def test_any_text_is_judged(judged, kind, nasty_text):
    found = judged(nasty_text, kind, title="")

    assert found.score is None or 0 <= found.score <= 100
