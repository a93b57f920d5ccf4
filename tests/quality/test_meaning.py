"""What is heard of an encoder: what is told and what is suggested apart, little of little."""

import numpy as np
import pytest

from nlp_service.quality.levels import heard_share
from nlp_service.quality.meaning import PARTS, read_meaning
from nlp_service.quality.substance import Line

FOUND, COUNTED, ASKED = "全区有小区000个。", "只有00个装了充电桩。", "请区住建局在0月底前装00个。"


class Lengths:
    """Stands for an encoder: a line's mean is how long it is, and every character a token."""

    def line_means(self, lines):
        lengths = np.array([len(line) for line in lines], dtype=float)
        return np.stack([lengths, lengths * 2], axis=1), lengths


def meaning(*lines):
    found = read_meaning([Line(text=text, suggesting=share) for text, share in lines], Lengths())
    return np.split(found, PARTS)


def test_told_and_suggested_stand_side_by_side():
    told, suggested = meaning((FOUND, 0.0), (COUNTED, 0.0), (ASKED, 1.0))

    of_tokens = (len(FOUND) ** 2 + len(COUNTED) ** 2) / (len(FOUND) + len(COUNTED))
    assert told[:-1] / told[-1] == pytest.approx([of_tokens, 2 * of_tokens])
    assert suggested[:-1] / suggested[-1] == pytest.approx([len(ASKED), 2 * len(ASKED)])


def test_a_line_in_doubt_belongs_to_both_by_halves():
    told, suggested = meaning((ASKED, 0.5))

    assert told == pytest.approx(suggested)


def test_a_small_doubt_more_changes_little():
    one, other = (np.concatenate(meaning((FOUND, 0.0), (ASKED, p))) for p in (0.49, 0.51))

    assert np.abs(one - other).max() < 0.05 * np.abs(one).max()


def test_a_part_is_heard_as_far_as_it_is_long():
    short, long = (meaning(*[(FOUND, 0.0)] * times)[0] for times in (1, 40))

    assert short[-1] == pytest.approx(heard_share(len(FOUND)))
    assert short[-1] < long[-1] < 1


def test_nothing_means_nothing():
    class Silent:
        def line_means(self, lines):
            return np.zeros((0, 2)), np.zeros(0)

    assert read_meaning([], Silent()).tolist() == [0.0] * 6
