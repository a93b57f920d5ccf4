"""What masking finds on texts that were written for it, and what it leaves alone."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_service.domain.privacy import PrivateType
from nlp_service.domain.submission import Submission
from nlp_service.text.mask.covering import COVER, cover
from nlp_service.text.mask.masker import read_masker
from nlp_service.text.mask.numbers import is_identity_number, passes_luhn
from nlp_service.text.normalise import clean, normalise
from training.privacy import measure, read_cases

CASES = read_cases()
SURE = (
    PrivateType.PHONE,
    PrivateType.IDENTITY,
    PrivateType.BANK_CARD,
    PrivateType.PLATE,
    PrivateType.EMAIL,
)


@pytest.fixture(scope="module")
def masker():
    return read_masker()


@pytest.fixture
def shown(masker):
    """The text as it would be shown."""

    def show(text):
        text = normalise(text)
        return cover(text, masker.find(text))

    return show


@pytest.mark.parametrize("part", ["all", "held_out"])
@pytest.mark.parametrize("type", list(PrivateType))
def test_every_type_is_found_and_little_else(masker, type, part):
    cases = [case for case in CASES if part == "all" or case.held_out]
    figures = measure(masker, cases)[type]

    least = 0.98 if type in SURE else 0.90
    assert figures.found / figures.wanted >= (least if part == "all" else least - 0.05)
    assert figures.right / figures.marked >= 0.95


def test_a_third_of_the_cases_hold_nothing_to_cover():
    empty = [case for case in CASES if not case.spans]

    assert len(CASES) >= 300
    assert len(empty) >= len(CASES) / 3
    assert {span.type for case in CASES for span in case.spans} == set(PrivateType)


def test_spans_of_the_cases_quote_what_stands_there():
    for case in CASES:
        text = normalise(case.text)
        assert [text[one.start : one.end] for one in case.spans] == list(case.quotes), case.id


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("电话13800001357", "电话138****1357"),
        ("电话 139-0000-2468", "电话 139-****-2468"),
        ("手机一三八〇〇〇〇八〇二四", "手机一三八****八〇二四"),
        ("家里座机0715-8900913", "家里座机0715-890****"),
        ("手机尾号4357的", "手机尾号****的"),
        ("身份证421202198503120004", "身份证421***********0004"),
        ("卡号6217 0027 1000 0000 006", "卡号**** **** **** ***0 006"),
        ("鄂L·12A30停着", "鄂L·*****停着"),
        ("邮箱zhou_jg@163.com", "邮箱z***_**@163.com"),
        ("微信：laozhou1962", "微信:l**********"),
        ("联系人：陈玉兰", "联系人:陈**"),
        ("我叫欧阳明华，", "我叫欧***,"),
        ("家住阳光花园3栋2单元501室", "家住阳光花园*栋*单元***室"),
        ("护照号E12300456", "护照号E******56"),
    ],
)
def test_what_a_clerk_still_sees(shown, text, expected):
    assert shown(text) == expected


def test_covering_keeps_every_offset_and_is_no_news_to_itself(masker):
    for case in CASES:
        text = normalise(case.text)
        covered = cover(text, masker.find(text))
        assert len(covered) == len(text)
        assert normalise(covered) == covered
        assert all(new in (old, COVER) for old, new in zip(text, covered, strict=True))
        again = cover(covered, masker.find(covered))
        assert all(new in (old, COVER) for old, new in zip(covered, again, strict=True))


def test_a_name_that_was_told_once_is_covered_wherever_it_stands(shown):
    text = "我叫周建国,退休矿工。去年周建国三个字被登记错了,周师傅也没办法。"

    assert shown(text).count("周**") == 2
    assert "周师傅" in shown(text)
    assert shown("我叫何丹,在电子厂。何丹的工资没发。").count("何*") == 2


@pytest.mark.parametrize(
    "text",
    [
        "市长李建平在会上作了部署。",
        "请张主任协调,李书记也知道这件事。",
        "王女士和张某都没有领到补贴。",
        "请打12345或者110,也可打公司热线400-820-8820。",
        "县供电公司值班电话0715-8255555没人接。",
        "3栋2单元电梯坏了半个月。",
        "根据鄂发〔2023〕12号,项目总投资13800万元。",
    ],
)
def test_office_and_matter_stay(shown, text):
    assert shown(text) == normalise(text)


def test_title_and_body_are_covered_apart(masker):
    document = clean(Submission(title="投诉13800001357骚扰", body="我叫周建国，请查。"))

    masked = masker.mask(document)

    assert masked.document.title == "投诉138****1357骚扰"
    assert masked.document.body == "我叫周**,请查。"
    assert len(masked.document.text) == len(document.text)


def test_a_text_without_personal_data_stays_the_same_object(masker):
    document = clean(Submission(body="路灯坏了。"))

    assert masker.mask(document).document is document


def test_check_digits():
    assert is_identity_number("11010119900307000" + "1") is is_identity_number("110101199003070001")
    digits = "42120219850312000"
    assert [is_identity_number(digits + sign) for sign in "0123456789X"].count(True) == 1
    assert not is_identity_number("421202198513120004")  # no month 13
    assert [passes_luhn("622848006000000000" + digit) for digit in "0123456789"].count(True) == 1


HOSTILE = [
    "1", "1 ", "12 ", "一", "138 0000 ", "3-", "a@", "a.", "@", "微信", "姓名:张", "村民张 ", "QQ ",
    "3栋", "鄂L ", "张、", "家住路1号", " ", "女士", "我叫欧阳", " at ", "1组2", "6228", "住院号1 ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_texts_cost_no_more_a_character_than_their_length_asks(masker, piece):
    """Counted in steps of the interpreter, not in time: eight times the text, about eight times
    the steps."""
    short, long = (_steps(masker, (piece * length)[:length]) for length in (2_000, 16_000))

    assert long <= 8 * 1.5 * short + 10_000


def _steps(masker, text):
    """How many finds a text leads to, which is what a search that runs wild multiplies."""
    import sys

    count = itertools.count()

    def trace(frame, event, argument):
        next(count)

    sys.setprofile(trace)
    try:
        masker.find(text)
    finally:
        sys.setprofile(None)
    return next(count)


def test_a_hundred_thousand_hostile_characters_are_read_to_the_end(masker):
    text = ("138 0000 " * 12_000)[:100_000]

    assert len(cover(text, masker.find(text))) == len(text)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="1380 -张三姓名:栋单元室号@#.微信鄂LA路村组住我叫,。\n一二", max_size=60))
def test_any_text_keeps_its_length_and_no_two_spans_overlap(text):
    masker = _masker()
    found = masker.find(text)

    assert len(cover(text, found)) == len(text)
    for one, other in itertools.pairwise(found):
        assert one.end <= other.start
    assert all(0 <= one.start < one.end <= len(text) for one in found)


_made = []


def _masker():
    if not _made:
        _made.append(read_masker())
    return _made[0]
