import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_service.duplicates.boilerplate import Boilerplate
from nlp_service.duplicates.letters import find_letters
from nlp_service.duplicates.shared_wording import compare
from nlp_service.duplicates.wording import Section, read_wording
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

texts = st.one_of(st.text(max_size=120), st.text(alphabet="停车难管a1,。 \n", max_size=120))
ORIGINAL = wording(LIFTS, TITLES[LIFTS])


def read(text):
    return read_wording(Document(title="", body=normalise(text)), Boilerplate())


def runs(shared):
    return [run for passage in shared.passages for run in passage.runs]


def letters(text):
    return find_letters(text)[0].tolist()


@given(texts, texts)
def test_spans_stand_in_both_texts_and_hold_the_same_letters(one, other):
    query, source = read(one), read(other)

    for run in runs(compare(query, source)):
        for span, side in ((run.query, query), (run.source, source)):
            assert side.document.text[span.start : span.end] == span.quote
        assert letters(run.query.quote) == letters(run.source.quote) != []


@given(texts, texts)
def test_no_two_spans_overlap_in_the_query_and_together_they_are_its_share(one, other):
    query = read(one)

    shared = compare(query, read(other))

    places = [n for run in runs(shared) for n in range(run.query.start, run.query.end)]
    assert len(places) == len(set(places))
    covered = sum(query.document.text[place].isalnum() for place in places)
    assert covered == sum(passage.letters for passage in shared.passages)
    assert shared.query.whole == pytest.approx(covered / max(1, len(query.letters)))


@given(texts, texts)
def test_asked_the_other_way_round_the_shares_change_places(one, other):
    there, back = compare(read(one), read(other)), compare(read(other), read(one))

    assert (there.query, there.source) == (back.source, back.query)


@given(texts.filter(lambda text: any(map(str.isalnum, normalise(text)))))
def test_a_text_shares_all_with_itself(text):
    shared = compare(read(text), read(text))

    assert shared.query.own == shared.source.own == shared.query.whole == 1


@given(before=texts, run=st.text(alphabet="停车难管灯路修", min_size=15, max_size=40), after=texts)
def test_a_planted_run_is_marked_to_the_character(before, run, after):
    query = read(f"{before}\n{run}\n{after}")
    start = query.document.text.index(run)

    shared = compare(query, read(f"北门{run}"))

    marked = {n for each in runs(shared) for n in range(each.query.start, each.query.end)}
    assert set(range(start, start + len(run))) <= marked
    assert shared.source.own >= len(run) / (len(run) + 2)


@pytest.mark.parametrize(
    ("rate", "least"), [(0.01, 0.97), (0.05, 0.85), (0.1, 0.75), (0.2, 0.5)], ids=str
)
@pytest.mark.parametrize("text", [LIFTS, CLINICS, WATER], ids=["lifts", "clinics", "water"])
def test_edited_copies_keep_most_of_their_share(text, rate, least):
    for seed in range(5):
        shared = compare(wording(edited(text, rate, seed=seed)), wording(text))

        assert least < shared.query.own <= 1


def test_one_copied_paragraph_is_marked_and_nothing_else():
    copied = paragraphs(LIFTS)[2]
    body = "\n".join([*paragraphs(CLINICS)[:2], copied, *paragraphs(CLINICS)[2:]])

    shared = compare(wording(body), ORIGINAL)

    (passage,) = shared.passages
    (run,) = passage.runs
    assert run.query.quote == run.source.quote == normalise(copied).rstrip("。")
    assert shared.query.own == pytest.approx(len(letters(copied)) / len(letters(body)))


def test_paragraphs_in_another_order_are_all_found():
    shared = compare(wording("\n".join(reversed(paragraphs(LIFTS)))), wording(LIFTS))

    assert shared.query.own > 0.95
    assert len(shared.passages) >= len(paragraphs(LIFTS)) - 1
    starts = [passage.runs[0].source.start for passage in shared.passages]
    assert starts == sorted(starts, reverse=True)


