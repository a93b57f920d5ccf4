"""Masking changes what is shown, and nothing of what is said of a text."""

import json
from dataclasses import replace

import pytest

from nlp_service.assess import Assessor
from nlp_service.domain.submission import Kind, Mode, Submission
from nlp_service.text.mask.masker import MaskedDocument
from nlp_service.text.normalise import clean
from training.privacy import read_cases

LETTERS = [case for case in read_cases() if case.id.startswith("letters")]


class SeeingMasker:
    """Finds nothing, as if there were no masking."""

    def mask(self, document):
        return MaskedDocument(document=document, found=())


@pytest.fixture(scope="module")
def seeing(assessor):
    made = Assessor(assessor.bundle)
    made.masker = SeeingMasker()
    return made


def without_words(value):
    """An answer without texts and quotes: tags, probabilities, levels, places."""
    if isinstance(value, dict):
        kept = {
            name: without_words(part)
            for name, part in value.items()
            if name not in ("quote", "text", "privacy", "note", "id")
        }
        return kept
    return [without_words(part) for part in value] if isinstance(value, list | tuple) else value


@pytest.mark.parametrize("kind", [Kind.PROPOSAL, Kind.OPINION_REPORT, Kind.PUBLIC_MESSAGE])
def test_no_score_moves_because_something_is_covered(assessor, seeing, kind):
    for case in LETTERS[:6]:
        submission = Submission(title="反映一件事", body=case.text, kind=kind)

        masked = assessor.assess(submission, mode=Mode.FAST)
        plain = seeing.assess(submission, mode=Mode.FAST)

        assert masked.privacy
        assert without_words(masked.as_dict()) == without_words(plain.as_dict())
        assert plain.text == clean(submission).text != masked.text


def test_the_encoder_reads_the_text_itself(assessor, seeing):
    submission = Submission(body=LETTERS[1].text, kind=Kind.PROPOSAL)

    masked, plain = (one.assess(submission, mode=Mode.ACCURATE) for one in (assessor, seeing))

    assert without_words(masked.as_dict()) == without_words(plain.as_dict())


def test_no_quote_and_no_note_holds_what_is_covered(assessor):
    for case in LETTERS:
        title = f"关于{case.text[:18]}的建议"
        found = assessor.assess(
            Submission(title=title, body=case.text, kind=Kind.PROPOSAL), mode=Mode.FAST
        )

        told = json.dumps(found.as_dict(), ensure_ascii=False)
        whole = clean(Submission(title=title, body=case.text)).text
        for one in found.privacy:
            word = whole[one.start : one.end]
            assert len(word) < 5 or word not in told, case.id


def test_a_batch_covers_as_one_alone_does(assessor):
    submissions = [Submission(body=case.text) for case in LETTERS[:4]]

    together = list(assessor.assess_many(submissions, mode=Mode.FAST))

    for submission, found in zip(submissions, together, strict=True):
        alone = assessor.assess(submission, mode=Mode.FAST, explain=False)
        assert replace(alone, gates=found.gates) == found
