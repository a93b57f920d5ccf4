"""What people confirm and correct comes out as training reads it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from nlp_service.cli import main
from nlp_service.cli.acting import command_line_actor
from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.quality import Disposition
from nlp_service.domain.reviews import Findings
from nlp_service.domain.submission import Mode, Submission
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.settings import Settings
from nlp_service.store.opening import open_store
from nlp_service.text.normalise import normalise
from training.config import Source
from training.corpora import read_corpus

BODIES = (
    "城南菜场后门的路灯坏了半个月，晚上收摊看不清台阶，请派人来修。",
    "厂里三个月没发工资，二十多个工人等着钱过年，请帮我们讨一讨。",
    "请问小孩转学到市里要哪些材料，什么时候办？",
)


@pytest.fixture
def store(keeping):
    with open_store(Settings(database_url=keeping["NLP_DATABASE_URL"])) as store:
        yield store


@pytest.fixture
def reviewed(store, assessor):
    """Three stored texts: confirmed, corrected in part, and not looked at."""
    with store.transaction(actor="张三") as office:
        keys = [
            office.submissions.store(one, assessor.assess(one, mode=Mode.FAST)).key
            for one in (Submission(body=body) for body in BODIES)
        ]
        office.reviews.add(keys[0], Findings(), confirm=True)
        office.reviews.add(
            keys[1],
            Findings(topic="T03", subtopic="T0302", disposition=Disposition.CONVERTED),
        )
    return keys


def export(keeping, path, *options):
    done = CliRunner().invoke(main, ["export-corrections", str(path), *options], env=keeping)
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_training_reads_what_is_exported(keeping, reviewed, store, tmp_path):
    rows = export(keeping, tmp_path / "审核.jsonl")

    source = Source(name="office", path=tmp_path / "审核.jsonl", corrections=True)
    taxonomy = read_taxonomy(Path(__file__).parents[2] / "data" / "taxonomy")
    confirmed, corrected = read_corpus([source], taxonomy).examples
    assert [row["body"] for row in rows] == list(map(normalise, BODIES[:2]))
    assert confirmed.labels.whole
    assert (corrected.labels.subtopic, corrected.labels.gates) == ("T0302", None)
    assert rows[1]["machine"]["topic"] == store_topic(store, reviewed[1])
    with store.reading() as office:
        (entry,) = office.audit.of(RecordKind.DATABASE, 0)
    assert (entry.action, entry.after["count"]) == (Action.EXPORTED, 2)
    assert entry.actor == command_line_actor()


def store_topic(store, key):
    with store.reading() as office:
        return office.assessments.current(key).topic


def test_only_what_differs_or_is_recent_comes_if_wanted(keeping, reviewed, tmp_path):
    differing = export(keeping, tmp_path / "a.jsonl", "--corrected")

    assert [row["id"] for row in differing] == [f"reviewed-{reviewed[1]}"]
    assert export(keeping, tmp_path / "b.jsonl", "--since", "2100-01-01") == []


def test_what_is_restricted_stays_in_the_house(keeping, reviewed, store, tmp_path):
    with store.transaction(actor="张三") as office:
        office.submissions.restrict(reviewed[0], restricted=True)

    rows = export(keeping, tmp_path / "审核.jsonl")

    assert [row["id"] for row in rows] == [f"reviewed-{reviewed[1]}"]
    assert "城南菜场" not in (tmp_path / "审核.jsonl").read_text(encoding="utf-8")


def test_a_folder_that_is_not_there_is_told_and_nothing_is_noted(keeping, store, tmp_path):
    done = CliRunner().invoke(
        main, ["export-corrections", str(tmp_path / "无" / "a.jsonl")], env=keeping
    )

    assert done.exit_code == 1
    assert "无" in done.output
    with store.reading() as office:
        assert office.audit.of(RecordKind.DATABASE, 0) == []
