"""Letters in the inbox, and asking it."""

import json
import re

import pytest

from nlp_service.domain.people import UserRole
from nlp_service.domain.submission import Kind, Submission

BROWSER = {"Accept": "text/html"}
BY_SCRIPT = {"HX-Request": "true"}
LETTERS = [
    (
        "proposal",
        "关于在二中门口修过街天桥的建议",
        "上学时段家长学生挤在一起，去年擦碰三起。建议修天桥。",
    ),
    ("public_message", "", "老粮站后面的路灯坏了一周，晚上看不见路，请修。"),
    ("public_message", "", "３路公交末班车太早，下了晚班回不了家。"),
    ("public_message", "楼道有燃气味", "河坊街三号楼楼道里有燃气味，老人头晕，请马上来人！"),
    ("public_message", "", "农贸市场门口每天堵车，三轮车占了半条路。"),
    ("opinion_report", "乡镇卫生院药品不全", "慢病常用药缺货，老人要跑县城买药。"),
    ("public_message", "", "小区电梯又停了，十二楼的老人三天没下楼。"),
    ("public_message", "", "工地凌晨两点还在打桩，孩子睡不着。"),
    ("proposal", "关于发展村级养老食堂的建议", "三个村试办食堂，老人每餐三元。建议扩大试点。"),
    ("public_message", "", "幼儿园门口的斑马线看不清了，请重新画。"),
    ("public_message", "", "河里漂着死鱼，水发黑，上游有家小作坊。"),
    ("public_message", "", "医保卡换了以后药店刷不了，跑了三趟没办成。"),
]
NASTY = '<script>alert("坏")</script><b>粗'


def receive(office, kind="public_message", title="", body="路灯坏了。", **more):
    answer = office.post(
        "/v1/assessments", json={"kind": kind, "title": title, "body": body, **more}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["stored"]["key"]


@pytest.fixture(scope="module")
def assessed(quick_assessor):
    """The letters as the service would store them."""
    letters = [Submission(kind=Kind(kind), title=title, body=body) for kind, title, body in LETTERS]
    return [(letter, quick_assessor.assess(letter)) for letter in letters]


@pytest.fixture
def keys(store, assessed):
    """Keys of the letters, in their order; the last one is the newest."""
    with store.transaction(actor="收发室") as office:
        return [office.submissions.store(*letter).key for letter in assessed]


@pytest.fixture
def secretary(user):
    return user(UserRole.SECRETARY)


def shown(client, query="", **headers):
    """The keys that a list shows, in order."""
    answer = client.get(f"/inbox{query}", headers={**BROWSER, **headers})
    assert answer.status_code == 200, answer.text
    return [int(key) for key in re.findall(r'<li id="s-(\d+)"', answer.text)]


def undo_address(answer):
    return json.loads(answer.headers["HX-Trigger"])["said"]["undo"]


def fill(store, assessed, count):
    """Store so many letters; return their keys, the newest last."""
    _, assessment = assessed[1]
    with store.transaction(actor="收发室") as office:
        return [
            office.submissions.store(Submission(id=str(number), body="路灯坏了。"), assessment).key
            for number in range(count)
        ]
