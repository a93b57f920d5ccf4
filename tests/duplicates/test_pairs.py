import numpy as np
import pytest

from nlp_service.domain.duplicates import Relation
from nlp_service.duplicates.pairs import Judgement, PairWeights, decide


@pytest.fixture
def weights():
    return PairWeights(
        features=["alike", "titles"],
        means=np.array([0.5, 0.2]),
        scales=np.array([0.1, 0.2]),
        weights=np.array([[-2.0, -1.0, 1.0, 2.0], [0.0, 0.0, 1.0, 0.0]]),
        intercepts=np.zeros(4),
    )


def test_probabilities_are_those_of_a_softmax(weights):
    found = weights.probabilities(np.array([[0.6, 0.4]]))
    scores = np.array([-2.0, -1.0, 2.0, 2.0])
    assert found == pytest.approx((np.exp(scores) / np.exp(scores).sum())[None])


def test_what_is_not_known_counts_as_the_mean(weights):
    unknown = weights.probabilities(np.array([[0.6, np.nan]]))
    assert unknown == pytest.approx(weights.probabilities(np.array([[0.6, 0.2]])))


def test_what_lies_beyond_four_deviations_counts_no_more(weights):
    far = weights.probabilities(np.array([[1e9, 0.2]]))
    assert far == pytest.approx(weights.probabilities(np.array([[0.9, 0.2]])))


def test_one_reply_serves_copies_and_the_same():
    judged = Judgement(
        relation=Relation.SAME,
        probabilities={
            Relation.NONE: 0.1,
            Relation.RELATED: 0.2,
            Relation.SAME: 0.4,
            Relation.COPY: 0.3,
        },
    )
    assert judged.probability == 0.4
    assert judged.mergeable == pytest.approx(0.7)


def test_copy_or_same_is_said_from_its_threshold_on():
    found = np.array([[0.05, 0.55, 0.3, 0.1], [0.7, 0.2, 0.06, 0.04], [0.0, 0.45, 0.2, 0.35]])
    assert decide(found, 0.4).tolist() == [2, 0, 3]
    assert decide(found, 0.5).tolist() == [1, 0, 3]
    assert decide(found, 0.6).tolist() == [1, 0, 1]
