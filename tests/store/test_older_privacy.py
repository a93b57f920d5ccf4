"""What was stored before masking is covered by the migration, and comes back with it undone."""

import json

import pytest
from sqlalchemy import text

from nlp_service.store.migrate import downgrade, migrate
from nlp_service.store.older_answers import cover_answer
from nlp_service.store.opening import open_store
from nlp_service.text.mask.masker import read_masker
from tests.databases import settings_for

PHONE = "13800007531"
LETTERS = [
    ("关于路灯的建议", f"我叫周建国，电话{PHONE}，老粮站后面的路灯坏了一周。\x00"),
    ("", "井盖松了，车过去哐哐响。"),
    (f"投诉{PHONE}", "天天打骚扰电话。"),
]


def older_answer(whole):
    """As an assessment was stored then: quotes of the whole text, a note that repeats it."""
    quote = {"start": 0, "end": len(whole), "quote": whole}
    return {
        "id": "1",
        "topic": {"code": "T09", "spans": [quote]},
        "quality": {"note": f"文中写到“{whole}”。", "sentences": [{**quote, "role": "other"}]},
        "text": whole,
        "versions": {"bundle": "linear-1"},
    }


@pytest.fixture
def older(server):
    """A filled database as the program before masking left it, with the rows that it had."""
    address = server.new()
    with open_store(settings_for(address)) as store:
        downgrade(store.engine, to="0005")
        with store.engine.begin() as connection:
            for number, (title, body) in enumerate(LETTERS, 1):
                insert_older(connection, number, title, body)
        yield store


def insert_older(connection, number, title, body):
    whole = "\n".join(part for part in (title, body.rstrip("\x00").replace("，", ",")) if part)
    connection.execute(
        text(
            "INSERT INTO nlp.submissions (reference, kind, title, body, text, content_hash,"
            " received_at, dated_on, submitter, district, source, restricted) VALUES"
            " ('', 'unknown', :title, :body, :text, :hash, now(), now(), :who, '', '', false)"
        ),
        {
            "title": title.encode(),
            "body": body.encode(),
            "text": whole,
            "hash": bytes([number]) * 32,
            "who": f"某人{number}",
        },
    )
    answer = json.dumps(older_answer(whole), ensure_ascii=False)
    connection.execute(
        text(
            "INSERT INTO nlp.assessments (submission_key, assessed_at, bundle, taxonomy, kind,"
            " topic, subtopic, lead_unit, urgency, needs_review, current, answer) VALUES"
            " (:key, now(), 'linear-1', '1.0.0', 'unknown', 'T09', 'T0901', 'D01', 1, false, true,"
            " CAST(:answer AS json))"
        ),
        {"key": number, "answer": answer},
    )
    connection.execute(
        text("INSERT INTO nlp.wordings (key, submitter, size) VALUES (:key, -:key, 1)"),
        {"key": number},
    )
    connection.execute(
        text("INSERT INTO nlp.fingerprints (gram, text, submitter) VALUES (7, :key, -:key)"),
        {"key": number},
    )


def rows_of(store, table, order="1"):
    with store.engine.connect() as connection:
        return connection.execute(text(f"SELECT * FROM nlp.{table} ORDER BY {order}")).all()


def test_older_rows_are_covered_and_their_originals_kept_apart(older):
    before = rows_of(older, "submissions", "key")

    migrate(older.engine)

    with older.reading() as office:
        for key, (title, body) in enumerate(LETTERS, 1):
            original = office.originals.read(key)
            assert (original.title, original.body) == (title, body)
        found = [office.submissions.get(key) for key in (1, 2, 3)]
    assert found[0].submission.title == "关于路灯的建议"
    assert found[0].submission.text.endswith("我叫周**,电话138****7531,老粮站后面的路灯坏了一周。")
    assert found[1].submission.text == before[1].text
    assert (found[2].submission.title, found[2].submission.body) == (
        "投诉138****7531",
        "天天打骚扰电话。",
    )
    after = rows_of(older, "submissions", "key")
    assert [row.content_hash for row in after] == [row.content_hash for row in before]


def test_older_answers_are_covered_to_the_last_quote(older):
    migrate(older.engine)

    with older.reading() as office:
        answers = [office.submissions.get(key).assessment.answer for key in (1, 2, 3)]
    told = json.dumps(answers, ensure_ascii=False)
    assert PHONE not in told
    assert "周建国" not in told
    first = answers[0]
    assert list(first) == ["id", "topic", "quality", "text", "privacy", "versions"]
    assert [one["type"] for one in first["privacy"]] == ["name", "phone"]
    (quote,) = first["topic"]["spans"]
    assert quote["quote"] == first["text"][quote["start"] : quote["end"]]
    assert "138****7531" in first["quality"]["note"]
    assert answers[1]["privacy"] == []


def test_older_fingerprints_are_made_anew_where_something_was_covered(older):
    migrate(older.engine)

    grams = {}
    for row in rows_of(older, "fingerprints"):
        grams.setdefault(row.text, set()).add(row.gram)
        assert row.submitter == -row.text
    sizes = {row.key: row.size for row in rows_of(older, "wordings")}
    assert grams[2] == {7}
    assert 7 not in grams[1]
    assert sizes[1] == len(grams[1])


def test_undone_it_leaves_what_was_there(older):
    before = [rows_of(older, table, "key") for table in ("submissions", "assessments")]
    migrate(older.engine)

    downgrade(older.engine, to="0005")

    after = [rows_of(older, table, "key") for table in ("submissions", "assessments")]
    for old, new in zip(before[0], after[0], strict=True):
        assert dict(old._mapping) == dict(new._mapping)
    for old, new in zip(before[1], after[1], strict=True):
        assert without_note(old.answer) == without_note(new.answer)


def without_note(answer):
    return {**answer, "quality": {**answer["quality"], "note": ""}}


def test_a_migration_that_breaks_off_leaves_the_database_as_it_was(older, monkeypatch):
    from nlp_service.text.mask import masker

    before = rows_of(older, "submissions", "key"), rows_of(older, "assessments", "key")
    seen = []

    def stumble(self, document):
        seen.append(document)
        if len(seen) == 3:
            raise RuntimeError("the power went")
        return whole(self, document)

    whole = masker.Masker.mask
    monkeypatch.setattr(masker.Masker, "mask", stumble)
    with pytest.raises(RuntimeError):
        migrate(older.engine)

    assert (rows_of(older, "submissions", "key"), rows_of(older, "assessments", "key")) == before
    migrate(older.engine)
    assert len(rows_of(older, "originals")) == 3


def test_an_answer_without_personal_data_only_gets_its_list():
    answer = older_answer("路灯坏了。")

    assert cover_answer(answer, read_masker()) == {**answer, "privacy": []}
