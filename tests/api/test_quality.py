"""Quality over HTTP: that all of it is sent, and no more than was asked; not how texts fare."""

import json
import re
from dataclasses import asdict, replace

import pytest
from starlette.testclient import TestClient

from nlp_service.api.documentation import QUALITY_EXAMPLES
from nlp_service.api.examples import OPINION_REPORT, PROPOSAL, PUBLIC_MESSAGE
from nlp_service.api.quality_schemas import DispositionOut, QualityOut
from nlp_service.api.rubric import RubricOut, rubric_of
from nlp_service.api.schemas import AssessmentOut, BatchOut, QualityReportOut
from nlp_service.api.tag_schemas import GateTagOut
from nlp_service.app import create_app
from nlp_service.assess import Assessor
from nlp_service.domain.quality import (
    Answer,
    Disposition,
    DispositionAdvice,
    Item,
    Level,
    Mark,
    Quality,
    Quote,
    Scale,
    Sentence,
    SentenceRole,
    Verdict,
)
from tests.callers import BEARER, FORGETFUL

TEXT = "渡口没有路灯。我问过摆渡的老周。建议由镇里装两盏。"
VISIT = Quote(start=7, end=12, quote="我问过摆渡", type="survey", name="走访调研", suggested=False)
LAMPS = Quote(start=22, end=24, quote="两盏", type="quantity", name="建议中的数量", suggested=True)
UNSCORED = Quality(
    scale=Scale.MESSAGE,
    score=None,
    band="",
    low=0.0,
    answers=(),
    levels=(),
    marks=(),
    items=(Item(code="where", name="何地", seen=()), Item(code="what", name="何事", seen=(VISIT,))),
    doubts=[],
    notes=(),
    evidence=(VISIT, LAMPS),
    sentences=(Sentence(start=0, end=7, quote="渡口没有路灯。", role=SentenceRole.PROBLEM),),
    note="",
)
OF_PROPOSAL = replace(
    UNSCORED,
    scale=Scale.PROPOSAL,
    score=51.5,
    band="建议退回完善",
    low=0.7,
    answers=(
        Answer(
            code="researched",
            question="是否经过深入调研",
            verdict=Verdict.DOUBTFUL,
            probability=0.45,
            seen=(VISIT,),
            missing=("有来源的数据",),
        ),
    ),
    levels=(
        Level(
            code="Q2",
            name="调研证据",
            weight=25,
            level=1.4,
            meaning="一个含糊的例子",
            probability=0.6,
            seen=(VISIT,),
            against=(),
            missing=("有来源的数据",),
        ),
    ),
    items=(),
    notes=("文本较短，评分依据少。",),
    note="请写明夜间过渡的人数和来源。",
)
OF_REPORT = replace(
    UNSCORED,
    scale=Scale.OPINION_REPORT,
    score=63.0,
    marks=(Mark(code="timely", name="时效", weight=25, points=18.0, seen=(VISIT,)),),
    items=(),
)
ADVICE = DispositionAdvice(
    disposition=Disposition.RETURNED, name="退回完善", reasons=("未见有来源的数据。",)
)
EVIDENCE_NAMES = {"survey": "走访调研", "slogan": "口号"}
QUESTIONS = {"necessary": "是否必须提", "researched": "是否经过深入调研"}
KINDS = {"proposal": PROPOSAL, "opinion_report": OPINION_REPORT, "public_message": PUBLIC_MESSAGE}


class QualityAssessor(Assessor):
    """Says the same of every proposal, and has rules of its own."""

    evidence_names, questions = EVIDENCE_NAMES, QUESTIONS

    def assess_many(self, submissions, **options):
        for assessment in super().assess_many(submissions, **options):
            quality = OF_PROPOSAL if options["quality"] else None
            yield replace(assessment, quality=quality, disposition=ADVICE)


@pytest.fixture(scope="module")
def fixed_client(assessor):
    """A client of a service that says of every proposal what is written above."""
    fixed = QualityAssessor(assessor.bundle)
    with TestClient(create_app(FORGETFUL, assessor=fixed), headers=BEARER) as client:
        yield client


def post(client, path, body, **params):
    response = client.post(path, json=body, params=params)
    assert response.status_code == 200, response.text
    return response.json()


def as_sent(value):
    """What a client reads of a dataclass."""
    return json.loads(json.dumps(asdict(value)))


