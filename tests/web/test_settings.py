"""设置: who gets in, what is in force, and who did what."""

import csv
import io
import re

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from nlp_service.app import create_app
from nlp_service.assess import Assessor
from nlp_service.domain.audit import Action, Export, RecordKind
from nlp_service.domain.people import SCOPES, Permission, UserRole
from nlp_service.store.filing_lines import take_up_lines
from nlp_service.store.following import following
from nlp_service.store.in_force import settings_in_force
from nlp_service.store.signing_in import sign_in
from nlp_service.web.audit_wording import ACTIONS, EXPORTS, RECORD_KINDS
from nlp_service.web.bundles import describe_bundles
from nlp_service.web.model_card import read_card
from nlp_service.web.settings_frame import AUDIT, FILING, KEYS, MODELS, SECTIONS, USERS
from nlp_service.web.wording import PARTS, PERMISSIONS
from tests.bundles import break_bundle, folder_of_two
from tests.callers import passwords
from tests.databases import clear
from tests.web.reading import Reader, assert_fits, assert_strict, serious_violations

BROWSER = {"Accept": "text/html"}
EVIL = "<script>alert(1)</script><b>粗"


@pytest.fixture
def admin(user):
    return user(UserRole.ADMIN, "王管理")


def words(page):
    """What a reader sees of a page, without blanks."""
    return re.sub(r"\s+", "", re.sub(r"<[^>]*>", "", page.text))


def secret_of(page):
    """The password or key that a page shows once."""
    (value,) = re.findall(r'id="secret"[^>]*value="([^"]+)"', page.text)
    return value


def entries(store, **wanted):
    with store.reading() as office:
        return office.audit.latest(**wanted)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.path)
def test_sections_are_shown_to_who_may_read_them(user, section):
    for number, role in enumerate(UserRole):
        page = user(role, f"用户{number}").get(section.path, headers=BROWSER)
        may = page.status_code == 200
        assert may == (role is UserRole.ADMIN or section.needs is Permission.READ)
        if may:
            assert_strict(page)
    viewer = user(UserRole.VIEWER, "李四").get("/settings")
    assert {KEYS, USERS, AUDIT}.isdisjoint(Reader(viewer.text).all("href"))


def test_names_are_there_for_all_that_is_shown(assessor):
    thresholds = assessor.bundle.thresholds

    assert set(ACTIONS) == set(Action)
    assert set(RECORD_KINDS) == set(RecordKind)
    assert set(EXPORTS) == set(Export)
    assert set(PERMISSIONS) == set(Permission)
    assert set(PARTS) >= {*thresholds.sure, *thresholds.show}


def test_a_user_is_added_and_shown_their_password_once(admin, store):
    page = admin.post(USERS, data={"name": "李四", "role": "committee"})

    opened = sign_in(store, passwords(), name="李四", password=secret_of(page), address="127.0.0.1")
    assert opened.user.role is UserRole.COMMITTEE
    assert opened.user.one_time_until is not None
    assert 'id="secret"' not in admin.get(USERS).text
    again = admin.post(USERS, data={"name": "李四", "role": "viewer"})
    assert (again.status_code, again.json()["code"]) == (409, "account_refused")
    assert admin.post(USERS, data={"name": "赵六", "role": "king"}).status_code == 422


def test_a_user_is_changed_disabled_enabled_and_given_a_password(admin, user, store):
    user(UserRole.SECRETARY, "李四")
    with store.reading() as office:
        key = office.users.named("李四").key

    def act(what, **form):
        return admin.post(f"{USERS}/{key}:{what}", data=form, headers={"HX-Request": "true"})

    assert "角色已更改" in act("role", role="viewer").headers["HX-Trigger"].encode().decode(
        "unicode_escape"
    )
    assert "已停用" in words(act("disable"))
    assert "可登录" in words(act("enable"))
    password = secret_of(act("reset-password"))
    opened = sign_in(store, passwords(), name="李四", password=password, address="127.0.0.1")
    assert opened.user.role is UserRole.VIEWER
    told = [one.action for one in entries(store) if one.actor == "王管理"]
    assert told[:4] == ["password_reset", "user_enabled", "user_disabled", "role_changed"]


def test_the_last_admin_cannot_shut_everybody_out(admin, store):
    with store.reading() as office:
        key = office.users.named("王管理").key

    refused = admin.post(f"{USERS}/{key}:disable", data={}, headers=BROWSER)

    assert refused.status_code == 409
    assert "最后一个管理员" in refused.text


