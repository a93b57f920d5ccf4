import numpy as np

from nlp_service.tagging.doubt import Doubt

DOUBT = Doubt(shares=[0.9, 0.09, 0.01], read_from=0.5)


def test_doubt_of_a_sure_text_is_nothing():
    assert DOUBT.of(np.array([[1.0, 0.0, 0.0]])) == [0.0]


def test_rare_topic_in_second_place_is_more_doubtful_than_a_common_one():
    common, rare = DOUBT.of(np.array([[0.8, 0.2, 0.0], [0.8, 0.0, 0.2]]))
    assert rare > common > 0


def test_doubt_of_a_rare_likeliest_topic_weighs_it_as_rare():
    (doubt,) = DOUBT.of(np.array([[0.3, 0.3, 0.4]]))
    assert doubt == (0.3 / 0.09) / (0.4 / 0.01)


def test_encoder_reads_from_the_stated_doubt_on():
    topics = np.array([[0.99, 0.01, 0.0], [0.93, 0.07, 0.0], [0.98, 0.0, 0.02]])
    assert DOUBT.asks(topics).tolist() == [False, True, True]


def test_no_texts_have_no_doubts():
    assert DOUBT.asks(np.empty((0, 3))).tolist() == []