def quotes_of(quality):
    """Every quote that a person may want to see in the text."""
    parts = [*quality["answers"], *quality["levels"], *quality["marks"], *quality["items"]]
    yield from quality["evidence"]
    for part in parts:
        yield from [*part["seen"], *part.get("against", [])]


# --- shapes ------------


@pytest.mark.parametrize("quality", [OF_PROPOSAL, OF_REPORT, UNSCORED])
def test_quality_schema_describes_the_whole_of_what_is_said(quality):
    sent = as_sent(quality)

    assert QualityOut.model_validate(sent).model_dump(mode="json") == sent


def test_disposition_schema_describes_the_whole_of_what_is_said():
    sent = as_sent(ADVICE)

    assert DispositionOut.model_validate(sent).model_dump(mode="json") == sent


# --- POST /v1/assessments ------------


@pytest.mark.parametrize("kind", KINDS)
def test_post_assessment_measures_each_kind_by_its_own_scale(client, kind):
    quality = post(client, "/v1/assessments", {**KINDS[kind], "kind": kind})["quality"]

    lists = ("answers", "levels", "marks", "items")
    filled = {name for name in lists if quality[name]}
    assert (
        filled
        == {
            "proposal": {"answers", "levels"},
            "opinion_report": {"marks"},
            "public_message": {"items"},
        }[kind]
    )
    assert (quality["score"] is None) == (kind == "public_message")


@pytest.mark.parametrize("kind", KINDS)
def test_post_assessment_suggests_a_disposition_of_proposals_alone(client, kind):
    answer = post(client, "/v1/assessments", {**KINDS[kind], "kind": kind})

    assert bool(answer["disposition"]) == (kind == "proposal")


def test_post_assessment_quotes_what_it_saw_in_the_text(client, nasty_text):
    answer = post(client, "/v1/assessments", {"body": nasty_text, "kind": "proposal"})

    for span in [*quotes_of(answer["quality"]), *answer["quality"]["sentences"]]:
        assert answer["text"][span["start"] : span["end"]] == span["quote"] != ""


def test_post_assessment_without_quality_says_nothing_of_it(client):
    answer = post(client, "/v1/assessments", PROPOSAL, quality="false")

    assert answer["quality"] is None
    assert AssessmentOut.model_validate(answer).model_dump(mode="json") == answer


def test_post_assessment_without_reasons_leaves_out_what_is_as_long_as_the_text(client):
    whole = post(client, "/v1/assessments", PROPOSAL)["quality"]
    brief = post(client, "/v1/assessments", PROPOSAL, explain="false")["quality"]

    assert whole["evidence"] and whole["sentences"]
    assert brief == {**whole, "evidence": [], "sentences": []}


def test_post_assessment_gives_the_rule_of_every_gate(client, assessor):
    accusation = {
        "title": "举报某公司",
        "body": "举报王某某收受好处费，请查处。",
        "kind": "proposal",
    }

    answer = post(client, "/v1/assessments", accusation)

    rules = {gate.code: gate for gate in assessor.bundle.taxonomy.gates}
    assert answer["gates"]
    for gate in map(GateTagOut.model_validate, answer["gates"]):
        assert (gate.rule, gate.restricted) == (
            rules[gate.code].rule,
            rules[gate.code].restricted,
        )
        assert gate.found_by
    assert answer["restricted"] == any(gate["restricted"] for gate in answer["gates"])


# --- POST /v1/assessments:batch ------------


def test_post_batch_measures_too_but_briefly(fixed_client):
    answer = post(fixed_client, "/v1/assessments:batch", {"submissions": [PROPOSAL]})

    quality = answer["results"][0]["assessment"]["quality"]
    assert quality == {**as_sent(OF_PROPOSAL), "evidence": [], "sentences": []}
    BatchOut.model_validate(answer)


@pytest.mark.parametrize(
    ("params", "expected"),
    [({"explain": "true"}, OF_PROPOSAL), ({"quality": "false"}, None)],
)
def test_post_batch_says_as_much_of_quality_as_was_asked(fixed_client, params, expected):
    answer = post(fixed_client, "/v1/assessments:batch", {"submissions": [PROPOSAL]}, **params)

    quality = answer["results"][0]["assessment"]["quality"]
    assert quality == (expected and as_sent(expected))


# --- POST /v1/quality ------------


