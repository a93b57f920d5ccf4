"""How sure a suggested disposition is, where a fitted probability stands behind it.

Behind a suggestion that follows from the total stands one curve: how likely readers' total falls
below the lowest band's upper limit (``LowCurve``). At another line the same curve is moved by the
distance between the lines, as if readers scattered about the score there as they do here. Behind
a refusal or a merge stands no such probability: those are a person's.
"""

import math
from dataclasses import dataclass

from nlp_service.domain.quality import Disposition
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.quality.disposition import FilingPolicy
from nlp_service.quality.judge import QualityModel

_LEAST = 5e-5  # probabilities are kept to four digits: one of 0 may be anything below this


@dataclass(frozen=True, slots=True, kw_only=True)
class DispositionCurve:
    """What turns the probability of a low total into that of a disposition."""

    policy: FilingPolicy
    limit: float
    """Total below which ``Quality.low`` means a proposal."""
    slope: float
    """Of the curve, in log odds a point of the total."""

    def certainty(self, disposition: Disposition, low: float) -> float | None:
        """Return how likely readers' total leads to a disposition too; None where none is known.

        >>> curve = DispositionCurve(policy=FilingPolicy(), limit=60, slope=0.2)
        >>> round(curve.certainty(Disposition.FILED, 0.02), 2)
        0.98
        """
        unfiled = self._below(self.policy.file_from, low)
        returned = min(unfiled, self._below(self.policy.convert_from, low))
        known = {
            Disposition.FILED: 1.0 - unfiled,
            Disposition.CONVERTED: unfiled - returned,
            Disposition.RETURNED: returned,
        }
        return known.get(disposition)

    def _below(self, line: float, low: float) -> float:
        """Return how likely readers' total is below a line."""
        kept = min(max(low, _LEAST), 1.0 - _LEAST)
        odds = math.log(kept / (1.0 - kept)) + self.slope * (line - self.limit)
        return 1.0 / (1.0 + math.exp(-odds))


def make_curve(policy: FilingPolicy, model: QualityModel, taxonomy: Taxonomy) -> DispositionCurve:
    """Return the curve of a model; of the one that hears an encoder, where there is one."""
    rulings = model.joint or model.alone
    return DispositionCurve(policy=policy, limit=lowest_limit(taxonomy), slope=rulings.low.slope)


def lowest_limit(taxonomy: Taxonomy) -> float:
    """Return the total below which the lowest band lies."""
    return sorted(band.from_score for band in taxonomy.bands)[1]
