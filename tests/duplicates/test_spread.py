import pytest

from nlp_service.duplicates.boilerplate import Boilerplate, learn_boilerplate
from nlp_service.duplicates.copies import find_copies
from nlp_service.duplicates.memory_index import MemoryWordingIndex
from nlp_service.duplicates.spread import read_spread

from .texts import CLINICS, FORM_LETTER, LIFTS, WATER, paragraphs, wording

SENDERS = 12


@pytest.fixture(scope="module")
def letters():
    """A form letter that a dozen sent, each with a line of one's own, and three other texts."""
    names = "赵钱孙李周吴郑王冯陈褚卫"
    sent = {
        f"业主{n}": f"{FORM_LETTER}\n我住{n + 3}栋{n * 100 + 201}室，姓{names[n]}。"
        for n in range(SENDERS)
    }
    return sent | {"加梯": LIFTS, "卫生院": CLINICS, "水": WATER}


@pytest.fixture(scope="module")
def index(letters):
    index = MemoryWordingIndex()
    for submitter, text in letters.items():
        index.add(submitter, wording(text).fingerprints, submitter=submitter)
    return index


@pytest.fixture(scope="module")
def boilerplate(index, letters):
    texts = ((submitter, wording(text).grams) for submitter, text in letters.items())
    return learn_boilerplate(index, texts, Boilerplate().set_phrases)


def test_a_form_letter_is_known_by_the_number_of_its_senders(index, boilerplate):
    spread = read_spread(wording(FORM_LETTER, boilerplate=boilerplate), index)

    assert spread.is_form_letter
    assert spread.submitters == SENDERS
    (stretch,) = spread.stretches
    assert stretch.submitters == SENDERS
    assert len(stretch.span.quote) > 0.9 * len(FORM_LETTER)


def test_the_other_senders_are_found_although_none_of_it_is_their_own(letters, index, boilerplate):
    query = wording(f"{FORM_LETTER}\n9栋的小李。", boilerplate=boilerplate)

    found = find_copies(
        query, index, lambda id: wording(letters[id], boilerplate=boilerplate), limit=20
    )

    assert {copy.id for copy in found} == {id for id in letters if id.startswith("业主")}
    for copy in found:
        assert copy.shared.query.whole > 0.9
        assert copy.shared.query.own < 0.1


def test_a_text_of_ones_own_is_no_form_letter(index, boilerplate):
    spread = read_spread(wording(WATER, boilerplate=boilerplate), index)

    assert not spread.is_form_letter
    assert (spread.submitters, list(spread.stretches)) == (1, [])


def test_a_paragraph_of_a_form_letter_is_shown_with_its_senders(index, boilerplate):
    paragraph = paragraphs(FORM_LETTER)[1]
    read = wording(f"{WATER}\n{paragraph}\n{CLINICS}", boilerplate=boilerplate)

    spread = read_spread(read, index)

    assert not spread.is_form_letter
    (stretch,) = spread.stretches
    assert stretch.submitters == SENDERS
    assert stretch.span.quote in read.document.text
    assert "适龄孩子三百多个" in stretch.span.quote


def test_many_letters_of_one_sender_are_no_form_letter():
    index = MemoryWordingIndex()
    for n in range(SENDERS):
        index.add(f"信{n}", wording(FORM_LETTER).fingerprints, submitter="同一人")

    assert read_spread(wording(FORM_LETTER), index).submitters == 1


def test_a_text_without_letters_is_shared_by_nobody(index):
    spread = read_spread(wording("。。。"), index)

    assert (spread.submitters, list(spread.stretches)) == (0, [])
