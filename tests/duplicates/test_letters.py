from hypothesis import given
from hypothesis import strategies as st

from nlp_service.duplicates.letters import find_letters
from nlp_service.text.normalise import normalise


@given(st.text())
def test_every_letter_stands_where_it_is_said_to(text):
    text = normalise(text)

    letters, places = find_letters(text)

    assert [text[place].lower() if text[place].isascii() else text[place] for place in places] == [
        chr(letter) for letter in letters
    ]
    assert sum(map(str.isalnum, text)) == len(letters)


def test_marks_blanks_and_capitals_make_no_difference():
    one, _ = find_letters(normalise("“APP”停车难，请管一管！"))
    other, _ = find_letters(normalise("ａｐｐ停车 难\n请管（一管）……"))

    assert one.tolist() == other.tolist()


def test_traditional_characters_stay_different():
    one, _ = find_letters("停車難")
    other, _ = find_letters("停车难")

    assert one.tolist() != other.tolist()


def test_nasty_texts_can_be_read(nasty_text):
    letters, places = find_letters(normalise(nasty_text))

    assert len(letters) == len(places)
