"""设置, 保存期限: rules are set by an admin, who sees what would be due; nothing is erased."""

import json
import re

import pytest
from playwright.sync_api import expect

from nlp_service.domain.audit import Action
from nlp_service.domain.in_force import Subject
from nlp_service.domain.people import UserRole
from nlp_service.web.audit_wording import facts_in_words
from nlp_service.web.retention_pages import RULES
from nlp_service.web.settings_frame import RETENTION
from tests.web.reading import Reader, assert_fits, assert_strict, serious_violations

BROWSER = {"Accept": "text/html"}
BY_SCRIPT = {"HX-Request": "true"}
EVIL = '<script>alert(1)</script><b>粗"'
FILE = '[[rule]]\nname = "未立案满三年"\nstates = ["undecided"]\nyears = 3\n'
OPEN = {"name": "未办满三年", "state": ["undecided"], "years": "3"}


@pytest.fixture
def admin(user):
    return user(UserRole.ADMIN, "王管理")


@pytest.fixture
def file(office, tmp_path):
    """The file of the settings, which has a rule; the settings are put back."""
    state, settings = office.app.state, office.app.state.settings
    path = tmp_path / "rules.toml"
    path.write_text(FILE, encoding="utf-8")
    state.settings = settings.model_copy(update={"retention": path})
    yield path
    state.settings = settings


@pytest.fixture
def old_letter(office):
    letter = {"body": "老车站的路灯坏了。", "submitted_at": "2019-03-01"}
    assert office.post("/v1/assessments", json=letter).status_code == 200


def words(page):
    """What a reader sees of a page, without blanks."""
    return re.sub(r"\s+", "", re.sub(r"<[^>]*>", "", page.text))


def fields(page):
    """The values of a page's fields by name: those that are typed, or ticked."""
    found = {}
    for tag, given in Reader(page.text).elements:
        if tag == "input" and "name" in given:
            ticked = given.get("type") != "checkbox" or "checked" in given
            found.setdefault(given["name"], []).extend([given["value"]] if ticked else [])
    return found


def send(admin, act="", headers=BROWSER, **form):
    """Send a form made from the page as it is now, unless it says what was seen."""
    form.setdefault("seen", fields(admin.get(RETENTION))["seen"][0])
    return admin.post(f"{RULES}{act}", data=form, headers=headers, follow_redirects=False)


def saved(admin, act="", **form):
    """Send a form as a browser without script does; return the page that it is led to."""
    answer = send(admin, act, **form)
    assert (answer.status_code, answer.headers["Location"]) == (303, RETENTION), words(answer)
    return admin.get(RETENTION)


def rulings(store):
    with store.reading() as office:
        return office.rulings.history(Subject.RETENTION)


def refusal(page):
    assert page.status_code == 422
    return re.findall(r'<p id="refused"[^>]*>([^<]+)</p>', page.text)[0]


def test_without_rules_it_says_that_nothing_is_erased(admin, user):
    assert "什么也不清除。按本单位" in words(admin.get(RETENTION))
    secretary = user(UserRole.SECRETARY, "李四").get(RETENTION)
    assert "由管理员设定" in words(secretary)
    assert "<form id=" not in secretary.text


def test_rules_of_a_file_are_shown_with_what_is_due(admin, file, old_letter):
    shown = words(admin.get(RETENTION))

    assert "未立案满三年没有登记结果31" in shown
    assert "今天运行会清除1件的全文" in shown
    assert f"规则写在{file}；在这里改过以后，以这里为准" in shown
    file.write_text('[[rule]]\nname = "x"\nstates = []\nyears = 3\n', encoding="utf-8")
    shown = words(admin.get(RETENTION))
    assert f"规则文件{file}有误，什么也不会清除。规则“x”没有选管哪些来件" in shown
    assert "未办满三年没有登记结果31" in words(saved(admin, **OPEN))


