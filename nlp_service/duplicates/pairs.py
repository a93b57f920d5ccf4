"""Say what two submissions are to each other: copy, same, related or none, with probabilities.

A multinomial logistic regression on ``pair_features``, fitted on pairs that readers judged. There
is one for each set of things that may be known of both texts: without embedding or tags another
one answers, which never heard them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nlp_service.domain.duplicates import Relation
from nlp_service.duplicates.matter import Matter
from nlp_service.duplicates.pair_features import meaning_features, plain_features, tag_features
from nlp_service.duplicates.shared_wording import SharedWording

RELATIONS = (Relation.NONE, Relation.RELATED, Relation.SAME, Relation.COPY)
"""In the order of the model's outputs."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of both texts beside their wording."""

    meaning: bool
    """Their embeddings."""
    tags: bool

    @property
    def name(self) -> str:
        """Name of the weights in a bundle."""
        return {
            (False, False): "plain",
            (True, False): "meaning",
            (False, True): "tags",
            (True, True): "all",
        }[self.meaning, self.tags]


WAYS = tuple(
    Known(meaning=meaning, tags=tags) for meaning in (False, True) for tags in (False, True)
)


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
        """Return them in deviations, of which none counts for more than four."""
        return np.clip((features - self.means) / self.scales, -4.0, 4.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What two submissions are to each other."""

    relation: Relation
    """The likeliest."""
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
    """``Known.name`` -> weights; at least ``plain``."""
    bounds: Sequence[int]
    """Where the embedding's second and third part begin, and where the third ends."""

    def judge(self, query: Matter, source: Matter, shared: SharedWording) -> Judgement:
        """Judge two texts; the other way round the answer is the same.

        Args:
            query: one text.
            source: the other.
            shared: what ``compare`` found, in this order of the two.
        """
        known = self.known(query, source)
        weights = self.weights[known.name]
        found = self.features(query, source, shared, known)
        row = np.array([[found[name] for name in weights.features]])
        probabilities = weights.probabilities(row)[0].tolist()
        by_relation = dict(zip(RELATIONS, probabilities, strict=True))
        return Judgement(
            relation=max(by_relation, key=by_relation.__getitem__), probabilities=by_relation
        )

    def known(self, query: Matter, source: Matter) -> Known:
        """Say what is known of both and was learnt from."""
        meaning = query.embedding is not None and source.embedding is not None
        known = Known(meaning=meaning, tags=query.tags is not None and source.tags is not None)
        if known.name in self.weights:
            return known
        return Known(meaning=False, tags=known.tags and "tags" in self.weights)

    def features(
        self, query: Matter, source: Matter, shared: SharedWording, known: Known
    ) -> Mapping[str, float]:
        """Return the features of a pair, by name."""
        found = dict(plain_features(query, source, shared))
        if known.meaning:
            found |= meaning_features(query, source, self.bounds)
        if known.tags and query.tags and source.tags:
            found |= tag_features(query.tags, source.tags)
        return found
