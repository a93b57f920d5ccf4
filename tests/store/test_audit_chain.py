"""Nobody changes the audit unnoticed, not even who may write to its table past the trigger."""

import threading

import pytest
from sqlalchemy import create_engine, text

from nlp_service.domain.audit import Action, ChainHead, Change, RecordKind
from nlp_service.domain.errors import StoreError
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Outcome
from nlp_service.store.chaining import check_chain, read_head
from nlp_service.store.migrate import downgrade, migrate

PAST_THE_TRIGGER = "SET LOCAL session_replication_role = replica"


@pytest.fixture
def filled(store):
    """A store with ten entries."""
    for number in range(10):
        with store.transaction(actor="张三") as office:
            change = Change(before={"state": number}, after={"state": number + 1, "说": "是"})
            office.audit.note_changes(Action.RESTRICTED, RecordKind.SUBMISSION, {number: change})
    return store


def check(store, noted=None):
    with store.reading() as office:
        return check_chain(office.connection, noted=noted)


def head_of(store):
    with store.reading() as office:
        return read_head(office.connection)


def tamper(store, *statements):
    with store.engine.begin() as connection:
        connection.execute(text(PAST_THE_TRIGGER))
        for statement in statements:
            connection.execute(text(statement))


def test_an_untouched_chain_is_whole(filled):
    checked = check(filled, noted=head_of(filled))

    assert (checked.entries, checked.findings) == (10, [])
    assert checked.head == head_of(filled)
    assert str(checked.head) == f"10:{checked.head.hash.hex()}"


def test_an_empty_audit_is_whole(store):
    checked = check(store)

    assert (checked.entries, checked.head.key, checked.findings) == (0, 0, [])


@pytest.mark.parametrize(
    "change",
    [
        "actor = '李四'",
        "at = at + interval '1 microsecond'",
        "action = 'unrestricted'",
        "record_kind = 'merge'",
        "record_key = 99",
        "before = '{\"state\": 5}'",
        "after = NULL",
    ],
)
def test_a_changed_entry_is_found_and_named(filled, change):
    tamper(filled, f"UPDATE nlp.audit SET {change} WHERE key = 4")

    assert check(filled).findings == ["第 4 条被改动过：内容与当时写下的不符。"]


def test_removed_entries_are_found_and_named(filled):
    tamper(filled, "DELETE FROM nlp.audit WHERE key IN (4, 5, 8)")

    assert check(filled).findings == [
        "第 6 条之前少了记录：第 4 至 5 条被删除。",
        "第 9 条之前少了记录：第 8 条被删除。",
    ]


def test_a_removed_beginning_is_found(filled):
    tamper(filled, "DELETE FROM nlp.audit WHERE key < 3")

    assert check(filled).findings == ["第 3 条之前少了记录：第 1 至 2 条被删除。"]


def test_removed_and_renumbered_entries_are_found(filled):
    tamper(
        filled,
        "DELETE FROM nlp.audit WHERE key = 4",
        "UPDATE nlp.audit SET key = key - 1 WHERE key > 4",
    )

    found = check(filled).findings
    assert found[0] == "第 4 条接不上第 3 条：其间有记录被删除，或第 3 条被换过。"
    assert "第 4 条被改动过：内容与当时写下的不符。" in found


def test_an_entry_that_was_put_in_is_found_and_named(filled):
    tamper(
        filled,
        "UPDATE nlp.audit SET key = key + 1000 WHERE key > 4",
        "INSERT INTO nlp.audit SELECT 5, at, '李四', action, record_kind, record_key, before,"
        " after, hash, sha256('forged') FROM nlp.audit WHERE key = 4",
    )

    found = check(filled).findings
    assert "第 5 条被改动过：内容与当时写下的不符。" in found
    assert "第 4 条与第 1005 条之间插入过记录（第 5 至 5 条）。" in found


def test_an_entry_whose_hash_was_made_anew_breaks_the_chain_behind_it(filled):
    tamper(
        filled,
        "UPDATE nlp.audit SET actor = '李四', hash = sha256('whatever') WHERE key = 4",
    )

    assert check(filled).findings == [
        "第 4 条被改动过：内容与当时写下的不符。",
        "第 5 条接不上第 4 条：其间有记录被删除，或第 4 条被换过。",
    ]


def test_a_cut_tail_is_found_by_who_noted_the_head(filled):
    noted = head_of(filled)
    tamper(filled, "DELETE FROM nlp.audit WHERE key > 8")

    assert check(filled).findings == []
    assert check(filled, noted=noted).findings == [
        "记下的末条是第 10 条，现在只到第 8 条：末尾被截去。"
    ]


def test_a_chain_that_was_made_anew_is_found_by_who_noted_the_head(filled):
    noted = head_of(filled)
    tamper(filled, "DELETE FROM nlp.audit WHERE key > 8")
    for _ in range(2):
        with filled.transaction(actor="李四") as office:
            office.audit.note(Action.RESTRICTED, RecordKind.SUBMISSION, 1)

    assert check(filled).findings == []
    assert check(filled, noted=noted).findings == [
        "第 10 条与当时记下的不同：它或它之前的记录被改写过。"
    ]


