from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from nlp_service.quality.empty_talk import EmptyTalk
from nlp_service.quality.role_wording import read_role_wording
from nlp_service.quality.roles import read_sentences
from nlp_service.text.normalise import normalise
from nlp_service.text.sentences import split_sentences

DATA = Path(__file__).parents[2] / "data"
WORDING = read_role_wording(DATA / "quality" / "roles.toml")

EMPTY = (
    "我们要以时不我待的精神状态，奋力谱写各项事业发展的崭新篇章。",
    "只要上下一心、持之以恒，就没有克服不了的困难。",
    "这项工作意义重大、影响深远，是民心所向、大势所趋。",
    "各级领导要真正把群众的冷暖放在心上，把肩上的责任扛起来。",
    "新征程上，更需要我们勇立潮头、锐意进取。",
)
CONCRETE = (
    "柳湖小区东门的路灯从3月12日起就没有亮过。",
    "建议区交警大队把学府路口的绿灯延长到25秒。",
    "去年全县有1,420名学生骑车上学，其中37人摔伤。",
    "菜场二楼的货梯坏了，摊主只好把菜一筐筐背上去。",
    "原因是老管网归水务公司管，新管网归物业管，交界处没有人修。",
    "据市教育局统计，乡镇小学的英语教师缺额为86名。",
    "由区住建局在2026年底前为12栋楼加装扶手，所需费用从维修资金列支。",
    "我们走访了石桥镇的五个村，发放问卷210份。",
    "根据《物权法》和市里的停车条例，公共车位不得出租给个人。",
    "早上七点半到八点，校门口的车要排到加油站。",
    "建议公交公司把末班车推迟到晚上十点。",
    "杭州2023年起试点预约停车，车位周转提高了三成。",
)


def talk_of(weights, *, intercept=-1.0):
    """A model that knows these pairs of characters only."""
    keys = {(ord(pair[0]) << 16) | ord(pair[1]): weight for pair, weight in weights.items()}
    return EmptyTalk(
        pairs=np.array(sorted(keys), dtype=np.uint32),
        weights=np.array([keys[key] for key in sorted(keys)], dtype=np.float32),
        intercept=np.array([intercept], dtype=np.float32),
    )


def is_empty(talk, *sentences):
    text = normalise("\n".join(sentences))
    spans = split_sentences(text)
    return talk.is_empty(
        read_sentences([span.quote for span in spans], spans, [], WORDING)
    ).tolist()


def test_every_sentence_is_judged_by_its_own_pairs():
    talk = talk_of({"雄心": 5.0, "车库": -5.0})

    assert is_empty(talk, "满怀雄心。", "车库锁着。", "路灯坏了。") == [True, False, False]


def test_pairs_are_weighed_against_each_other():
    talk = talk_of({"雄心": 5.0, "车库": -6.0})

    assert is_empty(talk, "满怀雄心。", "满怀雄心开车库。") == [True, False]


def test_known_pairs_count_less_the_more_there_are():
    talk = talk_of({"雄心": 2.0, "中性": 0.0}, intercept=-1.0)

    assert is_empty(talk, "雄心。", "雄心" + "中性" * 8) == [True, False]


def test_what_it_does_not_know_is_decided_by_the_intercept():
    assert is_empty(talk_of({"雄心": 5.0}, intercept=0.5), "路灯坏了。") == [True]
    assert is_empty(talk_of({"雄心": 5.0}, intercept=-0.5), "路灯坏了。") == [False]


def test_a_text_without_sentences_has_no_empty_one():
    assert is_empty(talk_of({"雄心": 5.0}), "") == []


def test_it_comes_back_from_its_arrays():
    talk = talk_of({"雄心": 5.0, "车库": -5.0})
    again = EmptyTalk(**load(save(dict(talk.arrays()))))

    assert is_empty(again, "满怀雄心。", "车库锁着。") == [True, False]


@pytest.fixture(scope="module")
def default_talk(assessor):
    if assessor.bundle.quality is None:
        pytest.skip("the default bundle judges no quality")
    return assessor.bundle.quality.judge.model.looker.empty_talk


def test_the_default_bundle_knows_empty_talk(default_talk):
    found = is_empty(default_talk, *EMPTY)

    assert sum(found) >= len(EMPTY) - 1, dict(zip(EMPTY, found, strict=True))


def test_the_default_bundle_leaves_most_of_what_says_something(default_talk):
    # A known weakness: plain speech (路灯没有亮过) is taken for empty now and then. Substance keeps
    # such a sentence where a place, an owner or a case anchors it.
    found = is_empty(default_talk, *CONCRETE)

    assert sum(found) <= len(CONCRETE) // 4, dict(zip(CONCRETE, found, strict=True))


def test_the_default_bundle_judges_any_text(default_talk, nasty_text):
    text = normalise(nasty_text)

    assert len(is_empty(default_talk, nasty_text)) == len(split_sentences(text))
