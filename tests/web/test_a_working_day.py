"""A whole morning at the workbench: from signing in to the packet, on each kind of screen."""

import io
import re

import docx
import openpyxl
import pytest
from playwright.sync_api import expect

from nlp_service.domain.people import UserRole
from tests.callers import PASSWORD, add_user
from tests.web.files import workbook
from tests.web.proposals import HOLLOW, SOLID, SUED, TWIN

NAMES = ("编号", "案由", "内容", "提案人", "日期", "类型")
LETTERS = (
    ("夜里排档油烟", "楼下排档每晚烤到两点，油烟灌进屋里，老人咳得睡不着，打过几次电话没人来。"),
    ("学校门口堵", "实验二小放学时接孩子的车停成三排，救护车都过不去，请交警来管一管。"),
    ("医保卡在外地用不了", "女儿在杭州住院，市里的医保卡刷不了，垫了三万多，不知道回来怎么报。"),
    ("水价", "今年水费单上多了一项垃圾处理费，问物业说不知道，请给个说法。"),
    ("公园厕所夜里锁门", "滨江公园晚上七点就锁厕所，遛弯的老人没有办法，能不能晚一点锁？"),
    ("谢谢城管队员", "上周井盖丢了，队员冒雨守了两个钟头，等人来换好才走，特地写信感谢。"),
    ("村路断头", "河西村到镇上的路修了一半停了两年，下雨全是泥，收的菜运不出去。"),
    ("电梯又停", "三号楼的电梯一个月停了五回，九楼的老人下不来，物业说要等厂家配件。"),
    ("图书馆开放时间", "建议市图书馆周五晚上延到九点，上班的人下了班才有空去。"),
    ("公交站牌", "新改的12路站牌还是旧站名，外地来看病的人坐过了站，请换一下。"),
    ("拖欠工钱", "在新区工地干了四个月，包工头跑了，二十多个人的工钱没有着落，快过年了。"),
)


def office_sheet():
    """A workbook as the office gets it: letters and proposals in one sheet."""
    letters = [
        (f"X-{n:02}", title, body, "", "2026-02-03", "群众来信")
        for n, (title, body) in enumerate(LETTERS, start=1)
    ]
    proposals = [
        (f"T-{n:02}", one["title"], one["body"], f"委员{n}", "2026-02-04", "提案")
        for n, one in enumerate((SOLID, TWIN, HOLLOW, SUED), start=1)
    ]
    return workbook(names=NAMES, rows=(*letters, *proposals))


def sign_in(page):
    page.get_by_label("用户名").fill("王秘书")
    page.get_by_label("口令").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/inbox"))
    page.get_by_role("button", name="跳过").click()


def hand_in_a_file(page, path):
    page.goto("/batches")
    page.get_by_label("把文件拖到这里").set_input_files(path)
    page.get_by_role("button", name="开始 15 件").wait_for()
    page.keyboard.press("s")
    page.get_by_text("到收件箱看这一批的 15 件").click()


def triage_ten(page):
    if not page.locator("#kind").is_visible():
        page.get_by_text("筛选条件").click()
    page.locator("#kind").select_option("public_message")
    page.wait_for_url(re.compile("kind=public_message.*batch="))
    expect(page.locator("[data-item]")).to_have_count(len(LETTERS))
    page.evaluate("document.activeElement.blur()")
    for _ in range(10):
        key = page.locator("[data-item].current:not(.done)").get_attribute("id")
        page.keyboard.press("c")
        page.locator(f"#{key} .chip", has_text="已审").wait_for()


def correct_a_tag(page):
    """Give one more letter another urgency, by its digit; return which."""
    key = page.locator("[data-item].current:not(.done)").get_attribute("id")
    page.keyboard.press("3")
    page.locator(f"#{key} + .options form, #{key} .options form").first.wait_for()
    page.keyboard.press("3")
    page.get_by_text("紧急程度已更正。").wait_for()
    return int(key.removeprefix("s-"))


def merge_and_undo(page, left, right):
    page.goto(f"/compare?left={left}&right={right}")
    page.keyboard.press("m")
    page.get_by_text("主案是左件").wait_for()
    page.keyboard.press("u")
    page.get_by_text("每件来件回到并案之前的样子").wait_for()


def screen_one(page):
    page.goto("/screening")
    page.get_by_label("名称").fill("市政协六届三次会议")
    page.get_by_role("button", name="开始审查").click()
    page.locator("[data-item]").nth(3).wait_for()
    page.keyboard.press("j")
    page.keyboard.press("3")
    page.get_by_text("已审 1 / 共 4").wait_for()


def take_the_packet(page):
    for ending in ("Word", "Excel"):
        with page.expect_download() as download:
            page.get_by_role("link", name=f"审查材料（{ending}）").click()
        yield io.BytesIO(download.value.path().read_bytes())


@pytest.mark.parametrize(
    ("size", "theme"), [("desktop", "light"), ("phone", "light"), ("desktop", "dark")]
)
def test_a_file_becomes_a_packet(open_page, store, worker, tmp_path, size, theme):
    add_user(store, "王秘书", UserRole.SECRETARY)
    path = tmp_path / "二月来件.xlsx"
    path.write_bytes(office_sheet())
    page = open_page("/login", signed_in=False, tour=True, size=size, color_scheme=theme)

    sign_in(page)
    hand_in_a_file(page, path)
    triage_ten(page)
    corrected = correct_a_tag(page)
    with store.reading() as office:
        assert office.reviews.findings(corrected).urgency == 3
        by_reference = {one.reference: one.key for one in office.submissions.list().items}
    merge_and_undo(page, by_reference["T-01"], by_reference["T-02"])
    screen_one(page)
    text, book = take_the_packet(page)

    said = [one.text for one in docx.Document(text).paragraphs]
    assert "共收到提案 4 件，已审定 1 件，待审定 3 件。" in said
    rows = openpyxl.load_workbook(book)["全部提案"].iter_rows(min_row=4)
    assert sorted(row[1].value for row in rows) == ["T-01", "T-02", "T-03", "T-04"]
