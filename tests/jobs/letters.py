"""Messages as people write them, many of them, and files that hold them."""

import json

from nlp_service.domain.batches import BatchOptions
from nlp_service.domain.submission import Mode

PLACES = (
    "东门口",
    "柳林巷",
    "老车站",
    "三中后墙外",
    "菜市场西侧",
    "滨江步道",
    "五里铺",
    "粮站家属院",
)
TROUBLES = (
    "的路灯坏了，晚上看不清路，孩子放学要打手电，请尽快修好。",
    "每天夜里十一点后还有渣土车经过，窗户都在抖，老人整夜睡不着。",
    "的井盖松动半个月，昨天又有人骑车摔倒，报过两次没有人来。",
    "没有公厕，环卫工人和候车的人都不方便，建议增设一处。",
    "的垃圾桶三天没有清运，天热气味很大，苍蝇飞进了一楼住户家里。",
    "想问一下，异地看病的费用今年怎么报销，需要带哪些材料？",
    "的自来水早上发黄，接一盆要放很久才能用，物业说管道还没排上更换。",
)
EVERY_FAST = BatchOptions(mode=Mode.FAST, keep=False)


def rows(count, **others):
    """So many messages; ``others`` are bodies by the number of their row."""
    bodies = [
        f"{PLACES[n % len(PLACES)]}{TROUBLES[n % len(TROUBLES)]}（{n}号来电）"
        for n in range(1, count + 1)
    ]
    for number, body in others.items():
        bodies[int(number.removeprefix("row")) - 1] = body
    return [{"id": f"L{n}", "body": body} for n, body in enumerate(bodies, start=1)]


def jsonl(rows):
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
