from nlp_service.domain.submission import Kind, Submission
from nlp_service.text.normalise import clean
from training.examples import Example, ReaderLabels
from training.label_shares import count_label_shares


def example(number, *, topic="T08", kind=Kind.PUBLIC_MESSAGE, gates=()):
    labels = ReaderLabels(
        topic=topic,
        subtopic="T0805",
        other_topics=[],
        sectors=[],
        lead_unit="D10",
        assist_units=[],
        request="fix",
        urgency=2,
        gates=gates,
        confidence="high",
        quality={},
    )
    return Example(
        id=str(number),
        source="one",
        kind=kind,
        document=clean(Submission(body=f"第{number}盏路灯坏了。")),
        labels=labels,
        measured=True,
        old_category=None,
        topic_set=frozenset(),
    )


def test_shares_are_counted_by_kind_among_what_was_labelled_whole():
    examples = [
        example(1),
        example(2),
        example(3, topic="T09"),
        example(4, topic="T01", kind=Kind.PROPOSAL),
        example(5, topic="T02", gates=None),
        example(6, topic="T03", kind=Kind.UNKNOWN),
    ]

    shares = count_label_shares(examples)

    assert shares["public_message"]["topic"] == {"T08": 0.66667, "T09": 0.33333}
    assert shares["public_message"]["urgency"] == {"2": 1.0}
    assert shares["proposal"]["topic"] == {"T01": 1.0}
    assert set(shares) == {"proposal", "public_message"}
