"""What the READMEs and the other documents promise is what happens."""

import json
import re
import shlex
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nlp_service.app import create_app
from nlp_service.settings import Settings
from tests.callers import BEARER
from tests.databases import settings_for

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def near(promised, answer):
    """Say whether both are the same; products in 8 bits differ a little between processors."""
    if isinstance(promised, float):
        return promised == pytest.approx(answer, abs=0.02)
    if isinstance(promised, dict):
        return promised.keys() == answer.keys() and all(
            near(value, answer[key]) for key, value in promised.items()
        )
    if isinstance(promised, list):
        return len(promised) == len(answer) and all(map(near, promised, answer))
    return promised == answer


@pytest.mark.parametrize("name", READMES)
def test_the_answer_in_the_readme_is_the_answer_of_the_service(
    name, default_bundle_folder, embedded
):
    (command,) = blocks(read(name), "sh")
    (promised,) = blocks(read(name), "json")
    curl, url, *options = shlex.split(command)
    body = options[options.index("-d") + 1]

    settings = settings_for(embedded.migrated()).model_copy(
        update={"bundle": default_bundle_folder}
    )
    with TestClient(create_app(settings), headers=BEARER) as client:
        path = url.removeprefix("http://127.0.0.1:8000")
        answer = client.post(
            path, content=body.encode(), headers={"Content-Type": "application/json"}
        ).json()

    assert curl == "curl"
    assert near(json.loads(promised), answer)


def test_both_readmes_hold_the_same_commands_and_figures():
    english, chinese = map(read, READMES)

    for language in ("sh", "json"):
        assert blocks(english, language) == blocks(chinese, language)
    assert re.findall(r"\[?\b[01]\.\d{3}\b", english) == re.findall(r"\[?\b[01]\.\d{3}\b", chinese)
    assert re.findall(r"`((?:\w+=\S+ )*make [a-z-]+)`", english) == re.findall(
        r"`((?:\w+=\S+ )*make [a-z-]+)`", chinese
    )


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_only_what_there_is(path):
    text = path.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):.*##", read("Makefile"), flags=re.MULTILINE))
    variables = {f"NLP_{name.upper()}" for name in Settings.model_fields}

    assert set(re.findall(r"\bmake ([a-z-]+)\b(?=[`\n,。)）])", text)) <= targets
    assert set(re.findall(r"\bNLP_[A-Z_]+\b", text)) <= variables
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (path.parent / link).exists(), link
    for name in re.findall(
        r"`((?:nlp_service|training|data|docs|models|configs|benchmarks|tests)/[\w./-]*\w)`", text
    ):
        assert (ROOT / name).exists(), name


def test_every_setting_is_documented():
    operations = read("docs/operations.md")

    for name in Settings.model_fields:
        assert f"`NLP_{name.upper()}`" in operations
