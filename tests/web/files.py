"""Files as an office drops them, made for tests."""

import io
from functools import cache

import openpyxl

LETTERS = (
    (
        "L-1",
        "路灯",
        "柳林巷的路灯坏了半个月，晚上看不清路，孩子放学要打手电，请尽快修好。",
        "2026-03-02",
    ),
    ("L-2", "井盖", "老车站门口的井盖松动，昨天有人骑车摔倒，报过两次没有人来。", "2026-03-03"),
    ("L-3", "噪声", "三中后墙外每天夜里十一点后还有渣土车经过，老人整夜睡不着。", "2026-03-04"),
    ("L-4", "公厕", "滨江步道没有公厕，环卫工人和候车的人都不方便，建议增设一处。", "三月五日前后"),
    ("L-5", "", "", "2026-03-06"),
    ("L-6", "医保", "想问一下，异地看病的费用今年怎么报销，需要带哪些材料？", "2026-03-07"),
)
"""Of which the fourth has a date that cannot be read, and the fifth no text."""


@cache
def workbook(names=("编号", "标题", "留言详情", "留言时间"), rows=LETTERS):
    """An Excel workbook, as bytes; the same ones, where the same was asked for."""
    book = openpyxl.Workbook()
    book.active.append(list(names))
    for row in rows:
        book.active.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
