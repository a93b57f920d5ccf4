"""What an office's rules no longer keep is erased to the last byte; a tombstone stays."""

import json
import zlib
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.batches import BatchFile, BatchOptions
from nlp_service.domain.duplicates import Relation
from nlp_service.domain.errors import InvalidTaxonomy, RecordUnknown
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Origin, Outcome
from nlp_service.domain.retention import RetentionRule, State, read_retention_rules
from nlp_service.domain.submission import Kind, Submission
from nlp_service.duplicates.fingerprints import find_fingerprints
from nlp_service.duplicates.groups import Link
from nlp_service.store.erasing import hash_reference
from nlp_service.store.packed_lines import pack_lines
from nlp_service.store.retention import apply_rules, count_due
from nlp_service.store.tables import SCHEMA
from nlp_service.store.wording_index import FingerprintedText

TODAY = date(2026, 3, 1)
MARK = "独一无二的标记"
UNDECIDED = RetentionRule(name="未办满三年", states=[State.UNDECIDED], years=3)


def rule(*states, years=1, name="规则", kinds=()):
    return RetentionRule(name=name, states=states, years=years, kinds=kinds)


def counts(store, *rules):
    return [due.count for due in count_due(store, rules, today=TODAY)]


def applied(store, *rules, **options):
    done = apply_rules(store, rules, today=TODAY, actor="李四", **options)
    return [due.count for due in done]


@pytest.fixture
def dated(store, add, submit):
    """Store a submission of a day."""

    def make(day, *, outcome=None, restricted=False, deleted=False, kind=Kind.UNKNOWN):
        with store.transaction(actor="张三") as office:
            key = add(office, submit(submitted_at=day, kind=kind), restricted=restricted)
            if outcome:
                office.outcomes.record(key, Outcome(disposition=outcome))
            if deleted:
                office.submissions.delete(key)
        return key

    return make


def test_without_a_rule_everything_stays(store, dated):
    dated(date(1990, 1, 1))

    assert applied(store) == []
    with store.reading() as office:
        assert len(office.submissions.list().items) == 1


def test_each_state_has_its_own_rule(store, dated):
    old = date(2020, 1, 1)
    dated(old)
    dated(old, outcome=Disposition.FILED)
    dated(old, outcome=Disposition.RETURNED)
    dated(old, outcome=Disposition.FILED, restricted=True)
    dated(old, restricted=True)
    dated(old, deleted=True)

    found = counts(store, *(rule(state) for state in State))

    assert dict(zip(State, found, strict=True)) == {
        State.DELETED: 0,  # it was deleted today
        State.RESTRICTED: 2,
        State.FILED: 1,
        State.MERGED: 0,
        State.CONVERTED: 0,
        State.RETURNED: 1,
        State.NOT_FILED: 0,
        State.UNDECIDED: 1,
    }


def test_what_is_part_of_a_merge_counts_as_merged_unless_decided_on(store, dated):
    first, second = dated(date(2020, 1, 1)), dated(date(2020, 1, 1), outcome=Disposition.FILED)
    with store.transaction(actor="张三") as office:
        office.merges.merge([first, second], lead=second)

    assert counts(store, rule(State.MERGED), rule(State.FILED), rule(State.UNDECIDED)) == [1, 1, 0]


def test_the_newest_outcome_counts(store, dated):
    key = dated(date(2020, 1, 1), outcome=Disposition.RETURNED)
    with store.transaction(actor="张三") as office:
        office.outcomes.record(key, Outcome(disposition=Disposition.FILED))

    assert counts(store, rule(State.RETURNED), rule(State.FILED)) == [0, 1]


@pytest.mark.parametrize(
    ("day", "due"),
    [(date(2023, 2, 28), 1), (date(2023, 3, 1), 0), (date(2026, 2, 1), 0)],
)
def test_a_submission_is_due_the_day_after_its_years_are_full(store, dated, day, due):
    dated(day)

    assert counts(store, UNDECIDED) == [due]


def test_a_leap_day_is_a_day(store, dated):
    dated(date(2023, 2, 27))

    found = count_due(store, [UNDECIDED], today=date(2028, 2, 29))

    assert UNDECIDED.limit(date(2028, 2, 29)) == date(2025, 2, 28)
    assert found[0].count == 1


