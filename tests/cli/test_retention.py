"""``nlp-service retention`` in a process of its own, as an office would call it each night."""

from datetime import date

import pytest

from nlp_service.assess import Assessor
from nlp_service.cli.acting import command_line_actor
from nlp_service.domain.audit import Action, Change
from nlp_service.domain.in_force import Subject
from nlp_service.domain.retention import RetentionRule, State, table_of
from nlp_service.domain.submission import Submission
from nlp_service.settings import Settings
from nlp_service.store.opening import open_store

RULES = "[[rule]]\nname = '未办满三年'\nstates = ['undecided']\nyears = 3\n"


@pytest.fixture
def rules(tmp_path):
    path = tmp_path / "retention.toml"
    path.write_text(RULES, encoding="utf-8")
    return path


@pytest.fixture
def filled(keeping, assessor):
    """A database with an old submission and a new one; return its environment."""
    quick = Assessor(assessor.bundle)
    settings = Settings(database_url=keeping["NLP_DATABASE_URL"])
    with open_store(settings) as store, store.transaction(actor="张三") as office:
        for day in (date(2015, 1, 1), date(2999, 1, 1)):
            submission = Submission(body=f"{day} 的来件，路灯坏了。", submitted_at=day)
            office.submissions.store(submission, quick.assess(submission, quality=False))
    return keeping


def left(environment):
    settings = Settings(database_url=environment["NLP_DATABASE_URL"])
    with open_store(settings) as store, store.reading() as office:
        return len(office.submissions.list().items)


def set_in_the_store(environment, *rules):
    """Put rules in force as the page would."""
    settings = Settings(database_url=environment["NLP_DATABASE_URL"])
    with open_store(settings) as store, store.transaction(actor="王管理") as office:
        office.rulings.set(Subject.RETENTION, table_of(rules), change=Change())


def test_it_counts_first_and_erases_when_it_is_told_to(nlp_service, filled, rules):
    environment = {**filled, "NLP_RETENTION": str(rules)}

    counted = nlp_service("retention", "--dry-run", env=environment)
    assert (counted.returncode, counted.stderr) == (0, "")
    assert counted.stdout.splitlines() == [
        f"规则来自文件 {rules}。",
        "未办满三年（满 3 年）：1 件",
        "到期 1 件；确要清除请写 apply。",
    ]
    assert left(filled) == 2

    erased = nlp_service("retention", "apply", env=environment)
    assert (erased.returncode, erased.stdout.splitlines()[-1]) == (0, "已清除 1 件的全文。")
    assert left(filled) == 1
    with open_store(Settings(database_url=filled["NLP_DATABASE_URL"])) as store:
        with store.reading() as office:
            (entry,) = office.audit.latest(limit=1)
    assert (entry.action, entry.actor) == (Action.ERASED, command_line_actor())


def test_rules_that_do_not_fit_erase_nothing(nlp_service, filled, rules):
    rules.write_text(RULES.replace("3", "'三'"), encoding="utf-8")

    done = nlp_service("retention", "apply", "--rules", str(rules), env=filled)

    assert (done.returncode, left(filled)) == (1, 2)
    assert "保存期限的规则有误" in done.stderr
    assert "years" in done.stderr


def test_without_rules_it_says_how_to_set_them(nlp_service, keeping):
    done = nlp_service("retention", "apply", env=keeping)

    assert done.returncode == 1
    assert "NLP_RETENTION" in done.stderr
    assert "设置 › 保存期限" in done.stderr


def test_what_an_admin_set_goes_before_the_file_of_the_settings_but_not_before_an_option(
    nlp_service, filled, rules
):
    environment = {**filled, "NLP_RETENTION": str(rules)}
    set_in_the_store(filled, RetentionRule(name="立案满十年", states=[State.FILED], years=10))

    counted = nlp_service("retention", env=environment)
    told, *lines = counted.stdout.splitlines()
    assert told.startswith("规则来自网页 设置 › 保存期限（王管理 于 ")
    assert lines == ["立案满十年（满 10 年）：0 件", "到期 0 件；确要清除请写 apply。"]

    counted = nlp_service("retention", "--rules", str(rules), env=environment)
    assert counted.stdout.startswith(f"规则来自文件 {rules}。\n未办满三年（满 3 年）：1 件")


@pytest.mark.slow
def test_where_an_admin_took_all_rules_away_nothing_is_erased(nlp_service, filled, rules):
    set_in_the_store(filled)

    done = nlp_service("retention", "apply", env={**filled, "NLP_RETENTION": str(rules)})

    assert (done.returncode, left(filled)) == (0, 2)
    assert done.stdout.splitlines()[-1] == "那里没有规则，什么也不清除。"


@pytest.mark.slow
def test_rules_in_the_store_that_do_not_fit_erase_nothing(nlp_service, filled):
    set_in_the_store(filled, RetentionRule(name="甲", states=[State.UNDECIDED], years=0))

    done = nlp_service("retention", "apply", env=filled)

    assert (done.returncode, left(filled)) == (1, 2)
    assert "什么也没有清除。规则来自网页 设置 › 保存期限" in done.stderr
    assert "规则“甲”的年数应是" in done.stderr
