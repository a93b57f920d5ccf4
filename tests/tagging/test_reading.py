"""What an encoder reads of short and long texts."""

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from nlp_service.tagging.reading import Reading, Tail
from nlp_service.text.normalise import Document

PREFIX = "问:"
LONG = Document(title="", body="甲" * 30 + "具体建议:" + "乙" * 10 + "丙" * 10)


def reading(tail, *, most_tokens=20, tail_share=0.5):
    """Read with a tokenizer of one token a character."""
    characters = sorted({*PREFIX, *LONG.text, "丁"})
    vocabulary = {token: n for n, token in enumerate(["<s>", "</s>", "<unk>", *characters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    return Reading(
        tokenizer=tokenizer,
        prefix=PREFIX,
        most_tokens=most_tokens,
        tail_share=tail_share,
        tail=tail,
    )


def said(way, document):
    """Return the tokens read, joined."""
    (row,) = way.rows([document])
    return "".join(way.tokenizer.id_to_token(token) for token in row)


def test_short_text_is_read_whole():
    assert said(reading(Tail.END), Document(title="", body="丁丁")) == "<s>问:丁丁</s>"


def test_long_text_is_read_from_both_ends():
    assert said(reading(Tail.END), LONG) == "<s>问:" + "甲" * 7 + "丙" * 9 + "</s>"


def test_long_text_is_read_from_its_beginning_and_its_suggestions():
    assert (
        said(reading(Tail.SUGGESTIONS), LONG)
        == "<s>问:" + "甲" * 7 + "具体建议:" + "乙" * 4 + "</s>"
    )


@pytest.mark.parametrize("body", ["甲" * 50, "甲" * 45 + "具体建议:"])
def test_without_room_behind_the_suggestions_the_end_is_read(body):
    document = Document(title="", body=body)
    assert said(reading(Tail.SUGGESTIONS), document) == said(reading(Tail.END), document)


@pytest.mark.parametrize("body", ["具体建议:" + "乙" * 50, "甲具体建议:" + "乙" * 50])
def test_suggestions_at_the_beginning_are_read_once(body):
    document = Document(title="", body=body)
    assert said(reading(Tail.SUGGESTIONS), document) == "<s>问:" + body[:16] + "</s>"


@pytest.mark.parametrize("tail", Tail)
def test_located_row_holds_the_same_tokens_at_their_places(tail):
    way = reading(tail)
    row, starts, ends = way.located_row(LONG)
    assert row == way.rows([LONG])[0]
    for token, start, end in zip(row, starts, ends, strict=True):
        if end > start:
            assert way.tokenizer.id_to_token(token) == LONG.text[start:end]
    assert (ends[:3] == 0).all()
    assert ends[-1] == 0


def windows(way, lines):
    return ["".join(map(way.tokenizer.id_to_token, each.ids)) for each in way.windows(lines)]


def test_windows_hold_every_line_in_order_and_break_none_that_fits():
    lines = ["甲" * 10, "乙" * 5, "丙" * 9, "丁"]

    found = windows(reading(Tail.END), lines)

    assert found == ["<s>问:" + "甲" * 10 + "乙" * 5 + "</s>", "<s>问:" + "丙" * 9 + "丁</s>"]
    assert windows(reading(Tail.END), []) == []


def test_a_line_longer_than_a_window_is_cut():
    found = windows(reading(Tail.END), ["丁", "甲" * 50])

    assert found == ["<s>问:丁</s>", "<s>问:" + "甲" * 16 + "</s>"]


def test_a_window_gives_each_line_the_mean_of_its_own_tokens():
    (window,) = reading(Tail.END).windows(["甲乙", "", "丙"])
    vectors = np.arange(len(window.ids), dtype=float)[:, None] ** 2

    first = 1 + len(PREFIX)  # behind the beginning of every row
    assert window.tokens.tolist() == [2, 0, 1]
    assert window.means(vectors)[:, 0] == pytest.approx(
        [(first**2 + (first + 1) ** 2) / 2, 0, (first + 2) ** 2]
    )