def test_a_rule_may_be_for_one_kind(store, dated):
    dated(date(2020, 1, 1), kind=Kind.PROPOSAL)
    dated(date(2020, 1, 1), kind=Kind.PUBLIC_MESSAGE)

    assert counts(store, rule(State.UNDECIDED, kinds=[Kind.PROPOSAL])) == [1]


def test_counting_changes_nothing(store, dated):
    key = dated(date(2020, 1, 1))

    counts(store, UNDECIDED)

    with store.reading() as office:
        assert office.originals.read(key).body


def everything(store):
    """All that the schema holds, as text."""
    with store.engine.connect() as connection:
        names = connection.execute(
            text(f"SELECT tablename FROM pg_tables WHERE schemaname = '{SCHEMA}'")
        ).scalars()
        return {
            name: "\n".join(
                readable(value)
                for row in connection.execute(text(f"SELECT * FROM {SCHEMA}.{name}"))
                for value in row
            )
            for name in names
        }


def readable(value):
    if not isinstance(value, bytes):
        return str(value)
    packed = value.startswith(b"\x78\x01")
    return (zlib.decompress(value) if packed else value).decode(errors="replace")


@pytest.fixture
def marked(store, assess):
    """A submission whose every word is a mark, in every table that may hold it."""
    submission = Submission(
        title=MARK,
        body=f"{MARK}，{MARK}的路灯坏了。" * 5,
        id=f"号{MARK}",
        submitted_at=date(2020, 1, 1),
    )
    origin = Origin(submitter=f"人{MARK}", source="热线")
    with store.transaction(actor="张三") as office:
        assessment = assess(submission, score=50.0)
        key = office.submissions.store(submission, assessment, origin=origin).key
        office.assessments.add(key, assess(submission, score=60.0, bundle="linear-2"))
        other = Submission(body="另一件事，桥栏杆断了。", submitted_at=date(2026, 2, 1))
        kept = office.submissions.store(other, assess(other)).key
        office.wording.add_all(
            [
                FingerprintedText(
                    key=key,
                    fingerprints=find_fingerprints(assessment.text),
                    submitter=origin.submitter,
                )
            ]
        )
        link = Link(first=key, second=kept, relation=Relation.SAME, probability=0.9)
        office.groups.add_links([link], model="m")
        office.outcomes.record(key, Outcome(disposition=Disposition.NOT_FILED))
        told_of_in_results(office, {key: assessment.text, kept: "桥栏杆断了"})
    return key, kept


def told_of_in_results(office, texts):
    """A job whose rows became these submissions."""
    file = BatchFile(name="来信.jsonl", digest="ab" * 32, size=9)
    batch = office.batches.begin(file, BatchOptions()).key
    office.batches.rows.add_chunk(batch, first_row=1, last_row=2, content=b"", workflow="w")
    lines = [
        json.dumps(
            {
                "row": row,
                "where": f"{text[:4]}.docx",
                "status": "ok",
                "assessment": {"text": text, "stored": {"key": key, "created": True}},
            },
            ensure_ascii=False,
        )
        for row, (key, text) in enumerate(texts.items(), start=1)
    ]
    office.batches.rows.finish_chunk(
        batch, 1, bundle="linear-1", content=pack_lines(lines), stored=texts
    )


def test_not_a_byte_of_what_is_erased_is_left(store, marked):
    key, kept = marked
    before = everything(store)
    assert {name for name, held in before.items() if MARK in held} == {
        "submissions",
        "originals",
        "assessments",
        "wording_submitters",
        "batch_results",
    }

    assert applied(store, rule(State.NOT_FILED, name="不立案满一年")) == [1]

    after = everything(store)
    assert {name for name, held in after.items() if MARK in held} == set()
    for table in ("fingerprints", "wordings", "links", "group_members"):
        assert after[table] == "", table
    assert "已清除" in after["batch_results"]
    assert "桥栏杆断了" in after["batch_results"]
    with store.reading() as office:
        assert [item.key for item in office.submissions.list().items] == [kept]
        with pytest.raises(RecordUnknown):
            office.originals.read(key)


