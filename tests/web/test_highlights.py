import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_service.web.highlights import Highlight, cut_runs

LAYERS = st.sampled_from(["labels", "evidence", "shared"])
SPANS = st.builds(
    Highlight,
    start=st.integers(0, 30),
    end=st.integers(0, 30),
    layer=LAYERS,
)


@settings(max_examples=60)
@given(st.text(alphabet="路灯坏🚲<&\n", max_size=30), st.lists(SPANS, max_size=12))
def test_runs_are_the_text_and_each_bears_just_what_lies_on_it(text, highlights):
    runs = cut_runs(text, highlights)

    assert "".join(run.text for run in runs) == text
    inside = [one for one in highlights if 0 <= one.start < one.end <= len(text)]
    for run in runs:
        assert run.text == text[run.start : run.end] != ""
        for place in range(run.start, run.end):
            lying = {one.layer for one in inside if one.start <= place < one.end}
            assert set(run.layers) == lying


def test_overlapping_marks_share_a_run():
    marks = [
        Highlight(start=0, end=4, layer="labels"),
        Highlight(start=2, end=6, layer="evidence"),
        Highlight(start=2, end=4, layer="labels"),
    ]

    runs = cut_runs("市供电公司维修", marks)

    assert [(run.text, list(run.layers)) for run in runs] == [
        ("市供", ["labels"]),
        ("电公", ["evidence", "labels"]),
        ("司维", ["evidence"]),
        ("修", []),
    ]


@pytest.mark.parametrize(("start", "end"), [(3, 3), (5, 2), (-2, 1), (0, 99)])
def test_what_stands_nowhere_in_the_text_is_passed_over(start, end):
    (run,) = cut_runs("路灯坏了", [Highlight(start=start, end=end, layer="labels")])

    assert (run.text, list(run.layers)) == ("路灯坏了", [])
