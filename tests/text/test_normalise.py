import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.submission import MAX_CHARACTERS, Submission
from nlp_service.text.normalise import clean, normalise
from nlp_service.text.sentences import split_sentences


def test_normalise_narrows_full_width_and_drops_invisible():
    assert normalise("　Ａ３区\u200b停车难！\r\n\r\n请管一管 ") == "A3区停车难!\n请管一管"


def test_normalise_keeps_traditional_characters():
    assert normalise("請問老舊小區") == "請問老舊小區"


@given(st.text())
def test_normalise_is_idempotent(text):
    once = normalise(text)
    assert normalise(once) == once


@given(st.text())
def test_sentences_quote_the_text_at_their_offsets(text):
    text = normalise(text)
    for sentence in split_sentences(text):
        assert text[sentence.start : sentence.end] == sentence.quote


@given(st.text())
def test_sentences_hold_every_character_that_is_not_blank(text):
    text = normalise(text)
    held = "".join(sentence.quote for sentence in split_sentences(text))
    assert "".join(held.split()) == "".join(text.split())


@pytest.mark.parametrize("body", ["", "   ", "\u200b\ufeff", "！！！……"])
def test_clean_refuses_a_text_without_anything_to_read(body):
    with pytest.raises(InvalidSubmission) as caught:
        clean(Submission(body=body))
    assert caught.value.code == "empty_text"


def test_submission_refuses_a_text_over_the_limit_and_names_it():
    with pytest.raises(InvalidSubmission, match=str(MAX_CHARACTERS)):
        Submission(body="字" * (MAX_CHARACTERS + 1))


def test_submission_refuses_a_lone_surrogate():
    with pytest.raises(InvalidSubmission) as caught:
        Submission(body="路\ud800灯")
    assert caught.value.code == "invalid_unicode"
