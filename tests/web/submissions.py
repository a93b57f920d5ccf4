"""Submissions of every kind for the pages, stored by the service itself; all our own writing."""

PROPOSAL = {
    "id": "2026-118",
    "kind": "proposal",
    "title": "关于在老旧小区推行电动自行车集中充电的建议",
    "body": "一、情况\n2025年3月至5月，我们走访了东湖街道的12个老旧小区，问卷收回340份：有71%的住户"
    "把电池带回家充电。去年全区因此起火9起，烧伤3人。现有充电棚只有6处，且有4处长期断电，没有人维修，"
    "原因是产权不清，物业和社区互相推诿。\n二、建议\n1.由市住建局牵头，会同供电公司，在今年年底前为12个小区"
    "各建一处带消防喷淋的充电棚，每处不少于40个车位，由市财政补助60%。\n2.由区城管局与各社区签订管护"
    "协议，每月检查一次，结果在小区公示。",
    "submitter": "周海燕",
    "district": "东湖区",
    "source": "智慧政协",
    "submitted_at": "2026-01-12",
}
"""A proposal with evidence and concrete suggestions."""

COPIED = {
    **PROPOSAL,
    "id": "2026-131",
    "title": "关于老旧小区电动自行车充电棚的建议",
    "body": "群众多次反映此事。" + PROPOSAL["body"].replace("340份", "三百多份"),
    "submitter": "陈默",
    "submitted_at": "2026-02-03",
}
"""The same in other hands."""

LETTER = {
    "kind": "public_message",
    "title": "",
    "body": "我叫邱小梅，住在青石巷17号3单元502，电话13912345678。🚲楼下的路灯坏了两个月，"
    "老人晚上不敢出门，请尽快派人来修。",
    "submitter": "邱小梅",
}
"""A message with personal data, and with a sign beyond the basic plane before what it asks."""

SLOGANS = {
    "kind": "proposal",
    "title": "关于加强文化建设的建议",
    "body": "文化是城市的灵魂。近年来我市文化事业取得了长足进步，但还存在不足。建议高度重视，"
    "加强领导，加大投入，完善机制，营造良好氛围，推动文化事业再上新台阶。",
    "submitter": "吴力",
}
"""A proposal that says nothing; a note to its author is drafted."""

HOSTILE = {
    "kind": "public_message",
    "title": "<script>alert(1)</script>路灯",
    "body": "解放路的路灯坏了<b>粗</b><img src=x onerror=alert(2)>，'\">"
    "<svg/onload=alert(3)>请修理。",
    "submitter": "<i>赵五</i>",
    "district": "<u>城东</u>",
    "source": "<a href=//x>热线</a>",
}
"""A message that a careless page would run."""


def store_one(office, submission):
    """Let the service assess and keep a submission; its key."""
    answer = office.post("/v1/assessments", json=submission)
    assert answer.status_code == 200, answer.text
    return answer.json()["stored"]["key"]