def test_a_key_is_made_shown_once_and_revoked(admin, stranger):
    form = {"name": EVIL, "scope": ["assess", "read"], "days": "90"}
    page = admin.post(KEYS, data=form)
    token = secret_of(page)

    assert assert_strict(page) and EVIL not in page.text
    asked = {"Authorization": f"Bearer {token}"}
    assert stranger.get("/v1/batches", headers=asked).status_code == 200
    assert token not in admin.get(KEYS).text
    (address,) = re.findall(r'action="(/settings/keys/\d+:revoke)"', page.text)
    assert "已撤销" in words(admin.post(address, data={}))
    assert stranger.get("/v1/batches", headers=asked).status_code == 401
    assert admin.post(KEYS, data={"name": "平台", "days": "365"}).status_code == 409
    assert admin.post(KEYS, data={**form, "scope": "manage"}).status_code == 409
    assert admin.post(KEYS, data={**form, "days": "7"}).status_code == 422
    offered = {value for value in Reader(page.text).all("value") if value in set(Permission)}
    assert offered == set(SCOPES)


def test_filing_lines_are_set_by_an_admin_and_in_force_at_once(
    admin, user, store, quick_assessor, session_office
):
    before = quick_assessor.policy
    try:
        page = admin.post(
            FILING,
            data={"file_from": "72.5", "convert_from": "50"},
            headers={"HX-Request": "true"},
        )

        assert quick_assessor.policy.file_from == 72.5
        assert 'value="72.5"' in page.text
        assert "王管理" in page.text
        (entry,) = [one for one in entries(store) if one.action is Action.FILING_LINES_SET]
        assert entry.after == {"file_from": 72.5, "convert_from": 50.0}
        assert admin.post(FILING, data={"file_from": "40", "convert_from": "50"}).status_code == 422
        assert admin.post(FILING, data={"file_from": "nan", "convert_from": "5"}).status_code == 422
        secretary = user(UserRole.SECRETARY, "李四")
        assert secretary.post(FILING, data={}).status_code == 403
        assert "由管理员更改" in words(secretary.get(FILING))
    finally:
        clear(store)
        session_office.app.state.answering.follow()  # behind a look that goes on just now
        quick_assessor.policy = before


def test_filing_lines_are_taken_up_by_every_process(store, assessor):
    other = Assessor(assessor.bundle)
    with following(lambda: take_up_lines(store, other)):
        assert other.policy.file_from == 60
        with store.transaction(actor="王管理") as office:
            policy = type(other.policy)(file_from=80, convert_from=30)
            office.filing_lines.set(policy, before=other.policy)
        take_up_lines(store, other)
        assert (other.policy.file_from, other.policy.convert_from) == (80, 30)
    another = Assessor(assessor.bundle)
    with following(lambda: take_up_lines(store, another)):
        assert another.policy.file_from == 80


def test_stored_proposals_are_counted_by_the_lines(admin, office):
    body = "调研了三个县的十二个村，农村污水管网只通了四成，建议分三年补齐，由住建局牵头。"
    for number in range(2):
        sent = {"title": f"第{number}件", "body": f"{body}编号{number}", "kind": "proposal"}
        assert admin.post("/v1/assessments", json=sent).status_code == 200

    assert "有总分的提案2件" in words(admin.get(FILING))


@pytest.fixture
def state(office):
    """What the app holds; its settings are put back."""
    state, settings = office.app.state, office.app.state.settings
    yield state
    state.settings = settings


