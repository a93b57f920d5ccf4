"""What two texts have in common, in numbers: what the pair classifier decides by.

Every number is the same whichever text is asked for: the two sides come in as the larger and the
smaller of both, or as a sum. So the classifier is symmetric by construction.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from nlp_service.duplicates.matter import Matter, PartTerms, Tags, Vector
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
    return {
        "meaning": text,
        "meaning_terms": terms,
        "meaning_title": title,
        "meaning_titled": float(here[2].any() and there[2].any()),
    }


def _cosine(one: Vector, other: Vector) -> float:
    lengths = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / lengths if lengths else 0.0


def tag_features(one: Tags, other: Tags) -> Mapping[str, float]:
    """Return how likely it is that both texts have one topic, one subtopic, one lead unit."""
    return {
        "topic": _agreement(one.topic, other.topic),
        "subtopic": _agreement(one.subtopic, other.subtopic),
        "lead_unit": _agreement(one.lead_unit, other.lead_unit),
    }


def _agreement(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(probability * other.get(code, 0.0) for code, probability in one.items())


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
    titled = float(bool(one.wording.document.title and other.wording.document.title))
    return {
        "titled": titled,
        "titles_pairs": titled * one.pairs.headline.cosine(other.pairs.headline),
        "titles_words": titled * one.words.headline.cosine(other.words.headline),
        "titled_strongest": titled * one.words.whole.strongest.cosine(other.words.whole.strongest),
    }


def _places(one: Matter, other: Matter) -> Mapping[str, float]:
    """Compare the objects that both name: agreement, and disagreement, which is no lack of it."""
    here, there = _objects(one), _objects(other)
    districts = _districts(one), _districts(other)
    both = bool(here and there)
    same_here = _share(_known(place, there) for place in here)
    same_there = _share(_known(place, here) for place in there)
    said_here = _share(_said(place, other) for place in here)
    said_there = _share(_said(place, one) for place in there)
    apart = both and max(said_here, said_there) == 0.0
    main = both and not _said(here[0], other) and not _said(there[0], one)
    return {
        "places_larger": max(same_here, same_there),
        "places_smaller": min(same_here, same_there),
        "places_said_larger": max(said_here, said_there),
        "places_said_smaller": min(said_here, said_there),
        "places_apart": float(apart),
        "main_place_same": float(both and here[0].is_same(there[0])),
        "main_place_apart": float(main),
        "placed": float(bool(here)) + float(bool(there)),
        "districts": len(districts[0] & districts[1]) / max(len(districts[0] | districts[1]), 1),
        "districts_apart": float(all(districts) and not districts[0] & districts[1]),
    }


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
