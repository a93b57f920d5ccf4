"""Cut Chinese text into words. A segmenter is an object, made on demand and passed in.

Two are known: ``rjieba`` (Rust, the one that serves) and ``jieba`` (the reference, only with the
``fit`` extra). They agree on Han text and differ on Latin and digits, so a bundle names its
segmenter and version.
"""

import importlib.metadata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nlp_service.domain.errors import SegmenterUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Segmenter:
    """A word cutter with its name and version."""

    name: str
    version: str
    cut: Callable[[str], Sequence[str]]
    """Text -> its words in order; joined, they are the text again."""

    @property
    def label(self) -> str:
        """Name and version in one word, as in ``rjieba-0.2.2``."""
        return f"{self.name}-{self.version}"


def load_segmenter(name: str) -> Segmenter:
    """Make the named segmenter (``rjieba`` or ``jieba``) with its own dictionary.

    Raises:
        SegmenterUnavailable: the name is unknown, or the package is not installed.
    """
    if name not in _CUTTERS:
        raise SegmenterUnavailable(f"没有名为 {name} 的分词器，可用：{'、'.join(_CUTTERS)}。")
    try:
        version = importlib.metadata.version(name)
        return Segmenter(name=name, version=version, cut=_CUTTERS[name]())
    except ImportError:
        raise SegmenterUnavailable(f"分词器 {name} 没有安装：pip install {name}。") from None


def _rjieba() -> Callable[[str], Sequence[str]]:
    import rjieba

    cut: Callable[[str], Sequence[str]] = rjieba.Jieba().cut
    return cut


def _jieba() -> Callable[[str], Sequence[str]]:
    import jieba

    cut: Callable[[str], Sequence[str]] = jieba.Tokenizer().lcut
    return cut


_CUTTERS: dict[str, Callable[[], Callable[[str], Sequence[str]]]] = {
    "rjieba": _rjieba,
    "jieba": _jieba,
}