def test_a_rule_is_added_changed_and_taken_away(admin, store, old_letter):
    page = saved(admin, **OPEN)
    assert "未办满三年没有登记结果31" in words(page)
    assert "规则由王管理于" in words(page)
    form = fields(admin.get(RETENTION, params={"rule": "未办满三年"}))
    assert form["of"][-1:] == form["name"] == ["未办满三年"]
    assert (form["state"], form["kind"], form["years"]) == (["undecided"], [], ["3"])

    changed = {"name": "来信满五年", "state": ["undecided", "returned"], "kind": "public_message"}
    page = saved(admin, of="未办满三年", years="5", **changed)
    assert "来信满五年退回完善、没有登记结果；群众来信50" in words(page)

    page = saved(admin, ":remove", of="来信满五年")
    assert "王管理于" in words(page) and "去掉了全部规则" in words(page)
    entries = told(store)
    assert [facts_in_words(entry.before, entry.after) for entry in entries] == [
        [("来信满五年", "管哪些来件 退回完善、没有登记结果，满几年 5，来件类型 群众来信 → 无")],
        [
            ("未办满三年", "管哪些来件 没有登记结果，满几年 3 → 无"),
            ("来信满五年", "管哪些来件 退回完善、没有登记结果，满几年 5，来件类型 群众来信"),
        ],
        [("未办满三年", "管哪些来件 没有登记结果，满几年 3")],
    ]
    assert "更改保存期限" in words(admin.get("/settings/audit"))


def told(store):
    with store.reading() as office:
        latest = office.audit.latest()
    return [entry for entry in latest if entry.action is Action.RETENTION_SET]


def test_by_script_the_changed_part_is_answered_and_says_what_is_due(admin, old_letter):
    answer = send(admin, headers=BY_SCRIPT, **OPEN)

    said = json.loads(answer.headers["HX-Trigger"])["said"]["text"]
    assert said == "已添加规则“未办满三年”。现在到期 1 件，没有清除任何来件。"
    assert "今天运行会清除1件的全文" in words(answer)
    assert len(admin.get("/v1/submissions").json()["items"]) == 1


def test_when_all_rules_are_taken_away_the_file_does_not_count_either(admin, file):
    page = saved(admin, ":remove", of="未立案满三年")

    assert "没有保存期限的规则，什么也不清除。" in words(page)
    assert f"文件{file}里的规则也不用" in words(page)


def test_what_was_in_force_before_can_be_put_back(admin, file, store):
    saved(admin, **{**OPEN, "state": ["returned"]})
    page = saved(admin, ":remove", of="未立案满三年")
    of_both, of_file = fields(page)["mark"]

    page = saved(admin, ":restore", mark=of_both)
    assert len(Reader(page.text).all("hx-confirm")) == 2 + 2, "two rules, two earlier states"
    assert "2条未立案满三年：没有登记结果，满3年未办满三年：退回完善，满3年现行" in words(page)
    assert "未立案满三年没有登记结果30" in words(saved(admin, ":restore", mark=of_file))
    assert len(rulings(store)) == 4
    assert "没有这一次更改" in refusal(send(admin, ":restore", mark="2020-01-01"))
    file.write_text("rule = 3", encoding="utf-8")
    assert "这些规则有误，不能恢复" in refusal(send(admin, ":restore", mark=of_file))


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ({"name": " "}, "没有名称"),
        ({"name": "甲\n乙"}, "一行文字"),
        ({"state": []}, "没有选管哪些来件"),
        ({"state": "lost"}, "不在表里"),
        ({"kind": "poem"}, "不在表里"),
        ({"years": "三"}, "应是 1 到 200 的整数"),
        ({"years": "2.5"}, "应是 1 到 200 的整数"),
        ({"years": "0"}, "应是 1 到 200 的整数"),
        ({"name": "未立案满三年", "state": "filed"}, "两条规则都叫"),
        ({"of": "没有的"}, "没有这条规则"),
        (
            {"state": ["undecided", "filed"], "kind": "proposal"},
            "规则“未立案满三年”和“新的”都管没有登记结果的来件（提案），一件来件只能归一条规则。"
            "请在其中一条里去掉，或按来件类型分开。",
        ),
    ],
)
def test_what_is_refused_is_said_and_stays_typed(admin, file, store, typed, reason):
    form = {"name": "新的", "state": "filed", "years": "7", **typed}

    page = send(admin, **form)

    assert reason in refusal(page)
    shown = fields(page)
    assert shown["name"] == [form["name"].strip()]
    assert shown["years"] == [form["years"]]
    known = [one for one in [form["state"]] if one == "filed"]
    assert not known or shown["state"] == known
    assert rulings(store) == []
    by_script = send(admin, headers=BY_SCRIPT, **form)
    assert reason in refusal(by_script)
    assert "#rule" in by_script.headers["HX-Reswap"]


