"""What two texts have in common, in numbers: what the pair classifier decides by.

Every number is the same whichever text is asked for: the two sides come in as the larger and the
smaller of both, or as a sum. So the classifier is symmetric by construction. What cannot be said,
as of titles where a text has none, is not a number (NaN).
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from nlp_service.duplicates.matter import Matter, PartTerms, Vector
from nlp_service.duplicates.shared_wording import SharedWording
from nlp_service.text.places import Place

_RARE = 6.0
"""Rarity of a term that one text in four hundred has."""
_WIDE = frozenset(("district",))
"""Kinds of places that are no object by themselves: half a city may write of them."""


def plain_features(one: Matter, other: Matter, shared: SharedWording) -> Mapping[str, float]:
    """Return what can be told of any two texts, by name, always in the same order."""
    return {
        **_wording(shared),
        **_terms("pairs", one.pairs, other.pairs),
        **_terms("words", one.words, other.words),
        **_titles(one, other),
        **_places(one, other),
        **_figures(one, other),
        **_length(one, other),
    }


def meaning_features(one: Matter, other: Matter, bounds: Sequence[int]) -> Mapping[str, float]:
    """Return how alike two embeddings are, part by part.

    Args:
        one: with an embedding.
        other: with an embedding.
        bounds: where the embedding's second and third part begin, and where the third ends.
    """
    assert one.embedding is not None and other.embedding is not None
    here, there = (
        np.split(np.asarray(each, np.float64), bounds[:-1])
        for each in (one.embedding, other.embedding)
    )
    text, terms, title = (_cosine(a, b) for a, b in zip(here, there, strict=True))
    titled = bool(here[2].any() and there[2].any())
    return {"meaning": text, "meaning_terms": terms, "meaning_title": _if(titled, title)}


def _cosine(one: Vector, other: Vector) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths else 0.0


def _wording(shared: SharedWording) -> Mapping[str, float]:
    query, source = shared.query, shared.source
    letters = [passage.letters for passage in shared.passages]
    return {
        "own_larger": max(query.own, source.own),
        "own_smaller": min(query.own, source.own),
        "whole_larger": max(query.whole, source.whole),
        "whole_smaller": min(query.whole, source.whole),
        "shared_letters": float(np.log1p(sum(letters))),
        "longest_passage": float(np.log1p(max(letters, default=0))),
    }


def _terms(name: str, one: PartTerms, other: PartTerms) -> Mapping[str, float]:
    rarity = one.whole.shared_rarity(other.whole)
    contained = (one.whole.contained(other.whole), other.whole.contained(one.whole))
    headlines = (one.headline.contained(other.whole), other.headline.contained(one.whole))
    return {
        f"{name}_cosine": one.whole.cosine(other.whole),
        f"{name}_strongest": one.whole.strongest.cosine(other.whole.strongest),
        f"{name}_headline": one.headline.cosine(other.headline),
        f"{name}_asks": one.asks.cosine(other.asks),
        f"{name}_contained": max(contained),
        f"{name}_contained_smaller": min(contained),
        f"{name}_headline_contained": max(headlines),
        f"{name}_headline_contained_smaller": min(headlines),
        f"{name}_rarest": float(rarity[:5].sum()) / 5,
        f"{name}_rare": float(np.log1p((rarity > _RARE).sum())),
    }


def _titles(one: Matter, other: Matter) -> Mapping[str, float]:
    titled = bool(one.wording.document.title and other.wording.document.title)
    return {
        "titled": float(titled),
        "titles_pairs": _if(titled, one.pairs.headline.cosine(other.pairs.headline)),
        "titles_words": _if(titled, one.words.headline.cosine(other.words.headline)),
        "titled_strongest": _if(
            titled, one.words.whole.strongest.cosine(other.words.whole.strongest)
        ),
    }


def _places(one: Matter, other: Matter) -> Mapping[str, float]:
    """Compare the objects that both name: agreement, and disagreement, which is no lack of it."""
    here, there = _objects(one), _objects(other)
    districts = _districts(one), _districts(other)
    return {
        **_objects_alike(one, here, other, there),
        "placed": float(bool(here)) + float(bool(there)),
        "districts": len(districts[0] & districts[1]) / max(len(districts[0] | districts[1]), 1),
        "districts_apart": float(all(districts) and not districts[0] & districts[1]),
    }


def _objects_alike(
    one: Matter, here: Sequence[Place], other: Matter, there: Sequence[Place]
) -> Mapping[str, float]:
    """Compare places; a name counts as said, too, where the other text takes it for no place."""
    both = bool(here and there)
    known = (_share(_known(one, there) for one in here), _share(_known(one, here) for one in there))
    said = (
        _share(_said(place, other) for place in here),
        _share(_said(place, one) for place in there),
    )
    same = both and here[0].is_same(there[0])
    apart = both and not _said(here[0], other) and not _said(there[0], one)
    return {
        "places_larger": _if(both, max(known)),
        "places_smaller": _if(both, min(known)),
        "places_said_larger": _if(both, max(said)),
        "places_said_smaller": _if(both, min(said)),
        "places_apart": _if(both, float(max(said) == 0.0)),
        "main_place_same": _if(both, float(same)),
        "main_place_apart": _if(both, float(apart)),
    }


def _if(told: bool, value: float) -> float:
    return value if told else math.nan


def _objects(matter: Matter) -> Sequence[Place]:
    """Return the places that may be what a text is about, each once, the most frequent first."""
    counts = Counter((place.kind, place.name) for place in matter.places)
    first = {(place.kind, place.name): place for place in reversed(matter.places)}
    return [first[key] for key, _ in counts.most_common() if key[0] not in _WIDE]


def _districts(matter: Matter) -> frozenset[str]:
    return frozenset(place.name for place in matter.places if place.kind in _WIDE)


def _known(place: Place, places: Sequence[Place]) -> bool:
    return any(place.is_same(other) for other in places)


def _said(place: Place, matter: Matter) -> bool:
    """Say whether a text has this name anywhere, whatever it takes it for."""
    return place.name in matter.capitals


def _share(answers: Iterable[bool]) -> float:
    found = list(answers)
    return sum(found) / len(found) if found else 0.0


def _figures(one: Matter, other: Matter) -> Mapping[str, float]:
    same = len(one.figures & other.figures)
    fewer = min(len(one.figures), len(other.figures))
    return {"figures": same / max(fewer, 1), "figures_shared": float(np.log1p(same))}


def _length(one: Matter, other: Matter) -> Mapping[str, float]:
    lengths = np.log1p([len(one.wording.letters), len(other.wording.letters)])
    return {
        "length_apart": float(abs(lengths[0] - lengths[1])),
        "shorter": float(lengths.min()),
    }
