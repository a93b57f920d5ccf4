from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.duplicates.boilerplate import (
    Boilerplate,
    learn_boilerplate,
    read_set_phrases,
)
from nlp_service.duplicates.fingerprints import WINDOW
from nlp_service.duplicates.memory_index import MemoryWordingIndex
from nlp_service.duplicates.shared_wording import compare

from .texts import CLINICS, LIFTS, WATER, wording

SET_PHRASES = read_set_phrases(
    Path(__file__).parents[2] / "data" / "duplicates" / "set_phrases.toml"
)
WRITTEN = Boilerplate(set_phrases=SET_PHRASES)
HABIT = "我们专题调研组先后召开七次座谈会听取了各方面的意见"
"""What everybody in this archive writes."""


def not_own(body, boilerplate):
    read = wording(body, boilerplate=boilerplate)
    return "".join(
        chr(letter) for letter, own in zip(read.letters, read.is_own, strict=True) if not own
    )


@pytest.mark.parametrize(
    "phrase",
    [
        "为此，建议如下",
        "以上建议妥否，请审议",
        "随着经济社会的快速发展",
        "随着人民生活水平的不断提高",
        "在市委、市政府的坚强领导下",
        "加强部门之间的协作",
        "营造良好的社会氛围",
        "希望有关部门尽快处理",
        "存在以下问题",
    ],
)
def test_set_phrases_are_nobodys(phrase):
    letters = "".join(filter(str.isalnum, phrase))

    assert not_own(f"柳荫小区车库常年锁着。{phrase}：开放车库。", WRITTEN) == letters


@pytest.mark.parametrize("text", [LIFTS, CLINICS, WATER])
def test_a_real_proposal_is_nearly_all_its_authors_own(text):
    assert len(not_own(text, WRITTEN)) < 0.05 * len(text)


def test_marks_and_blanks_do_not_hide_a_set_phrase():
    assert not_own("为 此，特提出“以下建议”", WRITTEN) == "为此特提出以下建议"


def test_texts_that_share_only_set_phrases_share_nothing():
    phrases = "随着经济社会的不断发展，{}在市委、市政府的坚强领导下，{}取得了显著成效。"
    one = wording(phrases.format("垃圾多了，", "清运车"), boilerplate=WRITTEN)
    other = wording(phrases.format("老人多了，", "托老所"), boilerplate=WRITTEN)

    shared = compare(one, other)

    assert shared.query.own == shared.source.own == 0
    assert shared.query.whole > 0.5


def rare(number):
    """Letters that no other number has."""
    return "".join(chr(0x4E00 + 20 * number + step) for step in range(20))


def learnt(bodies, *, submitters):
    """What is learnt from these texts, submitted in turns."""
    index, texts = MemoryWordingIndex(), []
    for n, body in enumerate(bodies):
        read = wording(body)
        index.add(f"p{n}", read.fingerprints, submitter=f"u{n % submitters}")
        texts.append((f"u{n % submitters}", read.grams))
    return learn_boilerplate(index, texts, SET_PHRASES)


HABITUAL = [f"{rare(n)}{HABIT}{rare(n + 500)}" for n in range(12)]


def test_what_many_submitters_write_is_learnt_to_be_nobodys():
    boilerplate = learnt(HABITUAL, submitters=12)

    assert not_own(f"水厂停了。{HABIT}。水泵扬程不够。", boilerplate) == HABIT


def test_what_one_submitter_writes_again_and_again_is_not():
    assert not len(learnt(HABITUAL * 4, submitters=3).common)


@pytest.mark.parametrize(("submitters", "least"), [(5, 8), (4_000, 8), (50_000, 100)])
def test_a_large_archive_asks_for_more_submitters(submitters, least):
    class Archive:
        def count_submitters(self):
            return submitters

        def common_grams(self, at_least):
            return np.arange(3) if at_least == least else np.zeros(0, dtype=np.int64)

    assert learn_boilerplate(Archive(), [], SET_PHRASES).common.tolist() == [0, 1, 2]


@given(
    st.lists(
        st.tuples(st.sampled_from(["", *"王李赵钱孙周吴郑冯陈"]), st.integers(0, 3)), max_size=40
    )
)
def test_what_is_common_is_counted_by_submitters_around_common_fingerprints(rows):
    bodies = [f"{rare(n)}{HABIT[: 26 - 4 * cut]}{rare(n + 500)}" for n, (_, cut) in enumerate(rows)]
    index, texts = MemoryWordingIndex(), []
    for n, (body, (submitter, _)) in enumerate(zip(bodies, rows, strict=True)):
        index.add(f"p{n}", wording(body).fingerprints, submitter=submitter)
        texts.append((submitter, wording(body).grams))

    common = learn_boilerplate(index, texts, SET_PHRASES).common

    whose = defaultdict(set)
    chosen = index.common_grams(8)
    for n, (submitter, grams) in enumerate(texts):
        for at in np.flatnonzero(np.isin(grams, chosen)):
            for gram in grams[max(0, at - WINDOW + 1) : at + WINDOW].tolist():
                whose[gram].add(submitter or n)
    expected = {gram for gram, submitters in whose.items() if len(submitters) >= 8}
    assert set(common.tolist()) == expected | set(chosen.tolist())


def test_a_text_of_many_is_asked_for_as_a_whole():
    boilerplate = learnt(HABITUAL, submitters=12)
    form = wording(HABIT, boilerplate=boilerplate)
    own = wording(f"{HABIT}。{LIFTS}", boilerplate=boilerplate)

    assert form.asked.tolist() == form.fingerprints.tolist()
    assert len(own.asked) < len(own.fingerprints)


def test_nothing_is_boilerplate_where_nothing_is_known():
    assert not_own(LIFTS, Boilerplate()) == ""


def test_a_file_that_does_not_fit_is_refused(tmp_path):
    path = tmp_path / "set_phrases.toml"
    path.write_text('[[group]]\nname = "收尾"\nphrase = ["妥否请审议"]\n', encoding="utf-8")

    with pytest.raises(InvalidTaxonomy, match=r"group\[0\]\.phrase"):
        read_set_phrases(path)
