"""From what a text shows to the levels that readers would give it.

Three voices are added: how much of each evidence was found, how the text is worded, and, where
there is an encoder, what that makes of it. What their sum means is learnt from held-out readings:
for every dimension the probabilities of the levels 0–4 (proportional odds, McCullagh 1980).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp_service.domain.taxonomy import Cap, Taxonomy
from nlp_service.tagging.linear import Floats

SHORTEST = 80
"""Characters below which a text is too short to be judged without a person (需人工)."""

_HALF_HEARD = 100  # characters of substance at which the wording has half its weight
SURE = 0.8
"""Probability from which a cap is said to hold."""
ACTING, ANNOUNCED = "acting", "announced"
"""Sentences that say who is to act; whether the text says that suggestions follow."""
HIGHEST = 4
"""The highest level of every dimension."""


@dataclass(frozen=True, kw_only=True)
class LevelModel:
    """Linear in the logarithm of the counts, the text's TF-IDF row and its meaning."""

    counted: Sequence[str]
    """What is counted, in the order of ``count_weights``."""
    count_weights: Floats  # (n_counted, n_dimensions), of ln(1 + count)
    word_weights: Floats  # (n_features, n_dimensions), over the linear model's vocabulary
    meaning_weights: Floats | None  # (width of a meaning, n_dimensions); None: it hears no encoder
    intercepts: Floats  # (n_dimensions,)

    def scores(self, rows: Floats, wording: Floats, meanings: Floats | None) -> Floats:
        """Return what the voices say together, (n_texts, n_dimensions).

        The intercepts are what a text has of which nothing is left: none has less.

        Args:
            rows: of ``count_row``, (n_texts, n_counted).
            wording: the texts' TF-IDF rows times ``word_weights``, each times its heard share.
            meanings: of ``read_meaning``, (n_texts, its width); None of a model that hears none.
        """
        found: Floats = rows @ self.count_weights + wording + self.intercepts
        if self.meaning_weights is not None:
            assert meanings is not None
            found = found + meanings @ self.meaning_weights
        return np.maximum(found, self.intercepts)

    def count_row(self, counts: Mapping[str, int]) -> Floats:
        """Return ln(1 + count) of everything that is counted."""
        return np.log1p([counts.get(name, 0) for name in self.counted])


@dataclass(frozen=True, kw_only=True)
class LevelCurves:
    """What scores mean: P(level ≥ k) = σ(slope · score − cut_k)."""

    slopes: Sequence[float]
    cuts: Sequence[Sequence[float]]
    """Per dimension: four, ascending."""

    def probabilities(self, scores: Floats) -> Floats:
        """Return the probability of each level, (…, n_dimensions, 5), of a level model's scores."""
        sums = scores * np.array(self.slopes)
        at_least = 1.0 / (1.0 + np.exp(np.array(self.cuts) - sums[..., None]))
        ends = np.ones((*sums.shape, 1)), np.zeros((*sums.shape, 1))
        bounded = np.concatenate([ends[0], at_least, ends[1]], axis=-1)
        found: Floats = bounded[..., :-1] - bounded[..., 1:]
        return found


@dataclass(frozen=True, kw_only=True)
class AbsenceCurve:
    """P(the text suggests nothing) = σ(weights · ln(1 + count) + intercept).

    What is missing altogether shows in no score: hardly a proposal that readers saw lacks its
    suggestions.
    """

    counted: Sequence[str]
    weights: Sequence[float]
    intercept: float
    dimensions: Sequence[str]
    """Those that are then of level 0."""

    def probability(self, counts: Mapping[str, int], characters: int) -> float:
        """Return it for what suggests in a text, and its length.

        It is 0 where the text says who is to act or that suggestions follow, and of short texts: a
        reader takes one sentence of a plain wish for a suggestion, a rule may not.
        """
        if characters < SHORTEST or counts[ACTING] or counts[ANNOUNCED]:
            return 0.0
        row = np.log1p([counts.get(name, 0) for name in self.counted])
        return float(1.0 / (1.0 + np.exp(-(row @ np.array(self.weights) + self.intercept))))


def mixed_with_nothing(
    probabilities: Floats, share: Floats, dimensions: Sequence[str], taxonomy: Taxonomy
) -> Floats:
    """Mix level 0 of some dimensions into the probabilities, (…, n_dimensions, 5).

    Args:
        probabilities: of the levels.
        share: of level 0, (…,).
        dimensions: codes of those that are lowered.
        taxonomy: for the order of the dimensions.
    """
    mixed = probabilities.copy()
    nothing = np.eye(HIGHEST + 1)[0]
    for place, dimension in enumerate(taxonomy.dimensions):
        if dimension.code in dimensions:
            mixed[..., place, :] *= 1.0 - np.asarray(share)[..., None]
            mixed[..., place, :] += np.asarray(share)[..., None] * nothing
    return mixed


@dataclass(frozen=True, kw_only=True)
class LowCurve:
    """P(readers' total is below the lowest band) = σ(slope · (middle − score))."""

    slope: float
    middle: float

    def probability(self, score: float) -> float:
        """Return it for a total score."""
        return float(1.0 / (1.0 + np.exp(-self.slope * (self.middle - score))))


def heard_share(characters: float) -> float:
    """Return how much of its wording's weight a text has: of a few words next to nothing."""
    return characters / (characters + _HALF_HEARD)


def mean_levels(probabilities: Floats) -> Floats:
    """Return the mean level of each dimension: what readers would give on average."""
    means: Floats = probabilities @ np.arange(HIGHEST + 1.0)
    return means


def total_score(probabilities: Floats, taxonomy: Taxonomy) -> Floats:
    """Return Σ weight × mean level ÷ 4, caps weighed by how likely they hold; (…,), 0–100.

    A cap that holds from ``SURE`` on is kept to the letter.

    Args:
        probabilities: of the levels, (…, n_dimensions, 5).
        taxonomy: for weights and caps.
    """
    weights = np.array([dimension.weight for dimension in taxonomy.dimensions])
    total: Floats = mean_levels(probabilities) @ weights / HIGHEST
    for cap in taxonomy.caps:
        holds = cap_probability(probabilities, cap, taxonomy)
        share = np.where(holds >= SURE, 1.0, holds)
        total = share * np.minimum(total, cap.total) + (1.0 - share) * total
    return total


def cap_probability(probabilities: Floats, cap: Cap, taxonomy: Taxonomy) -> Floats:
    """Return how likely the cap holds."""
    place = [dimension.code for dimension in taxonomy.dimensions].index(cap.dimension)
    return np.asarray(probabilities[..., place, cap.level])


def readers_total(levels: npt.NDArray[np.int64] | Floats, taxonomy: Taxonomy) -> Floats:
    """Return the guide's score of levels, (…, n_dimensions), with its caps; (…,), 0–100.

    A cap holds where the whole level nearest to a mean one is the cap's.
    """
    weights = np.array([dimension.weight for dimension in taxonomy.dimensions])
    total = np.asarray(levels @ weights / HIGHEST, dtype=np.float64)
    codes = [dimension.code for dimension in taxonomy.dimensions]
    for cap in taxonomy.caps:
        holds = np.rint(levels[..., codes.index(cap.dimension)]) == cap.level
        total = np.where(holds, np.minimum(total, cap.total), total)
    return total
