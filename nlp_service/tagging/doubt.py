"""Which texts the encoder reads in ``auto``: those in which a second look may matter most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp_service.tagging.linear import Floats


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """How near another topic comes to the likeliest one, and from where on that is too near.

    Every probability is divided by how common its topic is. Else a text that may well be of a
    rare topic would pass for one of a common topic unread: most texts are, so the linear model
    is surest of those, and rare topics are what it misses.
    """

    shares: Sequence[float]
    """How common each topic is, in the order of the topic's labels; all above 0."""
    read_from: float
    """The encoder reads a text from this doubt on."""

    def of(self, topics: Floats) -> Floats:
        """Return each text's doubt, at least 0, from its topics' probabilities, a row a text."""
        rows, likeliest = np.arange(len(topics)), topics.argmax(axis=1)
        weighed = topics / np.asarray(self.shares)
        first = weighed[rows, likeliest]
        weighed[rows, likeliest] = 0.0
        return np.asarray(weighed.max(axis=1) / first)

    def asks(self, topics: Floats) -> npt.NDArray[np.bool_]:
        """Tell of each text whether the encoder should read it."""
        return np.asarray(self.of(topics) >= self.read_from)
