"""Make copies of texts as people make them: what a search for shared wording has to find."""

import itertools
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

_SENTENCE = re.compile(r"[^。!?;\n]*[。!?;\n]*")
_NUMBER = re.compile(r"\d+")
_SHORTEST = 200  # characters of a text that copies are made of
_PARTS = 5
_PARAGRAPH = 30  # characters, at least
_SYNONYMS = dict(
    pair.split("=")
    for pair in (
        "加强=强化 建立=设立 完善=健全 提高=提升 促进=推动 进一步=更加 目前=当前 由于=因为"
        " 因此=所以 问题=难题 措施=举措 鼓励=激励 加大=增加 群众=百姓 居民=住户 企业=公司"
        " 学校=校园 孩子=儿童"
        " 老年人=老人 需要=须 应该=应当 可以=能够 许多=不少 非常=十分 重要=关键 解决=化解 管理=管护"
        " 发展=成长 建设=建造 开展=进行 制定=出台 落实=执行 支持=扶持 严重=突出 影响=妨碍 部门=单位"
        " 通过=经由 根据=按照 以及=和 但是=可是 同时=与此同时 为了=为 没有=未 希望=盼望 车辆=汽车"
        " 道路=马路 施工=作业 扰民=影响居民 安全=平安 发现=看到 使用=利用 增加=添加 减少=降低"
    ).split()
)


@dataclass(frozen=True, kw_only=True)
class Query:
    """A made copy."""

    text: str
    sources: Sequence[str]
    """Ids of the texts that it was made of."""
    copied: tuple[int, int] | None = None
    """Start and end offset of what is copied letter for letter, where the rest is new."""


@dataclass(frozen=True, kw_only=True)
class Maker:
    """Makes copies of an archive's texts, the same ones for the same seed."""

    texts: Mapping[str, str]
    hosts: Sequence[str]
    """Texts beside the archive: what surrounds a copied paragraph."""
    random: random.Random

    @cached_property
    def long(self) -> Sequence[str]:
        """The ids of texts long enough to be copied in part."""
        return [id for id, text in self.texts.items() if len(text) >= _SHORTEST]

    def make(self, kind: str, id: str) -> Query:
        """Return a copy of one text, of one of ``KINDS``; a stitched one has a second source."""
        if kind == "stitched from two":
            other = self.random.choice([each for each in self.long if each != id])
            first, second = self._sentences(id), self._sentences(other)
            text = "".join(first[: len(first) // 2] + second[len(second) // 2 :])
            return Query(text=text, sources=[id, other])
        made = KINDS[kind](self, id)
        if isinstance(made, str):
            return Query(text=made, sources=[id])
        before, copied, behind = made
        place = (len(before), len(before) + len(copied))
        return Query(text=before + copied + behind, sources=[id], copied=place)

    def _sentences(self, id: str) -> list[str]:
        return split(self.texts[id])

    def edited(self, id: str, rate: float) -> str:
        """Change, drop or add a letter at this rate."""
        pool = self.random.choice(self.hosts)
        made = []
        for letter in self.texts[id]:
            change = self.random.random() / rate
            if change >= 1:
                made.append(letter)
            elif change < 2 / 3:
                made.append(self.random.choice(pool) + (letter if change < 1 / 3 else ""))
        return "".join(made)

    def paragraph(self, id: str) -> tuple[str, str, str]:
        """Put a fifth of the text in place of a fifth of another one, as long as the text or so."""
        long = [part for part in parts(self._sentences(id)) if len(part) >= _PARAGRAPH]
        copied = self.random.choice(long or [self.texts[id]])
        host: list[str] = []
        while sum(map(len, host)) < len(self.texts[id]):
            host += split(self.random.choice(self.hosts))
        pieces = parts(host)
        place = self.random.randrange(_PARTS)
        return "".join(pieces[:place]), copied, "".join(pieces[place + 1 :])

    def reordered(self, id: str) -> str:
        """Put the sentences in another order."""
        sentences = self._sentences(id)
        return "".join(self.random.sample(sentences, len(sentences)))

    def reworded(self, id: str) -> str:
        """Put another word for every word that has one here."""
        pattern = re.compile("|".join(sorted(_SYNONYMS, key=len, reverse=True)))
        return pattern.sub(lambda match: _SYNONYMS[match[0]], self.texts[id])

    def redated(self, id: str) -> str:
        """Change every number."""
        return _NUMBER.sub(lambda match: str(int(match[0]) % 10**9 + 1), self.texts[id])

    def second_half(self, id: str) -> tuple[str, str, str]:
        """Copy the later half, where suggestions stand, behind a text of one's own."""
        sentences = self._sentences(id)
        return self.random.choice(self.hosts), "".join(sentences[len(sentences) // 2 :]), ""


def split(text: str) -> list[str]:
    """Return the sentences with their marks."""
    return [sentence for sentence in _SENTENCE.findall(text) if sentence]


def parts(sentences: Sequence[str]) -> list[str]:
    """Return five parts of about as many sentences each; some are empty where there are fewer."""
    bounds = [len(sentences) * n // _PARTS for n in range(_PARTS + 1)]
    return ["".join(sentences[a:b]) for a, b in itertools.pairwise(bounds)]


def recombine(texts: Sequence[str], count: int, chance: random.Random) -> Sequence[str]:
    """Make more texts: of each, sentences of several others, every tenth letter another one."""
    pool = [sentence for text in texts for sentence in split(text)]
    letters = "".join(texts)
    return [
        "".join(
            chance.choice(letters) if chance.random() < 0.1 else letter
            for letter in "".join(chance.choices(pool, k=chance.randint(3, 40)))
        )
        for _ in range(count)
    ]


KINDS: Mapping[str, Callable[[Maker, str], str | tuple[str, str, str]]] = {
    "1 % edited": lambda maker, id: maker.edited(id, 0.01),
    "5 % edited": lambda maker, id: maker.edited(id, 0.05),
    "10 % edited": lambda maker, id: maker.edited(id, 0.1),
    "20 % edited": lambda maker, id: maker.edited(id, 0.2),
    "one paragraph of five": Maker.paragraph,
    "sentences reordered": Maker.reordered,
    "synonyms": Maker.reworded,
    "numbers changed": Maker.redated,
    "second half copied": Maker.second_half,
}
"""Each gives a text, or what stands before, in and behind the copied part; beside these,
``stitched from two``."""