def test_models_show_the_card_and_how_to_switch(admin, assessor, default_bundle_folder, tmp_path):
    page = admin.get(MODELS)

    assert assessor.versions.bundle in page.text
    assert "留出数据上的成绩" in page.text
    kinds = {block.kind for block in read_card(default_bundle_folder)}
    assert kinds == {"h2", "h3", "p", "ul", "table"}
    assert "给写给市政协的中文来件建议" in page.text
    assert not any(word in page.text for word in ("Suggesting", "Not for", "accuracy", "held-out"))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{", encoding="utf-8")
    (broken,) = describe_bundles(tmp_path)
    assert "不是有效的 JSON" in broken.problem


def test_of_a_bundle_without_a_chinese_card_the_english_one_is_shown(tmp_path):
    assert read_card(tmp_path) == []
    (tmp_path / "MODEL_CARD.md").write_text("## Not for\nNews.", encoding="utf-8")

    heading, told = read_card(tmp_path)

    assert (heading.lines, told.lines) == (["不宜用于"], ["News."])


@pytest.fixture
def two_bundles(state, default_bundle_folder, quick_assessor, tmp_path):
    """Beside the bundle that answers lies another; at the end the first answers again."""
    bundle = folder_of_two(default_bundle_folder, tmp_path)
    state.settings = state.settings.model_copy(update={"bundle": bundle})
    yield bundle.parent
    state.answering.install(quick_assessor)


def test_another_bundle_is_put_in_force_and_taken_up_by_every_process(
    admin, user, state, store, quick_assessor, two_bundles
):
    page = admin.post(MODELS, data={"label": "linear-6"}, headers={"HX-Request": "true"})

    assert "linear-6（" in words(page)
    letter = {"body": "柳林巷的路灯坏了半个月，请尽快修好。"}
    told = admin.post("/v1/assessments?store=false", json=letter).json()
    assert told["versions"]["bundle"] == "linear-6"
    actions = [one.action for one in entries(store, limit=3)]
    assert {Action.MODEL_CHOSEN, Action.MODEL_CHANGED} <= set(actions)
    assert user(UserRole.SECRETARY, "李四").post(MODELS, data={}).status_code == 403
    assert settings_in_force(store, state.settings).bundle == two_bundles / "linear"
    other = create_app(state.settings, assessor=quick_assessor, store=store)
    with TestClient(other):
        assert other.state.assessor.versions.bundle == "linear-6"


def test_a_bundle_that_does_not_load_is_not_put_in_force(
    admin, state, store, quick_assessor, two_bundles
):
    break_bundle(two_bundles / "linear")

    refused = admin.post(MODELS, data={"label": "linear-6"})

    assert refused.status_code == 422
    assert "没有换用" in refused.json()["detail"]
    assert state.assessor.versions == quick_assessor.versions
    assert admin.post(MODELS, data={"label": "nothing-1"}).status_code == 422
    with store.transaction(actor="王管理") as office:  # as if it were whole on another machine
        office.model_choices.choose("linear-6", before="encoder-5")
    state.answering.follow()
    assert state.assessor.versions == quick_assessor.versions
    assert "这个进程却没有换用" in admin.get(MODELS).text


def test_the_taxonomy_can_be_taken_away(admin, assessor):
    sent = admin.get("/settings/taxonomy.csv")

    rows = list(csv.reader(io.StringIO(sent.content.decode("utf-8-sig"))))
    assert len({row[1] for row in rows if row[0] == "子议题"}) == len(
        assessor.bundle.taxonomy.subtopics
    )


def test_the_audit_is_filtered_paged_and_taken_away(admin, user, store):
    with store.transaction(actor="=cmd|' /C calc'!A0") as office:
        for number in range(60):
            office.audit.note(Action.EXPORTED, RecordKind.DATABASE, number)
    user(UserRole.SECRETARY, "李四")

    first = Reader(admin.get(AUDIT, params={"action": "exported"}).text)
    (older,) = [href for href in first.all("href") if "before=" in href]
    assert "action=exported" in older
    second = admin.get(older)
    assert second.text.count('<th scope="row">') == 10
    of_one = admin.get(AUDIT, params={"actor": "李四"})
    assert "登录" in words(of_one) and "导出<" not in of_one.text.split("<tbody>")[1]
    assert "没有这样的记录" in admin.get(AUDIT, params={"until": "2001-01-01"}).text
    assert admin.get(AUDIT, params={"since": "2026-13-01"}).status_code == 422
    assert admin.get(AUDIT, params={"until": "9999-12-31"}).status_code == 422

    sent = admin.get(f"{AUDIT}.csv", params={"action": "exported"})
    rows = list(csv.reader(io.StringIO(sent.content.decode("utf-8-sig"))))
    assert len(rows) == 1 + 60 + 1, "the taking away is an entry, too"
    assert rows[-1][2].startswith("'=cmd")


def test_the_audit_is_proved_and_what_was_changed_is_named(admin, store):
    page = admin.get(f"{AUDIT}/check")
    assert "没有被改动" in page.text
    (head,) = re.findall(r'value="(\d+:[0-9a-f]{64})"', page.text)
    assert "当时记下的末条还在" in admin.get(f"{AUDIT}/check", params={"head": head}).text
    assert admin.get(f"{AUDIT}/check", params={"head": "x"}).status_code == 422

    with store.engine.begin() as connection:
        connection.execute(text("ALTER TABLE nlp.audit DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE nlp.audit SET actor = '某人' WHERE key = 1"))
        connection.execute(text("ALTER TABLE nlp.audit ENABLE TRIGGER USER"))
    assert "第 1 条被改动过" in admin.get(f"{AUDIT}/check").text


def test_an_admin_adds_a_user_and_changes_a_role_in_the_browser(open_page):
    page = open_page(USERS, role=UserRole.ADMIN, name="王管理")
    page.get_by_label("用户名").fill("李四")
    page.get_by_role("button", name="添加", exact=True).click()

    password = page.get_by_label("用户 李四 的一次性口令").input_value()
    assert re.fullmatch(r"(\w{4}-){3}\w{4}", password)
    page.get_by_label("李四 的角色").select_option("提案委员会")
    page.get_by_text("李四 的角色已更改").wait_for()
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="停用 李四").click()
    page.get_by_role("button", name="启用 李四").wait_for()

    assert serious_violations(page) == []


@pytest.mark.parametrize(("size", "theme"), [("desktop", "light"), ("phone", "dark")])
def test_every_section_is_legible(open_page, user, size, theme):
    admin = user(UserRole.ADMIN, "王管理")
    admin.post(KEYS, data={"name": "智慧政协平台", "scope": ["assess"], "days": ""})
    page = open_page("/settings", role=UserRole.ADMIN, name="王管理", size=size, color_scheme=theme)

    for path in [section.path for section in SECTIONS] + [f"{AUDIT}/check"]:
        page.goto(path)
        for summary in page.locator("summary").all():
            if summary.is_visible() and "王管理" not in summary.inner_text():
                summary.click()
        assert serious_violations(page) == [], path
        assert_fits(page)
