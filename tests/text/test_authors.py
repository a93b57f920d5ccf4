import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_service.text.authors import find_author, without_author
from nlp_service.text.normalise import normalise


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("我叫王建国,住在河边三号楼。", ["王建国"]),
        ("我叫欧阳晓兰,女,今年四十岁。", ["欧阳晓兰", "女"]),
        ("提案人:李秀英,湖心区政协副主席\n路灯坏了。", ["李秀英,湖心区政协副主席"]),
        ("来信人:陈某;路灯坏了。", ["陈某"]),
        ("姓名:赵一,性别:男,事由:路灯坏了。", ["赵一", "男"]),
        ("本人是县人大常委会副主任,反映一件事。", ["县人大常委会副主任"]),
        ("我是市政协委员张伟,反映一件事。", ["市政协委员张伟"]),
        ("作为一名区政协委员,我走访了三个社区。", ["区政协委员"]),
        ("我是湖心区居民,楼下很吵。", ["湖心区"]),
        ("我叫李四,女,45岁,现住望塔区。", ["李四", "女", "45岁", "望塔区"]),
        ("本人是退休教师,家住苇湾区。", ["苇湾区"]),
        ("作为九三学社社员,我调研了三个村。", ["九三学社社员"]),
        ("本人是民盟盟员王丽,反映一件事。", ["民盟盟员王丽"]),
        ("界别:农工党\n党派:民革", ["农工党", "民革"]),
        ("我是柳桥区政协副主席司马玉兰。", ["柳桥区政协副主席司马玉兰"]),
    ],
)
def test_author_is_found(text, hidden):
    assert [text[start:end] for start, end in find_author(text)] == hidden


@pytest.mark.parametrize(
    "text",
    [
        "我是一名出租车司机,份子钱太高。",
        "我是返乡的农民工,工钱没有结。",
        "政协委员分成四组走访了湖心区。",
        "本人住幸福小区3栋,楼上漏水。",
        "作为省会城市,我市应当带头。",
        "教育局局长答复过一次。",
        "男厕所少,女厕所更少。",
    ],
)
def test_what_is_the_matter_stays(text):
    assert without_author(text) == text


@given(st.text(alphabet="我叫本人是王建国男女,。:提案人姓名区政协委员\n 一名作为"))
def test_blanks_keep_every_offset(text):
    text = normalise(text)
    blanked = without_author(text)
    assert len(blanked) == len(text)
    assert all(after in (before, " ") for before, after in zip(text, blanked, strict=True))
