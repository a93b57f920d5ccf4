"""Proposals as different as life is, and the session that they were handed in for."""

SOLID = {
    "title": "关于加密城北新区夜间公交的建议",
    "body": "一、基本情况\n2025年9月，我们走访了城北新区4个小区和2家工厂，"
    "发放问卷312份，回收287份。"
    "据市交通运输局统计，新区常住人口4.6万人，晚上9点后只有7路一条线路，班次间隔45分钟。"
    "问卷中有68%的夜班职工表示下夜班后要步行半小时以上。\n"
    "二、原因分析\n一是线路按五年前的人口规划，此后没有调整；二是夜班线路亏损，企业没有补贴来源。\n"
    "三、建议\n1.由市交通运输局会同公交公司在2026年6月底前将7路夜间班次加密到20分钟一班，末班延到23时。\n"
    "2.由市财政局按每班次80元给予补贴，一年约需42万元，从公共交通发展资金中列支。\n"
    "3.先在工业园区试点三个月，依据客流调整，参照邻市夜间专线的做法。",
}
TWIN = {
    "title": "关于延长城北新区公交夜间运营时间的建议",
    "body": SOLID["body"].replace("4个小区", "四个小区"),
}
HOLLOW = {
    "title": "关于重视城市停车工作的建议",
    "body": "停车问题关系千家万户，必须引起高度重视。当前停车工作还存在一些不足，"
    "认识有待提高，机制有待健全。"
    "建议进一步提高认识，加强领导，统筹推进，形成合力，切实把停车工作抓紧抓好，不断开创新局面，"
    "让人民群众有更多的获得感、幸福感、安全感。各有关部门要真抓实干，久久为功，确保取得实效。",
}
SUED = {
    "title": "关于尽快解决东湖路门面租赁纠纷的建议",
    "body": "东湖路18间门面的租户与产权单位因租金发生纠纷，双方已向区人民法院提起诉讼，"
    "案件正在审理中。"
    "租户普遍反映经营困难，2025年已有6户停业。建议有关部门督促法院尽快判决，"
    "由产权单位退还多收的租金，并在2026年3月底前给租户一个答复，维护市场秩序和社会稳定。",
}
SCRIPT = {
    "title": "<script>alert(1)</script><b>粗",
    "body": "<script>alert(1)</script><b>粗</b>建议市住房和城乡建设局在北门街增设路灯12盏，"
    "解决附近三百户居民夜间出行困难，所需经费约9万元，2026年上半年完成。",
}
ALL = (SOLID, TWIN, HOLLOW, SUED, SCRIPT)


def hand_in(office, *proposals, day=6):
    """Have proposals assessed and stored; return their keys."""
    keys = []
    for number, proposal in enumerate(proposals, start=1):
        answer = office.post(
            "/v1/assessments",
            json={
                "id": f"2026-{number:03}",
                "kind": "proposal",
                "submitted_at": f"2026-01-{day:02}",
                "submitter": f"委员{number}",
                "source": "大会",
                **proposal,
            },
        )
        assert answer.status_code == 200, answer.text
        keys.append(answer.json()["stored"]["key"])
    return keys


def name_session(client, name="市政协六届三次会议"):
    """Name the session of the proposals and return its address."""
    fields = {"name": name, "dated_from": "2026-01-05", "dated_until": "2026-01-09"}
    made = client.post("/screening/sessions", data=fields, follow_redirects=False)
    assert made.status_code == 303, made.text
    return made.headers["Location"]
