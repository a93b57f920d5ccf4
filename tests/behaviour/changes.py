"""Changes of a text that leave its matter as it is, and some that do not."""

import random
import re

from nlp_service.text.normalise import normalise
from nlp_service.text.sentences import split_sentences

PLACES = {
    "望塔区": "柳桥区",
    "高新区": "经开区",
    "青莲湖": "白鹭湖",
    "禾溪县": "梅岭县",
    "石桠县": "松门县",
    "云碓县": "竹坪县",
    "苇湾区": "沙洲区",
    "澜石": "平川",
}
NEUTRAL = ("以上情况,盼复。", "打扰了,谢谢。", "天气渐凉,请多保重。")
_SOUND_ALIKE = {"的": "得", "在": "再", "以": "已", "做": "作", "那": "哪", "他": "她", "象": "像"}


def swap_places(text: str) -> str:
    """Put every known place somewhere else."""
    for place, other in PLACES.items():
        text = text.replace(place, other)
    return text


def widen(text: str) -> str:
    """Write letters, digits and marks in full width."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def mistype(text: str, *, seed: int = 1) -> str:
    """Write characters that sound alike, and let one in fifty change places with the next."""
    draw = random.Random(seed)
    characters = [_SOUND_ALIKE.get(c, c) for c in text]
    for place in range(len(characters) - 1):
        if draw.random() < 0.02:
            characters[place : place + 2] = characters[place + 1], characters[place]
    return "".join(characters)


def add_neutral(text: str, *, which: int = 0) -> str:
    """Put a sentence behind the text that says nothing of the matter."""
    return f"{text}\n{NEUTRAL[which % len(NEUTRAL)]}"


def turn_sentences(text: str) -> str:
    """Put the second half of the sentences before the first."""
    sentences = [span.quote for span in split_sentences(normalise(text))]
    middle = len(sentences) // 2
    return "\n".join([*sentences[middle:], *sentences[:middle]])


def is_readable(text: str) -> bool:
    """Say whether it is long enough, and in good enough order, for a small change to be small."""
    return len(re.findall(r"[一-龥]", text)) >= 60
