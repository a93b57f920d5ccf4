"""Cut a normalised text into sentences that remember where they stood."""

import re
from collections.abc import Sequence

from nlp_service.domain.assessment import Span

# A sentence ends at 。!?; or … (with the closing quotes and brackets that follow) or at a break.
# NFKC has made ！？； half-width and … three dots.
_SENTENCE = re.compile(r"[^。!?;\n]*?(?:(?:[。!?;]|\.{3,})+[”’\"')\]】》」』]*|\n|$)")


def split_sentences(text: str) -> Sequence[Span]:
    r"""Return the sentences in order, without surrounding blanks; together they hold all text.

    >>> [sentence.quote for sentence in split_sentences("路灯坏了!没人修。\n谁管?")]
    ['路灯坏了!', '没人修。', '谁管?']
    """
    sentences = []
    for match in _SENTENCE.finditer(text):
        quote = match.group().strip()
        if quote:
            start = match.start() + match.group().index(quote)
            sentences.append(Span(start=start, end=start + len(quote), quote=quote))
    return sentences
