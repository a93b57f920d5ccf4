"""The tags follow the matter: they stay when only the wording changes, and turn with the ask.

On our own samples, none of which the default bundle was fitted on.
"""

import pytest

from nlp_service.domain.submission import Mode, Submission

from .changes import add_neutral, is_readable, mistype, swap_places, turn_sentences, widen

SURE = 0.5
"""From this probability on a topic is more than a guess."""

MOST = 0.9
"""Share of such tags that stay under each change; a dozen to fifty samples are this sure."""

CHANGES = {
    "places swapped": swap_places,
    "full width": widen,
    "slips of the pen": mistype,
    "a neutral sentence": add_neutral,
    "sentences turned": turn_sentences,
}


@pytest.fixture(scope="module")
def readable(samples):
    return [row for row in samples if is_readable(row["body"])]


@pytest.fixture(scope="module")
def assess(assessor):
    mode = Mode.ACCURATE if assessor.bundle.stage else Mode.FAST

    def found(rows):
        submissions = [Submission(title=row["title"], body=row["body"]) for row in rows]
        return list(assessor.assess_many(submissions, mode=mode))

    return found


@pytest.fixture(scope="module")
def before(assess, readable):
    return assess(readable)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_tags_stay_when_the_matter_stays(assess, readable, before, change):
    after = assess([row | {"body": change(row["body"])} for row in readable])

    def stayed(tag_of):
        pairs = [(tag_of(one), tag_of(other)) for one, other in zip(before, after, strict=True)]
        kept = [one.code == other.code for one, other in pairs if one.probability >= SURE]
        assert len(kept) >= 10
        return sum(kept) / len(kept)

    assert stayed(lambda found: found.topic) >= MOST
    assert stayed(lambda found: found.subtopic) >= MOST
    assert stayed(lambda found: found.units[0]) >= MOST


def test_width_of_characters_changes_nothing(assess, readable, before):
    after = assess([row | {"body": widen(row["body"])} for row in readable])
    assert [found.topic for found in after] == [found.topic for found in before]


@pytest.mark.parametrize(
    ("text", "asked", "other", "head"),
    [
        ("我们小区是老旧小区，住户商量了好几次，希望能{}。", "加装电梯", "加装充电桩", "unit"),
        ("县一中门口的那块地，大家希望{}。", "盖一栋教学楼", "修一个公交站", "topic"),
        ("河边这块空地一直荒着，居民建议{}。", "建一个停车场", "建一个养老院", "topic"),
        ("乡镇卫生院旁边的老房子，建议{}。", "修成文物陈列馆", "改成托育机构", "topic"),
        ("对外卖骑手这一群体，建议{}。", "整治逆行闯红灯", "纳入工伤保险", "topic"),
    ],
)
def test_tags_turn_with_the_ask(assess, text, asked, other, head):
    one, two = assess([{"title": "", "body": text.format(ask)} for ask in (asked, other)])
    if head == "topic":
        assert one.topic.code != two.topic.code
    else:
        tags = [(found.subtopic.code, found.units[0].code) for found in (one, two)]
        assert tags[0] != tags[1]


@pytest.mark.parametrize(
    "authors",
    [
        ("我叫王强，男，住在三号楼。", "我叫欧阳晓兰，女，住在三号楼。"),
        ("本人是市政协副主席张伟，反映如下。", "本人是村委员，反映如下。"),
        ("我是湖心区居民。", "我是柳桥区居民。"),
        ("提案人：李秀英，望塔区政协常委", "提案人：陈某"),
        ("姓名：赵一，性别：男，事由如下。", "姓名：钱小满，性别：女，事由如下。"),
    ],
)
@pytest.mark.parametrize("mode", Mode)
def test_author_moves_no_score(assessor, authors, mode):
    if mode is not Mode.FAST and not assessor.bundle.stage:
        pytest.skip("the default bundle has no encoder")
    matter = "小区门口的下水道堵了半个月，一下雨就倒灌进一楼，请尽快疏通。"
    one, two = (
        assessor.assess(
            Submission(id="1", body=f"{author}\n{matter}"), mode=mode, explain=False
        ).as_dict()
        for author in authors
    )
    for found in (one, two):
        del found["text"], found["privacy"]
        del found["quality"]["evidence"], found["quality"]["sentences"]  # places in the text
        for part in (*found["gates"], *found["quality"]["items"]):
            part.pop("spans", None)  # they quote the author's sentence as it stands
            part.pop("seen", None)
    assert one == two
