from pathlib import Path

import numpy as np

from nlp_service.domain.submission import Kind
from nlp_service.text.normalise import Document
from training.examples import Example
from training.near_copies import group_near_copies
from training.out_of_fold import grouped_folds

BODY = "我们小区三号楼的电梯已经坏了两个多星期，物业一直说等配件，楼上有坐轮椅的老人出不了门。"


def test_near_copies_share_a_group_and_others_do_not():
    texts = [
        BODY,
        BODY.replace("三号楼", "六号楼"),
        f"补充一句：{BODY}",
        "公交站牌太暗，晚上看不清车次。",
    ]
    first, second, third, other = group_near_copies(texts, seed=1)
    assert first == second == third != other


def test_groups_do_not_depend_on_the_seed():
    texts = [BODY, f"{BODY}谢谢！", "路面塌陷", "路面塌陷", "夜间施工噪音"]
    sizes = {tuple(np.bincount(group_near_copies(texts, seed=seed))) for seed in range(5)}
    assert sizes == {(2, 2, 1)}


def test_no_near_copy_straddles_folds():
    examples = [
        Example(
            id=f"{n}-{copy}",
            source="small",
            kind=Kind.PUBLIC_MESSAGE,
            document=Document(
                title="",
                body=f"第{n}件：{'甲乙丙丁戊己庚辛壬癸'[n % 10] * 30}{n * 7919}" + "。" * copy,
            ),
            labels=None,
            measured=False,
            old_category="城建",
            topic_set=frozenset({"T08"}),
        )
        for n in range(10)
        for copy in range(3)
    ]
    for fitted_on, held_out in grouped_folds(examples, folds=3, seed=1):
        matters = [
            {examples[row].id.split("-")[0] for row in rows} for rows in (fitted_on, held_out)
        ]
        assert not matters[0] & matters[1]


def test_same_seed_gives_the_same_folds(prepared):
    first, second = (grouped_folds(prepared.examples, folds=2, seed=3) for _ in range(2))
    assert all(
        np.array_equal(a, b)
        for one, two in zip(first, second, strict=True)
        for a, b in zip(one, two, strict=True)
    )


def test_corpora_of_the_first_bundle_are_never_in_the_repository():
    ours = Path(__file__).parents[2] / "data"
    names = {path.name for path in ours.rglob("*")}
    assert not names & {"messages_tipdm2020.jsonl", "proposals_js2022.jsonl"}
