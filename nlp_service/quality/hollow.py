"""Leave out clauses with figures of what nobody can measure: 认同感提高 40%, 全局带动系数 5.39.

They say nothing, so nothing that is judged may depend on them: neither what their sentence does nor
what is left of it.
"""

import re
from collections.abc import Sequence

from nlp_service.domain.span import Span
from nlp_service.quality.evidence import Evidence, Fact

_JOINS = (",", ";", ":")
_BLANKS = re.compile(" {2,}")  # in place of what was left out; a normalised text has none


def leave_out_hollow(
    text: str, sentences: Sequence[Span], evidence: Sequence[Evidence]
) -> Sequence[str]:
    """Return what is left of each sentence without such clauses, closed up.

    The mark that joins a clause to what stands before it goes with it; where it comes first in its
    sentence, the mark behind it.

    Args:
        text: the whole; where it has blanks in a row, something stood that is not judged either.
        sentences: of it.
        evidence: everything that ``find_evidence`` found in it.
    """
    for each in evidence:
        if Fact.HOLLOW in each.facts:
            start, end = _with_mark(text, each.start, each.end)
            text = text[:start] + " " * (end - start) + text[end:]
    left = [text[sentence.start : sentence.end] for sentence in sentences]
    return [_BLANKS.sub("", each) for each in left] if "  " in text else left


def _with_mark(text: str, start: int, end: int) -> tuple[int, int]:
    if text.endswith(_JOINS, 0, start):
        return start - 1, end
    return start, end + text.startswith(_JOINS, end)
