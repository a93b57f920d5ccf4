"""Cut a normalised text into sentences that remember where they stood."""

import re
from collections.abc import Sequence

from nlp_service.domain.span import Span

# A sentence ends at 。!?; or … (with the closing quotes and brackets that follow) or at a break.
# NFKC has made ！？； half-width and … three dots. What stands before the end is taken greedily, so
# that no character is looked at twice.
_SENTENCE = re.compile(
    r"[^。!?;\n.]*(?:\.(?!\.\.)[^。!?;\n.]*)*"
    r"(?:(?:[。!?;]|\.{3,})+[”’\"')\]】》」』]*|\n|$)"
)


def split_sentences(text: str) -> Sequence[Span]:
    r"""Return the sentences in order, without surrounding blanks; together they hold all text.

    >>> [sentence.quote for sentence in split_sentences("路灯坏了!没人修。\n谁管?")]
    ['路灯坏了!', '没人修。', '谁管?']
    """
    sentences = []
    for match in _SENTENCE.finditer(text):
        if quote := match[0].strip():
            start = text.index(quote, match.start())
            sentences.append(Span(start=start, end=start + len(quote), quote=quote))
    return sentences