def test_writers_at_once_make_one_chain_without_gaps(store, add):
    failures = []

    def write(name):
        try:
            for number in range(5):
                with store.transaction(actor=name) as office:
                    add(office)
                    if number == 3:
                        office.connection.execute(text("SELECT pg_sleep(0.01)"))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(f"写手{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    checked = check(store)
    assert (checked.entries, checked.head.key, checked.findings) == (60, 60, [])


def test_a_transaction_that_fails_leaves_no_gap(filled, add):
    with pytest.raises(RuntimeError), filled.transaction(actor="张三") as office:
        add(office)
        office.audit.settle()
        raise RuntimeError
    with filled.transaction(actor="张三") as office:
        office.audit.note(Action.RESTRICTED, RecordKind.SUBMISSION, 1)

    checked = check(filled)
    assert (checked.head.key, checked.findings) == (11, [])


def test_what_an_act_changed_is_told(store, add):
    with store.transaction(actor="张三") as office:
        first, second = add(office), add(office)
        merge = office.merges.merge([first, second], lead=first).key
    with store.transaction(actor="李四") as office:
        office.merges.choose_lead(merge, second)
        office.merges.unmerge(merge)
        office.outcomes.record(first, Outcome(disposition=Disposition.FILED))
        office.outcomes.record(first, Outcome(disposition=Disposition.NOT_FILED))
        office.submissions.restrict(first, restricted=True)
        office.submissions.delete(second)

    with store.reading() as office:
        of_first = {
            (one.action, one.actor): (one.before, one.after)
            for one in office.audit.of(RecordKind.SUBMISSION, first)
        }
        of_second = office.audit.of(RecordKind.SUBMISSION, second)
        of_merge = office.audit.of(RecordKind.MERGE, merge)
    assert of_first["assessed", "张三"] == (None, {"bundle": "linear-1"})
    assert of_first["merged", "张三"] == ({"merge": None}, {"merge": merge})
    assert of_first["unmerged", "李四"] == ({"merge": merge}, {"merge": None})
    before, after = of_first["outcome_recorded", "李四"]
    assert (before["disposition"], after["disposition"]) == ("filed", "not_filed")
    assert of_first["restricted", "李四"] == ({"restricted": False}, {"restricted": True})
    assert (of_second[-1].action, of_second[-1].after) == ("deleted", {"deleted": True})
    assert [(one.action, one.before, one.after) for one in of_merge] == [
        ("merged", None, {"members": [first, second], "lead": first}),
        ("lead_chosen", {"merge": merge, "lead": first}, {"merge": merge, "lead": second}),
        ("unmerged", {"members": [first, second], "lead": second}, None),
    ]
    assert check(store).findings == []


def test_a_head_is_written_as_it_is_read():
    head = ChainHead(key=7, hash=b"\x01" * 32)

    assert str(head) == "7:" + "01" * 32


# --- the step that chains what is there ------------


def test_the_step_chains_what_the_audit_held_and_writing_goes_on(server, open_at):
    address = server.new()
    engine = create_engine(address)
    migrate(engine, to="0005")
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO nlp.audit (at, actor, action, record_kind, record_key) SELECT"
                " timestamptz '2026-03-01 08:00:00.000001+08' + n * interval '7.1 seconds',"
                " '李“四”' || chr(92) || n, 'stored', 'submission', n"
                " FROM generate_series(1, 6001) n"
            )
        )
        connection.execute(text("SELECT setval('nlp.audit_key_seq', 7000)"))  # a gap of the past
        connection.execute(
            text(
                "INSERT INTO nlp.audit (actor, action, record_kind, record_key)"
                " VALUES ('王五', 'merged', 'merge', 1)"
            )
        )
    migrate(engine)
    engine.dispose()

    store = open_at(address)
    with store.transaction(actor="张三") as office:
        office.audit.note(Action.RESTRICTED, RecordKind.SUBMISSION, 1)
    checked = check(store)
    assert (checked.entries, checked.head.key, checked.findings) == (6003, 7002, [])
    with pytest.raises(StoreError, match="23001"), store.transaction(actor="张三") as office:
        office.connection.execute(text("DELETE FROM nlp.audit"))


def test_the_step_goes_down_on_a_filled_audit_and_up_again(fresh_store, add, open_at):
    with fresh_store.transaction(actor="张三") as office:
        add(office)
    downgrade(fresh_store.engine, to="0005")
    with fresh_store.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO nlp.audit (actor, action, record_kind, record_key)"
                " VALUES ('王五', 'merged', 'merge', 1)"
            )
        )

    again = open_at(fresh_store.engine.url)
    checked = check(again)
    assert (checked.entries, checked.head.key, checked.findings) == (3, 3, [])