def test_post_quality_answers_the_quality_without_the_tags(client):
    answer = post(client, "/v1/quality", {"title": PROPOSAL["title"], "body": PROPOSAL["body"]})

    assert QualityReportOut.model_validate(answer).model_dump(mode="json") == answer
    assert set(answer) == set(QualityReportOut.model_fields)
    assert answer["kind"] == "proposal"


def test_post_quality_says_what_an_assessment_says(client):
    assessment = post(client, "/v1/assessments", PROPOSAL)

    answer = post(client, "/v1/quality", PROPOSAL)

    assert answer == {name: assessment[name] for name in QualityReportOut.model_fields}
    assert answer["quality"]["sentences"]


@pytest.mark.parametrize("name", QUALITY_EXAMPLES)
def test_post_quality_answers_its_examples(client, name):
    value = QUALITY_EXAMPLES[name]["value"]

    assert post(client, "/v1/quality", value)["kind"] == value.get("kind", "proposal")


def test_post_quality_of_an_unknown_kind_suggests_one(client):
    answer = post(client, "/v1/quality", {**PUBLIC_MESSAGE, "kind": "unknown"})

    assert (answer["kind"], answer["quality"]["scale"]) == ("public_message", "message")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"body": "！！"}, "empty_text"),
        ({"body": "字" * 20_001}, "text_too_long"),
        ({"body": "路灯", "author": "某委员"}, "invalid_request"),
    ],
)
def test_post_quality_of_what_cannot_be_read_is_a_problem(client, body, code):
    response = client.post("/v1/quality", json=body)

    assert (response.status_code, response.json()["code"]) == (422, code)


def test_post_quality_by_an_encoder_that_is_not_there_is_refused(linear_client):
    response = linear_client.post("/v1/quality?mode=accurate", json=PROPOSAL)

    assert (response.status_code, response.json()["code"]) == (409, "mode_unavailable")


def test_post_quality_is_not_counted_as_a_submission(fixed_client):
    def counts():
        return re.findall(r"nlp_assessed_submissions_total.*", fixed_client.get("/metrics").text)

    before = counts()
    post(fixed_client, "/v1/quality", PROPOSAL)

    assert counts() == before


# --- GET /v1/rubric ------------


def test_rubric_of_a_taxonomy_has_its_rules(assessor):
    taxonomy = assessor.bundle.taxonomy

    rubric = RubricOut.model_validate(rubric_of(taxonomy, EVIDENCE_NAMES, QUESTIONS))

    assert [dimension.code for dimension in rubric.dimensions] == [f"Q{n}" for n in range(1, 7)]
    assert sum(dimension.weight for dimension in rubric.dimensions) == 100
    assert (rubric.caps, rubric.bands) == (taxonomy.caps, taxonomy.bands)
    assert [gate.rule for gate in rubric.gates] == [gate.rule for gate in taxonomy.gates]
    assert {kind.code: kind.name for kind in rubric.evidence} == EVIDENCE_NAMES
    assert [question.code for question in rubric.questions] == ["necessary", "researched"]


def test_get_rubric_answers_the_documented_shape(fixed_client):
    answer = fixed_client.get("/v1/rubric").json()

    assert RubricOut.model_validate(answer).model_dump(mode="json") == answer
    assert [kind["name"] for kind in answer["evidence"]] == ["走访调研", "口号"]


def test_get_rubric_names_every_code_of_an_answer(client):
    rubric = client.get("/v1/rubric").json()
    quality = post(client, "/v1/quality", PROPOSAL)["quality"]

    names = {kind["code"]: kind["name"] for kind in rubric["evidence"]}
    assert all(names[quote["type"]] == quote["name"] for quote in quotes_of(quality))
    assert [(answer["code"], answer["question"]) for answer in quality["answers"]] == [
        (question["code"], question["question"]) for question in rubric["questions"]
    ]
    for level, dimension in zip(quality["levels"], rubric["dimensions"], strict=True):
        assert level["code"] == dimension["code"]
        assert level["meaning"] in dimension["levels"]


def test_get_rubric_unchanged_is_not_sent_again(fixed_client):
    etag = fixed_client.get("/v1/rubric").headers["ETag"]

    response = fixed_client.get("/v1/rubric", headers={"If-None-Match": etag})

    assert (response.status_code, response.content) == (304, b"")


def test_get_rubric_before_the_bundle_is_loaded_is_not_ready(idle_client):
    assert idle_client.get("/v1/rubric").json()["code"] == "not_ready"