def test_a_text_stitched_from_two_shows_each_half():
    stitched = wording("\n".join([*paragraphs(LIFTS)[:3], *paragraphs(WATER)[2:]]))

    first, second = compare(stitched, wording(LIFTS)), compare(stitched, wording(WATER))

    assert first.query.own + second.query.own == pytest.approx(1, abs=0.02)
    assert first.passages[-1].runs[-1].query.end <= second.passages[0].runs[0].query.start


def test_other_words_for_the_same_do_not_hide_a_copy():
    shared = compare(wording(reworded(LIFTS)), wording(LIFTS))

    assert 0.7 < shared.query.own < 1
    assert len(runs(shared)) > 5


def test_last_years_text_with_other_dates_is_one_passage():
    shared = compare(wording(next_year(LIFTS)), wording(LIFTS))

    (passage,) = shared.passages
    assert shared.query.own > 0.9
    assert "去年" not in "".join(run.query.quote for run in passage.runs)


@pytest.mark.parametrize(
    "other", [LIFTS_ELSEWHERE, CLINICS, WATER, NOISE, FORM_LETTER],
    ids=["same topic", "clinics", "water", "noise", "school"],
)  # fmt: skip
def test_unrelated_texts_are_no_copies(other):
    shared = compare(wording(other, TITLES.get(other, "")), ORIGINAL)

    assert shared.query.own == shared.source.own == 0


def test_a_copied_section_is_told_by_its_name():
    suggestions = LIFTS[LIFTS.index("1. 由市住建局") :]
    body = f"{paragraphs(LIFTS_ELSEWHERE)[0]}\n为此，提出以下建议：\n{suggestions}"

    shared = compare(wording(body, TITLES[LIFTS_ELSEWHERE]), ORIGINAL)

    assert shared.query.by_section[Section.TITLE] == shared.query.by_section[Section.PROBLEM] == 0
    assert shared.query.by_section[Section.SUGGESTION] == 1
    (passage,) = shared.passages
    assert passage.query_section is passage.source_section is Section.SUGGESTION


def test_a_copied_title_is_told_by_its_name():
    shared = compare(wording(WATER, TITLES[LIFTS]), ORIGINAL)

    (passage,) = shared.passages
    assert passage.query_section is passage.source_section is Section.TITLE
    assert shared.query.by_section == {Section.TITLE: 1, Section.PROBLEM: 0, Section.SUGGESTION: 0}


def test_a_problem_handed_in_as_a_suggestion_is_told_from_both_sides():
    copied = paragraphs(LIFTS)[2]

    shared = compare(wording(f"车库不开放。具体建议：{copied}"), ORIGINAL)

    (passage,) = shared.passages
    assert (passage.query_section, passage.source_section) == (Section.SUGGESTION, Section.PROBLEM)


def test_a_short_message_inside_a_long_text_is_wholly_shared():
    shared = compare(wording(f"{WATER}\n另外，{NOISE}"), wording(NOISE))

    assert shared.source.own == 1
    assert 0.1 < shared.query.own < 0.4


def test_marks_and_line_ends_set_anew_hide_nothing():
    disguised = LIFTS.replace("，", " ").replace("。", "\n").replace("；", "!!")

    assert compare(wording(disguised), wording(LIFTS)).query.own == 1


def test_short_messages_are_shared_when_they_are_the_same():
    assert compare(wording("路灯坏了！"), wording("路灯坏了")).query.own == 1
    assert compare(wording("路灯坏了"), wording("路灯坏了没人修")).query.own == 0


def test_what_a_source_says_twice_counts_twice_in_it():
    shared = compare(wording(NOISE), wording(f"{NOISE}\n再说一遍：{NOISE}"))

    assert shared.query.own == 1
    assert shared.source.own > 0.9


def test_nasty_texts_are_compared(nasty_text):
    query = read(nasty_text)
    shared = compare(query, query)

    assert shared.query.own == (1 if len(query.letters) else 0)
