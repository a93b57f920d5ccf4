"""Which rules of retention are in force, and how others are put in their place."""

import threading

import pytest

from nlp_service.domain.audit import Action, Change, RecordKind
from nlp_service.domain.errors import RulesRefused
from nlp_service.domain.in_force import Subject
from nlp_service.domain.retention import RetentionRule, State, check_rules, table_of
from nlp_service.domain.submission import Kind
from nlp_service.store.retention_rules import (
    OF_FILE,
    earlier_rules,
    find_rules,
    past_rules,
    put_in_force,
    take_turn,
)

LIMITED = RetentionRule(name="限阅满一年", states=(State.RESTRICTED,), years=1)
OPEN = RetentionRule(name="未办满三年", states=(State.UNDECIDED, State.RETURNED), years=3)


def in_force(store, file=None):
    with store.reading() as office:
        return find_rules(office, file)


def put(store, *rules, file=None, actor="王管理", seen=None):
    """Put rules in force, made from those that are, or from others that were seen."""
    seen = in_force(store, file).digest if seen is None else seen
    with store.transaction(actor=actor) as office:
        put_in_force(office, rules, before=take_turn(office, file, seen=seen))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "retention.toml"
    path.write_text("[[rule]]\nname = '立案满十年'\nstates = ['filed']\nyears = 10\n", "utf-8")
    return path


def test_until_somebody_sets_rules_the_file_is_in_force(store, file):
    assert in_force(store).rules == ()
    assert [rule.name for rule in in_force(store, file).rules] == ["立案满十年"]

    put(store, LIMITED, file=file)

    found = in_force(store, file)
    assert (found.rules, found.file) == ([LIMITED], None)
    assert found.ruling.set_by == "王管理"


def test_without_any_rule_the_file_does_not_come_back(store, file):
    put(store, file=file)

    found = in_force(store, file)
    assert (found.rules, found.problem) == ([], "")
    assert found.ruling is not None


def test_a_file_that_cannot_be_read_has_no_rules_and_others_take_its_place(store, file):
    file.write_text("[[rule]]\nname = '甲'\nstates = []\nyears = 1\n", "utf-8")
    found = in_force(store, file)
    assert found.rules == ()
    assert "规则“甲”没有选管哪些来件" in found.problem

    put(store, file=file)

    assert in_force(store, file).problem == ""


def test_a_ruling_that_a_later_program_wrote_is_told_of(store):
    put(store, LIMITED)
    content = {"rule": [{**table_of([LIMITED])["rule"][0], "months": 3}]}
    with store.transaction(actor="新版") as office:
        office.rulings.set(Subject.RETENTION, content, change=Change())

    found = in_force(store)
    assert found.rules == ()
    assert "规则“限阅满一年”.months" in found.problem
    with store.transaction(actor="王管理") as office:
        with pytest.raises(RulesRefused, match="不能恢复"):
            earlier_rules(office, None, mark=found.mark)


def test_the_audit_tells_names_and_years_before_and_after(store):
    put(store, LIMITED, OPEN)
    put(store, OPEN)

    with store.reading() as office:
        *_, entry = office.audit.of(RecordKind.RETENTION, 0)
    kept = {"未办满三年": {"states": ["returned", "undecided"], "years": 3}}
    gone = {"限阅满一年": {"states": ["restricted"], "years": 1}}
    assert (entry.action, entry.actor) == (Action.RETENTION_SET, "王管理")
    assert (entry.before, entry.after) == ({**gone, **kept}, kept)


def test_what_changes_nothing_is_no_change(store, file):
    put(store, *in_force(store, file).rules, file=file)

    with store.reading() as office:
        assert office.rulings.history(Subject.RETENTION) == []
        assert office.audit.of(RecordKind.RETENTION, 0) == []


def test_a_change_made_from_other_rules_is_refused(store, file):
    seen = in_force(store, file).digest
    put(store, LIMITED, file=file, actor="李四")

    with pytest.raises(RulesRefused, match="李四 已经改过"):
        put(store, OPEN, file=file, seen=seen)

    assert in_force(store, file).rules == [LIMITED]


def test_a_change_made_from_another_file_is_refused(store, file):
    seen = in_force(store, file).digest
    file.write_text(file.read_text("utf-8").replace("10", "15"), "utf-8")

    with pytest.raises(RulesRefused, match="规则文件已经改过"):
        put(store, OPEN, file=file, seen=seen)


def test_of_two_at_once_one_is_refused(store):
    seen = in_force(store).digest
    refused, both = [], threading.Barrier(2)

    def change(rule, actor):
        both.wait(20)
        try:
            put(store, rule, actor=actor, seen=seen)
        except RulesRefused:
            refused.append(actor)

    threads = [
        threading.Thread(target=change, args=one) for one in ((LIMITED, "王管理"), (OPEN, "李四"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    with store.reading() as office:
        (ruling,) = office.rulings.history(Subject.RETENTION)
    assert [ruling.set_by, *refused] in (["王管理", "李四"], ["李四", "王管理"])


def test_what_was_in_force_is_found_again(store, file):
    put(store, LIMITED, file=file)
    put(store, OPEN, file=file)

    with store.reading() as office:
        past = past_rules(office, file)
        assert [len(one.rules) for one in past] == [1, 1, 1]
        assert earlier_rules(office, file, mark=past[1].mark) == [LIMITED]
        assert earlier_rules(office, file, mark=OF_FILE)[0].name == "立案满十年"
        for mark in ("", "2020-01-01"):
            with pytest.raises(RulesRefused, match="没有这一次更改"):
                earlier_rules(office, file, mark=mark)
        with pytest.raises(RulesRefused, match="没有这一次更改"):
            earlier_rules(office, None, mark=OF_FILE)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ([RetentionRule(name=" ", states=(State.FILED,), years=1)], "没有名称"),
        ([RetentionRule(name="甲\n乙", states=(State.FILED,), years=1)], "一行文字"),
        ([RetentionRule(name="甲", states=(), years=1)], "“甲”没有选管哪些来件"),
        ([RetentionRule(name="甲", states=(State.FILED,), years=0)], "“甲”的年数应是 1 到 200"),
        ([RetentionRule(name="甲", states=(State.FILED,), years=201)], "“甲”的年数应是 1 到 200"),
        ([LIMITED, LIMITED], "两条规则都叫“限阅满一年”"),
        (
            [OPEN, RetentionRule(name="退回满一年", states=(State.RETURNED,), years=1)],
            "“未办满三年”和“退回满一年”都管退回完善的来件，",
        ),
        (
            [
                OPEN,
                RetentionRule(
                    name="来信", states=tuple(State), years=1, kinds=(Kind.PUBLIC_MESSAGE,)
                ),
            ],
            "“未办满三年”和“来信”都管退回完善、没有登记结果的来件（群众来信）",
        ),
    ],
)
def test_rules_that_cannot_be_in_force_are_refused_by_name(store, rules, reason):
    with pytest.raises(RulesRefused, match=reason):
        check_rules(rules)
    with pytest.raises(RulesRefused, match=reason):
        put(store, *rules)
    assert in_force(store).ruling is None