def test_a_rule_that_is_not_there_is_neither_shown_nor_taken_away(admin, file):
    assert "没有这条规则" in refusal(admin.get(RETENTION, params={"rule": "没有的"}))
    assert "没有这条规则" in refusal(send(admin, ":remove", of="没有的"))
    by_script = send(admin, ":remove", headers=BY_SCRIPT, of="没有的")
    assert "#refused" in by_script.headers["HX-Reswap"]


@pytest.mark.parametrize("act", ["", ":remove", ":restore"])
def test_a_change_upon_another_admins_change_is_refused(admin, user, file, store, act):
    seen = fields(admin.get(RETENTION))["seen"][0]
    other = user(UserRole.ADMIN, "赵管理")
    saved(other, **{**OPEN, "state": ["returned"]})

    page = send(admin, act, of="未立案满三年", name="改名", state="filed", years="9", seen=seen)

    assert "你打开这页以后，赵管理 已经改过保存期限，所以没有保存" in refusal(page)
    assert "未办满三年退回完善30" in words(page)
    assert len(rulings(store)) == 1
    if not act:
        assert fields(page)["name"] == ["改名"]
        shown = {name: values[-1] for name, values in fields(page).items() if values}
        again = {name: shown[name] for name in ("of", "name", "state", "years", "seen")}
        assert "改名立案90" in words(saved(admin, **again))


def test_only_an_admin_changes_rules(user, file, store):
    secretary = user(UserRole.SECRETARY, "李四")

    assert "规则写在" in words(secretary.get(RETENTION))
    for act in ("", ":remove", ":restore"):
        assert secretary.post(f"{RULES}{act}", data=OPEN).status_code == 403
    assert rulings(store) == []


def test_a_name_is_never_read_as_a_page(admin):
    page = saved(admin, **{**OPEN, "name": EVIL})

    assert_strict(page)
    assert EVIL not in page.text
    assert "alert" not in "".join(Reader(page.text).inline)
    (link,) = [href for href in Reader(page.text).all("href") if "rule=" in href]
    assert fields(admin.get(link))["name"] == [EVIL]


def test_an_admin_sets_the_rules_in_the_browser(open_page, office):
    page = open_page(RETENTION, role=UserRole.ADMIN, name="王管理", size="phone")
    page.on("dialog", lambda dialog: dialog.accept())

    def fill(name, years, *ticked):
        page.get_by_label("名称（清除记录里这样写）").fill(name)
        page.get_by_label("满几年").fill(years)
        for label in ticked:
            page.get_by_label(label).check()

    fill("未办满三年", "3", "没有登记结果", "退回完善")
    page.get_by_role("button", name="添加", exact=True).click()
    expect(page.get_by_text("已添加规则“未办满三年”")).to_be_visible()
    expect(page.locator("tbody").first).to_contain_text("退回完善、没有登记结果")

    fill("退回满一年", "1", "退回完善")
    page.get_by_role("button", name="添加", exact=True).click()
    refused = page.get_by_role("alert")
    expect(refused).to_contain_text("“未办满三年”和“退回满一年”都管退回完善的来件")
    expect(refused).to_be_focused()
    expect(page.get_by_label("名称（清除记录里这样写）")).to_have_value("退回满一年")
    assert serious_violations(page) == []
    assert_fits(page)

    page.get_by_role("link", name="更改 未办满三年").click()
    name = page.get_by_label("名称（清除记录里这样写）")
    expect(name).to_have_value("未办满三年")
    expect(name).to_be_focused()
    page.get_by_label("满几年").fill("5")
    page.get_by_label("群众来信").check()
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已更改规则“未办满三年”")).to_be_visible()

    page.get_by_role("button", name="去掉 未办满三年").click()
    expect(page.get_by_text("什么也不清除").first).to_be_visible()
    page.get_by_text("1 条").first.click()
    expect(page.get_by_text("满 5 年")).to_be_visible()
    page.get_by_role("button", name=re.compile("^恢复")).first.click()
    expect(page.get_by_text("已恢复当时的规则")).to_be_visible()
    expect(page.locator("tbody").first).to_contain_text("没有登记结果；群众来信")
    assert serious_violations(page) == []
    assert_fits(page)
