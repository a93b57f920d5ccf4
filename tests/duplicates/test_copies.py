import json
from pathlib import Path

import numpy as np
import pytest

from nlp_service.duplicates.boilerplate import Boilerplate
from nlp_service.duplicates.copies import choose_candidates, find_copies
from nlp_service.duplicates.memory_index import MemoryWordingIndex
from nlp_service.duplicates.shared_wording import compare
from nlp_service.text.normalise import Document, normalise

from .texts import (
    CLINICS,
    FORM_LETTER,
    LIFTS,
    LIFTS_ELSEWHERE,
    NOISE,
    TITLES,
    WATER,
    edited,
    next_year,
    paragraphs,
    reworded,
    wording,
)

GOLD = Path(__file__).parents[2] / "data" / "gold" / "gold.jsonl"
OWN = {"加梯": LIFTS, "另一件": LIFTS_ELSEWHERE, "卫生院": CLINICS, "水": WATER, "噪声": NOISE}


@pytest.fixture(scope="module")
def archive():
    """Our own submissions and the texts of these tests, by id."""
    rows = map(json.loads, GOLD.read_text(encoding="utf-8").splitlines()[:400])
    texts = {row["id"]: (row["title"], row["body"]) for row in rows}
    texts |= {id: (TITLES.get(text, ""), text) for id, text in OWN.items()}
    return {id: wording(body, title) for id, (title, body) in texts.items()}


@pytest.fixture(scope="module")
def index(archive):
    index = MemoryWordingIndex()
    for id, read in archive.items():
        index.add(id, read.fingerprints)
    return index


def ids(body, index, archive, *, title=""):
    found = find_copies(wording(body, title), index, archive.__getitem__, limit=5)
    return [copy.id for copy in found]


@pytest.mark.parametrize(
    "text", [LIFTS, CLINICS, WATER, NOISE], ids=["加梯", "卫生院", "水", "噪声"]
)
@pytest.mark.parametrize(
    "change",
    [
        str,
        reworded,
        next_year,
        lambda text: edited(text, 0.05),
        lambda text: edited(text, 0.1),
        lambda text: "\n".join(reversed(paragraphs(text))),
    ],
    ids=["as it is", "other words", "next year", "5 %", "10 %", "turned round"],
)
def test_a_changed_copy_is_found_first_and_alone(text, change, index, archive):
    (expected,) = [id for id, body in OWN.items() if body == text]

    assert ids(change(text), index, archive) == [expected]


@pytest.mark.parametrize("text", [LIFTS, CLINICS, WATER], ids=["加梯", "卫生院", "水"])
@pytest.mark.parametrize("seed", range(4))
def test_a_copy_with_every_fifth_character_changed_is_found(text, seed, index, archive):
    (expected,) = [id for id, body in OWN.items() if body == text]

    assert ids(edited(text, 0.2, seed=seed), index, archive) == [expected]


def test_one_paragraph_of_another_text_is_found_beside_the_rest(index, archive):
    body = "\n".join([*paragraphs(CLINICS)[:3], paragraphs(LIFTS)[1], *paragraphs(CLINICS)[3:]])

    assert ids(body, index, archive) == ["卫生院", "加梯"]


def test_both_sources_of_a_stitched_text_are_found(index, archive):
    stitched = "\n".join([*paragraphs(LIFTS)[:3], *paragraphs(WATER)[2:]])

    assert ids(stitched, index, archive) == ["加梯", "水"]


@pytest.mark.parametrize(
    "body",
    [
        FORM_LETTER,
        "老旧小区加装电梯，一楼住户不同意怎么办？我住六楼，腿脚不好，想请街道来协调一次。",
        "建议尽快出台老旧小区加装电梯的补偿办法，让低楼层业主也得到好处，并把补贴提前拨付。",
        "乡镇卫生院缺医生，看个感冒都要进城，希望县里多派几个大夫下来坐诊。",
    ],
    ids=["school", "lifts asked", "lifts suggested", "clinics"],
)
def test_a_new_text_on_an_old_matter_is_no_copy(body, index, archive):
    assert ids(body, index, archive) == []


def test_no_two_of_our_own_submissions_are_taken_for_copies(index, archive):
    for id in list(archive)[:60]:
        found = find_copies(archive[id], index, archive.__getitem__, limit=5)
        assert found[0].id == id
        assert all(copy.shared.query.own < 0.3 for copy in found[1:]), id


def test_a_text_that_shares_only_boilerplate_is_no_copy():
    phrase = "我们专题调研组先后召开七次座谈会听取了各方面的意见"
    common = Boilerplate(common=np.unique(wording(phrase).grams))
    index, earlier = MemoryWordingIndex(), wording(f"{phrase}。{WATER}", boilerplate=common)
    index.add("水", earlier.fingerprints)
    index.add("卫生院", wording(CLINICS).fingerprints)
    query = wording(
        f"{phrase}。校门口没有斑马线，放学时车不让人，请交警来看看。", boilerplate=common
    )

    assert compare(query, earlier).passages
    assert find_copies(query, index, lambda id: earlier, limit=5) == []


def test_what_was_removed_is_not_found():
    index, read = MemoryWordingIndex(), wording(WATER)
    index.add("水", read.fingerprints)
    index.remove("水")

    assert find_copies(read, index, {}.__getitem__, limit=5) == []


def test_no_more_than_asked_for_are_compared_and_returned(index, archive):
    opened = []

    def read(id):
        opened.append(id)
        return archive[id]

    found = find_copies(archive["加梯"], index, read, limit=1, compared=3)

    assert [copy.id for copy in found] == ["加梯"]
    assert len(opened) <= 3


def test_a_text_without_letters_has_no_copies(index, archive):
    read = wording("……")

    assert read.document == Document(title="", body=normalise("……"))
    assert find_copies(read, index, archive.__getitem__, limit=5) == []


def test_what_shares_one_fingerprint_by_chance_is_not_compared_beyond_the_best(archive):
    index, read = MemoryWordingIndex(), archive["加梯"]
    index.add("copy", read.fingerprints)
    for n in range(5):
        own = np.arange(n, n + 40) * 7 + 1
        index.add(f"chance{n}", np.union1d(read.asked[n : n + 1], own))
    index.add("part", read.fingerprints[:4])

    chosen = choose_candidates(read, index)

    assert [each.id for each in chosen][:2] == ["copy", "part"]
    assert len(chosen) == 3