def test_the_tombstone_says_what_when_by_which_rule_and_who(store, marked):
    key, _ = marked
    begun = datetime.now(UTC)

    applied(store, rule(State.NOT_FILED, name="不立案满一年"))

    with store.engine.connect() as connection:
        (stone,) = connection.execute(text(f"SELECT * FROM {SCHEMA}.tombstones")).all()
    assert (stone.submission_key, stone.rule, stone.erased_by) == (key, "不立案满一年", "李四")
    assert begun <= stone.erased_at <= datetime.now(UTC)
    assert bytes(stone.reference_hash) == hash_reference("热线", "unknown", f"号{MARK}")
    with store.reading() as office:
        last = office.audit.of(RecordKind.SUBMISSION, key)[-1]
        outcome = office.outcomes.current(key)
    assert (last.action, last.actor) == (Action.ERASED, "李四")
    assert outcome.outcome.disposition is Disposition.NOT_FILED  # what the office did stays


def test_erased_again_nothing_happens(store, marked):
    applied(store, rule(State.NOT_FILED))

    assert applied(store, rule(State.NOT_FILED), rule(State.DELETED)) == [0, 0]
    with store.reading() as office:
        entries = office.audit.of(RecordKind.SUBMISSION, marked[0])
    assert [entry.action for entry in entries].count(Action.ERASED) == 1


def test_a_run_that_breaks_off_is_gone_on_with(store, dated):
    for _ in range(5):
        dated(date(2020, 1, 1))

    def stumble(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        applied(store, UNDECIDED, chunk=2, report=stumble)

    assert counts(store, UNDECIDED) == [3]
    assert applied(store, UNDECIDED, chunk=2) == [3]


def test_what_was_erased_may_come_in_again(store, dated, assess):
    submission = Submission(body="老粮站后面的路灯坏了。", id="9", submitted_at=date(2020, 1, 1))
    with store.transaction(actor="张三") as office:
        first = office.submissions.store(submission, assess(submission)).key
    applied(store, UNDECIDED)

    with store.transaction(actor="张三") as office:
        again = office.submissions.store(submission, assess(submission))

    assert again.created
    assert again.key != first


# --- rules of a file ------------


@pytest.fixture
def rules_in(tmp_path):
    def read(written):
        path = tmp_path / "retention.toml"
        path.write_text(written, encoding="utf-8")
        return read_retention_rules(path)

    return read


def test_the_example_is_read(pytestconfig):
    rules = read_retention_rules(pytestconfig.rootpath / "data" / "retention.example.toml")

    assert {state for one in rules for state in one.states} == set(State)


@pytest.mark.parametrize(
    "written",
    [
        "[[rule]]\nname = ''\nstates = ['filed']\nyears = 1",
        "[[rule]]\nname = '甲'\nstates = []\nyears = 1",
        "[[rule]]\nname = '甲'\nstates = ['filed']\nyears = 0",
        "[[rule]]\nname = '甲'\nstates = ['filed']\nyears = 1.5",
        "[[rule]]\nname = '甲'\nstates = ['lost']\nyears = 1",
        "[[rule]]\nname = '甲'\nstates = ['filed']\nyears = 1\nmonths = 3",
        "[[rule]]\nname = '甲'\nstates = ['filed']\nyears = 1\n"
        "[[rule]]\nname = '乙'\nstates = ['filed', 'merged']\nyears = 2",
        "[[rule]]\nname = '甲'\nstates = ['filed']\nyears = 1\n"
        "[[rule]]\nname = '甲'\nstates = ['merged']\nyears = 1",
        "[[rule]]\nname = \"甲\\u0007\"\nstates = ['filed']\nyears = 1",
        "rule = 3",
        "rule = []\nother = 1",
        "",
    ],
)
def test_rules_that_do_not_fit_are_refused(rules_in, written):
    with pytest.raises(InvalidTaxonomy, match=r"retention\.toml"):
        rules_in(written)


def test_what_is_wrong_with_a_rule_names_it(rules_in):
    with pytest.raises(InvalidTaxonomy, match=r"规则“甲”\.years"):
        rules_in("[[rule]]\nname = '甲'\nstates = ['filed']\nyears = '三'")
    with pytest.raises(InvalidTaxonomy, match="第 1 条规则"):
        rules_in("[[rule]]\nstates = ['filed']\nyears = 3")


def test_two_rules_may_part_a_state_by_kind(rules_in):
    assert (
        len(
            rules_in(
                "[[rule]]\nname = '甲'\nstates = ['filed']\nyears = 1\nkinds = ['proposal']\n"
                "[[rule]]\nname = '乙'\nstates = ['filed']\nyears = 2\nkinds = ['public_message']\n"
            )
        )
        == 2
    )
