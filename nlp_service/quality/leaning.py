"""How far headings lean on what sentences do: they hint, and may stand in the wrong place."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from nlp_service.domain.quality import SentenceRole
from nlp_service.domain.span import Span
from nlp_service.quality.role_wording import Heading

LEAN = 1.5
"""What a heading adds to the margin of its role: natural logarithm of odds."""
SURE = 3.0
"""No single sentence's margin counts further for others."""
_CLEARLY = 12.0  # by so much must reversed headings fit better before they are taken for such

Floats = npt.NDArray[np.float32]


def lean_on_headings(
    sentences: Sequence[Span], headings: Sequence[Heading], suggests: Floats
) -> Floats:
    """Return what the headings add to the margins, (n_sentences, 2).

    A heading speaks for what follows it; in a text whose lines are reversed, for what stands
    before it. What the sentences themselves say decides which.
    """
    if not headings:
        return np.zeros((len(sentences), 2), dtype=np.float32)
    middles = [(each.start + each.end) // 2 for each in sentences]
    firsts = np.searchsorted(middles, [each.start for each in headings])
    roles = [each.role for each in headings]
    lengths = np.diff([0, *firsts, len(sentences)])
    apart = _APART if roles[0] is SentenceRole.SUGGESTION else _NOTHING
    following = np.repeat([apart, *(_LEANINGS[role] for role in roles)], lengths, axis=0)
    apart = _APART if roles[-1] is SentenceRole.SUGGESTION else _NOTHING
    preceding = np.repeat([*(_LEANINGS[role] for role in roles), apart], lengths, axis=0)
    sure = np.clip(suggests, -SURE, SURE)
    backwards = sure @ (preceding - following)[:, 0] > _CLEARLY
    return (preceding if backwards else following).astype(np.float32)


_LEANINGS: Mapping[SentenceRole, tuple[float, float]] = {
    SentenceRole.BACKGROUND: (-LEAN, -LEAN),
    SentenceRole.PROBLEM: (-LEAN, LEAN),
    SentenceRole.CAUSE: (-LEAN, LEAN),
    SentenceRole.SUGGESTION: (LEAN, 0.0),
}
_NOTHING, _APART = (0.0, 0.0), (-LEAN, 0.0)
