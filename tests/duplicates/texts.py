"""Texts as people hand them in, and how people change them. All written for these tests."""

import random
import re
from pathlib import Path

from nlp_service.duplicates.boilerplate import Boilerplate
from nlp_service.duplicates.wording import read_wording
from nlp_service.text.normalise import Document, normalise

FOLDER = Path(__file__).parent / "texts"
LIFTS, LIFTS_ELSEWHERE, CLINICS, WATER, NOISE, FORM_LETTER = (
    (FOLDER / f"{name}.txt").read_text(encoding="utf-8").strip()
    for name in ("lifts", "lifts_elsewhere", "clinics", "water", "noise", "form_letter")
)
"""Proposals; the first two are on one topic. A message. A letter that many send."""

TITLES = {
    LIFTS: "关于破解老旧小区加装电梯“最后一户”难题的建议",
    LIFTS_ELSEWHERE: "关于推进老旧小区加装电梯的提案",
    CLINICS: "关于让乡镇卫生院留得住人的提案",
    WATER: "关于解决石坪乡三个村季节性缺水的建议",
}

SYNONYMS = {
    "走访": "探访", "住户": "居民", "原因": "缘由", "担心": "顾虑", "左右": "上下", "由于": "因为",
    "会同": "联合", "编印": "印制", "折算": "换算", "牵头": "主导", "完成": "做完", "所需": "需要",
    "受理": "接件", "补贴": "补助", "开工": "动工", "只有": "仅有", "共有": "一共有",
}  # fmt: skip


def document(body, title=""):
    return Document(title=normalise(title), body=normalise(body))


def wording(body, title="", boilerplate=None):
    return read_wording(document(body, title), boilerplate or Boilerplate())


def edited(text, rate, *, seed=1):
    """Change, drop or add characters, as slips of the pen and small corrections do."""
    chance = random.Random(seed)
    made = []
    for character in text:
        if chance.random() >= rate:
            made.append(character)
        else:
            kind = chance.randrange(3)
            new = chance.choice("的一是在了不和有大这主中人上为们地个用工时要动国产以我到他会作来")
            made.append(("", new, new + character)[kind])
    return "".join(made)


def reworded(text):
    return re.sub("|".join(SYNONYMS), lambda match: SYNONYMS[match[0]], text)


def next_year(text):
    return re.sub(r"\d+", lambda match: str(int(match[0]) + 1), text).replace("去年", "今年")


def paragraphs(text):
    return text.split("\n")
