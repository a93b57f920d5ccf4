import json
from dataclasses import asdict

import pytest

from nlp_service.api.examples import OPINION_REPORT, PROPOSAL, PUBLIC_MESSAGE
from nlp_service.domain.submission import Submission


@pytest.mark.parametrize("example", [PUBLIC_MESSAGE, OPINION_REPORT, PROPOSAL])
def test_as_dict_is_what_dataclasses_would_make_of_it(assessor, example):
    submission = Submission(title=example.get("title", ""), body=example["body"])

    assessment = assessor.assess(submission)

    assert assessment.as_dict() == asdict(assessment)
    assert json.dumps(assessment.as_dict()) == json.dumps(asdict(assessment))
