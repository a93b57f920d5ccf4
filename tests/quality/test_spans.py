"""Whatever a text is made of, everything that is said of it quotes it to the character."""

import datetime
from itertools import chain

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.submission import Kind, Mode, Submission

FRAGMENTS = (
    "一、基本情况\n",
    "二、存在问题：",
    "具体建议：",
    "【原因分析】",
    "提案人：欧阳建国，民革党员\n",
    "我是望塔区政协委员，",
    "2024年5月，我们走访了柳湖小区等4个小区，发放问卷３２０份。",
    "据市住建局统计，缺车位1,200个；",
    "去年比前年增加４．５％，",
    "例如，住户王阿姨家的门被烧坏。",
    "由于产权不清，至今无人管理！",
    "建议由区住建局牵头，在2026年底前增设车位300个，所需50万元列入预算。",
    "参照《城市养犬管理条例》和杭州的试点，",
    "要提高认识，形成合力，营造良好氛围。",
    "听说一些地方更严重……",
    "我儿子今年六岁，恳请领导帮忙安排学位。",
    "文件上盖着“绝密”字样，",
    "我和装修公司的官司已经上诉到中院。",
    "举报村支书马大龙贪污公款18万元",
    "電動車停車難🚲👨‍👩‍👧①㈠℡㎡ﬁ",
    "\ufffd\ufffd■□",
    "\u200b\ufeff\u00ad\u202e",
    "\r\n \t\u3000\x0b\x0c\x85\u2028",
    "。！？；：，、”’）】",
    "3.\n2.\n1.\n",
    "0123456789",
)

pieces = st.one_of(
    st.sampled_from(FRAGMENTS),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.text(" \n\t\r\u3000\u200b\x00\x1b", max_size=6),
    st.text("0123456789０１２,，.．%％年月日万元亿", max_size=12),
    st.text("路灯坏了小区建议由局在前增设个。，", max_size=12),
)
titles = st.lists(pieces, max_size=3).map("".join)
bodies = st.lists(pieces, max_size=12).map("".join)


def quality_spans(quality):
    """Every stretch of text that is quoted as a sign of quality."""
    parts = (
        *chain.from_iterable(each.seen for each in quality.answers),
        *chain.from_iterable((*each.seen, *each.against) for each in quality.levels),
        *chain.from_iterable(each.seen for each in quality.marks),
        *chain.from_iterable(each.seen for each in quality.items),
    )
    return (*parts, *quality.evidence, *quality.sentences)


@pytest.fixture(scope="module")
def check(assessor):
    """Assess a text as each kind and compare every quote with the text."""
    if assessor.bundle.quality is None:
        pytest.skip("the default bundle judges no quality")

    def checked(title, body, *, mode=Mode.FAST):
        for kind in Kind:
            try:
                found = assessor.assess(
                    Submission(
                        title=title, body=body, kind=kind, submitted_at=datetime.date(2026, 1, 31)
                    ),
                    mode=mode,
                )
            except InvalidSubmission:
                continue
            gates = chain.from_iterable(gate.spans for gate in found.gates)
            for span in (*quality_spans(found.quality), *gates):
                assert 0 <= span.start < span.end
                assert found.text[span.start : span.end] == span.quote

    return checked


@settings(max_examples=200)
@given(titles, bodies)
@example("", "".join(FRAGMENTS))
@example("".join(FRAGMENTS[:6]), "".join(reversed(FRAGMENTS)))
@example("\n", "建议\n")
@example("关于", "")
def test_every_quote_stands_where_it_is_said_to_stand(check, title, body):
    check(title, body)


@pytest.mark.parametrize("mode", Mode)
def test_every_quote_stands_there_in_every_mode(assessor, check, mode):
    if mode is not Mode.FAST and not assessor.bundle.stage:
        pytest.skip("the default bundle has no encoder")
    check(FRAGMENTS[19], "".join(FRAGMENTS), mode=mode)


def test_every_quote_of_nasty_texts_stands_there(check, nasty_text):
    check("", nasty_text)
    check(nasty_text, "")


def test_all_kinds_of_quotes_were_looked_at(assessor):
    """Else the above would prove nothing."""
    seen = {
        kind: assessor.assess(
            Submission(title="关于车位的建议", body="".join(FRAGMENTS), kind=kind), mode=Mode.FAST
        ).quality
        for kind in (Kind.PROPOSAL, Kind.OPINION_REPORT, Kind.PUBLIC_MESSAGE)
    }

    assert any(answer.seen for answer in seen[Kind.PROPOSAL].answers)
    assert any(level.seen for level in seen[Kind.PROPOSAL].levels)
    assert any(level.against for level in seen[Kind.PROPOSAL].levels)
    assert any(mark.seen for mark in seen[Kind.OPINION_REPORT].marks)
    assert any(item.seen for item in seen[Kind.PUBLIC_MESSAGE].items)
    assert seen[Kind.PROPOSAL].sentences
    assert all(quality.evidence for quality in seen.values())
