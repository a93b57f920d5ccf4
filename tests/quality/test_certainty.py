import pytest

from nlp_service.domain.quality import Disposition
from nlp_service.quality.certainty import DispositionCurve, make_curve
from nlp_service.quality.disposition import FilingPolicy
from nlp_service.quality.levels import LowCurve


def curve(**policy):
    return DispositionCurve(policy=FilingPolicy(**policy), limit=60, slope=0.2)


@pytest.mark.parametrize("low", [0.0, 0.003, 0.4, 0.97, 1.0])
def test_what_follows_from_the_total_shares_one_probability(low):
    parts = [
        curve().certainty(each, low)
        for each in (Disposition.FILED, Disposition.CONVERTED, Disposition.RETURNED)
    ]

    assert sum(parts) == pytest.approx(1.0)
    assert all(0.0 <= part <= 1.0 for part in parts)


def test_at_the_fitted_limit_nothing_is_moved():
    assert curve().certainty(Disposition.FILED, 0.03) == pytest.approx(0.97)


def test_a_higher_line_makes_filing_less_sure_and_a_lower_one_surer():
    usual = curve().certainty(Disposition.FILED, 0.1)

    assert curve(file_from=70).certainty(Disposition.FILED, 0.1) < usual
    assert curve(file_from=50).certainty(Disposition.FILED, 0.1) > usual


def test_moving_the_line_is_as_moving_the_total():
    low = LowCurve(slope=0.2, middle=60.5)
    moved = curve(file_from=70).certainty(Disposition.FILED, low.probability(75))

    assert moved == pytest.approx(1.0 - low.probability(65))


def test_nobody_knows_how_sure_a_refusal_or_a_merge_is():
    for disposition in (Disposition.NOT_FILED, Disposition.MERGED):
        assert curve().certainty(disposition, 0.5) is None


def test_the_curve_is_the_bundles(assessor):
    made = make_curve(
        assessor.policy, assessor.bundle.quality.judge.model, assessor.bundle.taxonomy
    )

    assert made.limit == 60
    assert made.slope == assessor.bundle.quality.judge.model.joint.low.slope
