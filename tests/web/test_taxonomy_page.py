"""设置, 分类体系: an admin calls labels and units as they are called here."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient

from nlp_service.app import create_app
from nlp_service.assess import Assessor
from nlp_service.domain.audit import Action, Change
from nlp_service.domain.in_force import Subject
from nlp_service.domain.local_names import LocalNames
from nlp_service.domain.people import UserRole
from nlp_service.store.in_force import Follower, settings_in_force
from nlp_service.web.settings_frame import AUDIT, TAXONOMY
from nlp_service.web.taxonomy_pages import LABELS, UNITS
from tests.databases import clear
from tests.web.reading import Reader, assert_fits, assert_strict, serious_violations
from tests.web.submissions import store_one

BY_SCRIPT = {"HX-Request": "true"}
WATER = {"name": "水利和湖泊局", "short": "水利湖泊", "duties": "防汛抗旱、河湖长制\n水库安全"}
DEFENCE = {"name": "国防动员办公室", "short": "国动办", "duties": "人防工程、防空警报试鸣"}
EVIL = "<script>alert(1)</script><b>粗"


@pytest.fixture
def admin(user):
    return user(UserRole.ADMIN, "王管理")


@pytest.fixture(autouse=True)
def given_names(quick_assessor, session_office, session_store):
    """Afterwards labels are called as they were given, and nothing is left to be taken up."""
    yield
    clear(session_store)
    session_office.app.state.answering.follow()  # behind a look that goes on just now
    if quick_assessor.bundle.local_names.tables:
        quick_assessor.rename(LocalNames({}))


def words(page):
    return re.sub(r"\s+", "", re.sub(r"<[^>]*>", "", page.text))


def newest(store):
    with store.reading() as office:
        (entry,) = office.audit.latest(limit=1)
        return entry


def test_a_unit_is_called_as_it_is_called_here_and_everywhere_at_once(admin, store, assessor):
    given = assessor.bundle.taxonomy.name("D23")
    form = admin.get(f"{LABELS}/D23")
    assert_strict(form)
    assert Reader(form.text).all("maxlength") == ["40", "40"]

    shown = admin.post(f"{LABELS}/D23:rename", data=WATER, headers=BY_SCRIPT)

    assert "D23水利和湖泊局本地原名" + given in words(shown)
    assert shown.headers["HX-Push-Url"] == TAXONOMY
    units = admin.get("/v1/taxonomy").json()["units"]
    (water,) = [unit for unit in units if unit["code"] == "D23"]
    assert (water["name"], water["short"]) == ("水利和湖泊局", "水利湖泊")
    assert water["duties"] == ["防汛抗旱", "河湖长制", "水库安全"]
    entry = newest(store)
    assert (entry.action, entry.actor) == (Action.NAMES_SET, "王管理")
    assert (entry.before["D23"]["name"], entry.after["D23"]["name"]) == (given, "水利和湖泊局")
    for page in (TAXONOMY, AUDIT):
        assert f"D23：名称{given}→水利和湖泊局，简称水利→水利湖泊" in words(admin.get(page))


def test_a_new_unit_can_be_chosen_and_counts_as_named_in_texts(admin, office):
    proposal = {
        "title": "关于规范古运河沿线经营的提案",
        "body": "调研发现十处码头无人管。建议由运河文保署牵头，年底前拿出办法。",
        "kind": "proposal",
    }

    def bodies_named():
        quality = office.post("/v1/assessments?store=false", json=proposal).json()["quality"]
        return [one["quote"] for one in quality["evidence"] if one["type"] == "body"]

    assert bodies_named() == []
    admin.post(UNITS, data={"name": "运河文保署", "short": "", "duties": "古运河保护"})
    assert bodies_named() == ["运河文保署"]

    key = store_one(office, proposal)
    chosen = {"findings": {"lead_unit": "X01"}}
    assert admin.post(f"/v1/submissions/{key}/reviews", json=chosen).status_code == 200
    assert "运河文保署" in admin.get("/inbox").text


def test_a_unit_of_ones_own_is_removed_only_when_nothing_is_with_it(admin, office, store):
    for sent in (DEFENCE, {**DEFENCE, "name": "口岸办公室", "short": "口岸办"}):
        admin.post(UNITS, data=sent)
    key = store_one(office, {"body": "口岸通关慢。"})
    outcome = {"disposition": "filed", "handling_unit": "口岸办"}
    admin.post(f"/v1/submissions/{key}/outcomes", json=outcome)

    refused = admin.post(f"{LABELS}/X02:reset", data={})
    assert refused.status_code == 422
    assert "还有 1 件来件归口岸办公室" in refused.json()["detail"]
    assert admin.post(f"{LABELS}/X01:reset", data={}, follow_redirects=False).status_code == 303
    assert newest(store).after is None
    assert "X01：名称国防动员办公室" in words(admin.get(TAXONOMY))
    assert admin.get(f"{LABELS}/X01").status_code == 404
    admin.post(UNITS, data={**DEFENCE, "name": "海防办", "short": ""})
    units = [(one["code"], one["name"]) for one in admin.get("/v1/taxonomy").json()["units"]]
    assert units[-2:] == [("X02", "口岸办公室"), ("X03", "海防办")]  # X01 stands in old records


def test_a_unit_of_ones_own_that_subtopics_name_is_not_removed(admin):
    admin.post(UNITS, data=DEFENCE)
    admin.post(f"{LABELS}/T0905:rename", data={"name": "停车", "lead_unit": "X01"})

    refused = admin.post(f"{LABELS}/X01:reset", data={})
    assert refused.status_code == 422
    assert "它还是子议题 T0905 停车 的默认单位" in refused.json()["detail"]


def test_archives_go_on_naming_a_unit_as_it_was_called(admin, office):
    admin.post(f"{LABELS}/D23:rename", data=WATER)
    key = store_one(office, {"body": "河堤塌了一段，请修。"})
    outcome = {"disposition": "filed", "handling_unit": "水利局"}
    admin.post(f"/v1/submissions/{key}/outcomes", json=outcome)

    (told,) = admin.get(f"/v1/submissions/{key}").json()["outcomes"]
    assert told["handling_unit"] == "D23"


def test_a_unit_that_a_review_may_bring_back_is_not_removed(admin, office, store):
    admin.post(UNITS, data=DEFENCE)
    key = store_one(office, {"title": "关于人防工程的提案", "body": "建议开放人防工程停车。"})
    first, _ = [
        admin.post(f"/v1/submissions/{key}/reviews", json={"findings": said}).json()["key"]
        for said in ({"lead_unit": "D10", "assist_units": ["X01"]}, {"assist_units": []})
    ]

    refused = admin.post(f"{LABELS}/X01:reset", data={})
    assert refused.status_code == 422
    assert "还有 1 件来件归国防动员办公室" in refused.json()["detail"]

    admin.post(f"/v1/reviews/{first}:undo")
    assert admin.post(f"{LABELS}/X01:reset", data={}, follow_redirects=False).status_code == 303


def test_a_name_that_another_unit_took_is_not_given_back(admin, assessor):
    given = assessor.bundle.taxonomy.name("D23")
    admin.post(f"{LABELS}/D23:rename", data=WATER)
    admin.post(UNITS, data={**DEFENCE, "name": given})

    again = {**WATER, "name": given, "short": "水利"}
    for act, sent in (("reset", {}), ("rename", again)):
        refused = admin.post(f"{LABELS}/D23:{act}", data=sent)
        assert refused.status_code == 422
        assert f"“{given}”已是 X01" in refused.json()["detail"]


def test_topics_subtopics_and_sectors_are_renamed_and_restored(admin, assessor):
    taxonomy = assessor.bundle.taxonomy
    topic, sector = taxonomy.topics[0], taxonomy.sectors[0]
    before = admin.get("/v1/taxonomy").json()
    admin.post(f"{LABELS}/{topic.code}:rename", data={"name": "产业与发展规划"})
    admin.post(f"{LABELS}/{sector.code}:rename", data={"name": "本市某界别"})
    admin.post(f"{LABELS}/T0905:rename", data={"name": "停车", "lead_unit": ["D10", "", "D10"]})

    now = admin.get("/v1/taxonomy").json()
    assert now["topics"][0]["name"] == "产业与发展规划"
    assert now["sectors"][0]["name"] == "本市某界别"
    parking = next(
        one for each in now["topics"] for one in each["subtopic"] if one["code"] == "T0905"
    )
    assert parking["lead_units"] == ["D10"]
    assert parking["assist_units"] == list(
        next(one for one in taxonomy.subtopics if one.code == "T0905").assist_units
    )
    for code in (topic.code, sector.code, "T0905"):
        assert "恢复原样" in admin.get(f"{LABELS}/{code}").text
        admin.post(f"{LABELS}/{code}:reset", data={})
    assert admin.get("/v1/taxonomy").json() == before
    page = admin.get(TAXONOMY).text
    assert "原名" not in page
    assert 'chip warn">本地' not in page


def test_the_table_to_take_along_tells_the_names_in_force(admin, assessor):
    taxonomy = assessor.bundle.taxonomy
    admin.post(f"{LABELS}/D23:rename", data={**WATER, "name": "=1+1水利"})

    content = admin.get(f"{TAXONOMY}.csv").content.decode("utf-8-sig")
    _, *rows = csv.reader(io.StringIO(content))

    labels = [*taxonomy.topics, *taxonomy.subtopics, *taxonomy.sectors, *taxonomy.units]
    given = {label.code: label.name for label in labels}
    assert {**given, "D23": "'=1+1水利"}.items() <= {row[1]: row[2] for row in rows}.items()


@pytest.mark.parametrize(
    ("address", "sent", "said"),
    [
        (f"{LABELS}/D23:rename", {**WATER, "name": " "}, "名称应为 1 到 40 个字"),
        (f"{LABELS}/D23:rename", {**WATER, "name": "水" * 41}, "名称应为 1 到 40 个字"),
        (f"{LABELS}/D23:rename", {**WATER, "name": "水利\u0000局"}, "名称应为 1 到 40 个字"),
        (f"{LABELS}/D23:rename", {**WATER, "short": "教育"}, "“教育”已是 D05"),
        (f"{LABELS}/D23:rename", {**WATER, "duties": "、 ；"}, "请写明管什么"),
        (f"{LABELS}/D23:rename", {**WATER, "duties": "长" * 61}, "每项至多 60 个字"),
        (f"{LABELS}/T0905:rename", {"name": "停车"}, "请选一到 3 个默认主办单位"),
        (f"{LABELS}/T0905:rename", {"name": "停车", "lead_unit": "D99"}, "默认主办单位"),
        (f"{LABELS}/T77:rename", {"name": "停车"}, "没有可以改名的代码 T77"),
        (f"{LABELS}/T99:rename", {"name": "杂项"}, "没有可以改名的代码 T99"),
        (UNITS, {"name": "", "duties": "人防"}, "名称应为"),
        (UNITS, {**DEFENCE, "name": "公安"}, "已是 D06"),
        (UNITS, {**DEFENCE, "name": "{单位}"}, "没有更改：分类体系有误"),
    ],
)
def test_what_does_not_fit_is_refused_and_says_why(admin, store, address, sent, said):
    before = admin.get("/v1/taxonomy").json()
    refused = admin.post(address, data=sent)

    assert refused.status_code in (404, 422)
    assert said in refused.json()["detail"]
    assert admin.get("/v1/taxonomy").json() == before
    assert newest(store).action is not Action.NAMES_SET


def test_names_from_outside_are_shown_as_text(admin):
    admin.post(f"{LABELS}/D23:rename", data={**WATER, "name": EVIL})

    for path in (TAXONOMY, f"{LABELS}/D23"):
        page = admin.get(path)
        assert_strict(page)
        assert EVIL not in page.text


def test_only_an_admin_changes_names(user):
    secretary = user(UserRole.SECRETARY)

    assert "由管理员更改" in words(secretary.get(TAXONOMY))
    assert LABELS not in secretary.get(TAXONOMY).text
    for path in (f"{LABELS}/D23", UNITS):
        assert secretary.get(path).status_code == 403
    for path in (f"{LABELS}/D23:rename", f"{LABELS}/D23:reset", UNITS):
        assert secretary.post(path, data=WATER).status_code == 403


def test_what_was_set_is_taken_up_by_other_processes_and_at_their_start(
    admin, store, keeping_settings, quick_assessor, default_bundle_folder
):
    other, follower = Assessor(quick_assessor.bundle), Follower()
    admin.post(f"{LABELS}/D23:rename", data=WATER)

    follower.take_up(store, other)
    assert other.bundle.taxonomy.name("D23") == "水利和湖泊局"
    settings = settings_in_force(store, keeping_settings)
    assert settings.local_taxonomy == other.bundle.local_names
    app = create_app(keeping_settings, assessor=Assessor(quick_assessor.bundle), store=store)
    with TestClient(app):
        assert app.state.assessor.bundle.taxonomy.name("D23") == "水利和湖泊局"


def test_names_that_do_not_fit_a_bundle_are_told_once(store, quick_assessor, caplog):
    with store.transaction(actor="王管理") as office:
        office.rulings.set(Subject.NAMES, {"topic": {"T77": {"name": "没有"}}}, change=Change())
    follower = Follower()
    for _ in range(3):
        follower.take_up(store, quick_assessor)

    assert [record.message.count("T77") for record in caplog.records] == [1]
    assert quick_assessor.bundle.local_names == LocalNames({})


def test_names_of_labels_that_a_bundle_lost_go_with_the_next_change(admin, store):
    content = {"topic": {"T77": {"name": "没有"}}, "unit": {"D23": {"name": "水利和湖泊局"}}}
    change = Change(after={"T77": {"name": "没有"}})
    with store.transaction(actor="王管理") as office:
        office.rulings.set(Subject.NAMES, content, change=change)
    assert "与现在的模型包不合" in words(admin.get(TAXONOMY))

    shown = admin.post(f"{LABELS}/T01:rename", data={"name": "产业和园区"}, headers=BY_SCRIPT)

    assert shown.status_code == 200
    assert "T01产业和园区本地" in words(shown)
    assert "不合" not in words(shown)
    assert "D23水利和湖泊局本地" in words(shown)
    with store.reading() as office:
        assert office.rulings.newest(Subject.NAMES).content["topic"].keys() == {"T01"}


@pytest.mark.parametrize(("size", "theme"), [("desktop", "light"), ("phone", "dark")])
def test_a_name_is_changed_and_a_unit_added_in_the_browser(open_page, size, theme):
    page = open_page(TAXONOMY, role=UserRole.ADMIN, name="王管理", size=size, color_scheme=theme)
    page.get_by_role("link", name="添加本地单位").click()
    page.get_by_label("名称", exact=True).fill("国防动员办公室")
    page.get_by_label("管什么").fill("人防工程、防空警报试鸣")
    assert serious_violations(page) == []
    assert_fits(page)
    page.get_by_role("button", name="添加").click()
    page.get_by_text("已添加 X01 国防动员办公室。").wait_for()

    page.get_by_role("link", name="改 国防动员办公室").click()
    page.get_by_label("简称").fill("公安")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("“公安”已是 D06").wait_for()
    expect(page.get_by_label("简称")).to_have_value("公安")
    page.get_by_label("简称").fill("国动办")
    page.get_by_role("button", name="保存").click()
    expect(page).to_have_url(re.compile(f"{TAXONOMY}$"))
    assert serious_violations(page) == []
    assert_fits(page)
