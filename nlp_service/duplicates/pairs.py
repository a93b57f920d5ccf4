"""Say what two submissions are to each other: copy, same, related or none, with probabilities.

A multinomial logistic regression on ``pair_features``, fitted on pairs that readers judged. Where
one of both texts has no embedding, a second one answers, which never heard any.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp_service.domain.duplicates import Relation
from nlp_service.duplicates.matter import Matter
from nlp_service.duplicates.pair_features import meaning_features, plain_features
from nlp_service.duplicates.shared_wording import SharedWording

RELATIONS = (Relation.NONE, Relation.RELATED, Relation.SAME, Relation.COPY)
"""In the order of the model's outputs."""
_MERGING = 2  # the first relation of which one reply serves both texts
PLAIN, MEANING = "plain", "meaning"
"""Names of the weights without and with embeddings."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairWeights:
    """A logistic regression on standardised features, calibrated."""

    features: Sequence[str]
    means: Floats  # (n_features,)
    scales: Floats  # (n_features,)
    weights: Floats  # (n_features, n_relations), what calibration asks for multiplied in
    intercepts: Floats  # (n_relations,)

    def probabilities(self, features: Floats) -> Floats:
        """Return (n_pairs, n_relations) of features (n_pairs, n_features)."""
        scores = self.standardise(features) @ self.weights + self.intercepts
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        found: Floats = odds / odds.sum(axis=1, keepdims=True)
        return found

    def standardise(self, features: Floats) -> Floats:
        """Return them in deviations, of which none counts for more than four.

        What is not known (NaN) counts as the mean.
        """
        return np.nan_to_num(np.clip((features - self.means) / self.scales, -4.0, 4.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What two submissions are to each other."""

    relation: Relation
    """Copy or same, the likelier of both, where ``mergeable`` reaches what the model asks for;
    else the likelier of related and none."""
    probabilities: Mapping[Relation, float]
    """Of all four; together 1."""

    @property
    def probability(self) -> float:
        """How likely the relation is."""
        return self.probabilities[self.relation]

    @property
    def mergeable(self) -> float:
        """How likely one reply would serve both: copy or same."""
        return self.probabilities[Relation.COPY] + self.probabilities[Relation.SAME]


@dataclass(frozen=True, kw_only=True, eq=False)
class PairModel:
    """Tells relations. Safe for threads."""

    weights: Mapping[str, PairWeights]
    """``plain`` and, in a bundle with an encoder, ``meaning``."""
    bounds: Sequence[int]
    """Where the embedding's second and third part begin, and where the third ends."""
    merge_from: Mapping[str, float]
    """Name of the weights -> how likely copy or same must be to be said: where readers' pairs that
    were held out are told best (F1)."""

    def judge(self, query: Matter, source: Matter, shared: SharedWording) -> Judgement:
        """Judge two texts; the other way round the answer is the same.

        Args:
            query: one text.
            source: the other.
            shared: what ``compare`` found, in this order of the two.
        """
        way = self.way(query, source)
        weights = self.weights[way]
        found = self.features(query, source, shared, way)
        row = np.array([[found[name] for name in weights.features]])
        probabilities = weights.probabilities(row)
        (place,) = decide(probabilities, self.merge_from[way])
        return Judgement(
            relation=RELATIONS[place],
            probabilities=dict(zip(RELATIONS, probabilities[0].tolist(), strict=True)),
        )

    def way(self, query: Matter, source: Matter) -> str:
        """Return the name of the weights that answer."""
        heard = query.embedding is not None and source.embedding is not None
        return MEANING if heard and MEANING in self.weights else PLAIN

    def features(
        self, query: Matter, source: Matter, shared: SharedWording, way: str
    ) -> Mapping[str, float]:
        """Return the features of a pair, by name."""
        found = plain_features(query, source, shared)
        if way == PLAIN:
            return found
        return {**found, **meaning_features(query, source, self.bounds)}


def decide(probabilities: Floats, merge_from: float) -> npt.NDArray[np.int64]:
    """Return the place in ``RELATIONS`` that is said of each pair, (n_pairs,).

    Args:
        probabilities: (n_pairs, n_relations).
        merge_from: how likely copy or same must be to be said.
    """
    merges = probabilities[:, _MERGING:].sum(axis=1) >= merge_from
    inside = probabilities[:, _MERGING:].argmax(axis=1) + _MERGING
    return np.asarray(np.where(merges, inside, probabilities[:, :_MERGING].argmax(axis=1)))
