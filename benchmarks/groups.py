"""How well groups come out of a classifier that errs, and what a large one costs.

    python -m benchmarks.groups

Matters are made up, four to a family whose texts are easily confused. Texts arrive one by one, each
compared with some of its own matter and some of its sisters; the pair classifier misses some of the
first and takes some of the second for the same. Shown is F1 over pairs of texts: of plain
components, of average linkage with uncompared pairs counting as far, and ours.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics.cluster import pair_confusion_matrix

from nlp_service.duplicates.groups import Links, make_groups

Labels = npt.NDArray[np.int64]

SIZES: Mapping[str, Callable[[np.random.Generator], Labels]] = {
    "1–5 texts a matter": lambda rng: rng.integers(1, 6, 80),
    "few large ones": lambda rng: np.minimum(rng.zipf(1.6, 80), 60),
    "30–120 texts": lambda rng: rng.integers(30, 120, 8),
}
OWN = 0.75
"""Of the texts that a newcomer is compared with, at most so many are of its own matter."""
PAIRS_A_TEXT = 5, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """How it is asked and how it errs."""

    compared: int
    found: float
    mistaken: float


CLASSIFIERS = (
    Classifier(compared=20, found=0.85, mistaken=0.02),
    Classifier(compared=20, found=0.85, mistaken=0.08),
    Classifier(compared=10, found=0.7, mistaken=0.05),
)


def arrive(sizes: Labels, classifier: Classifier, rng: np.random.Generator) -> tuple[Labels, Links]:
    """Return the matter of each text, and what the classifier says as they come."""
    matters = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    said = [
        (earlier, text, says, rng.uniform(0.6, 1.0) if says == same else rng.uniform(0.5, 0.95))
        for text in range(len(matters))
        for earlier, same in _compared(matters, text, classifier.compared, rng)
        for says in [rng.random() < (classifier.found if same else classifier.mistaken)]
    ]
    first, second, joining, probability = (np.array(column) for column in zip(*said, strict=True))
    return matters, Links(
        first=first,
        second=second,
        joining=joining,
        copying=np.zeros(len(first), dtype=np.bool_),
        probability=probability,
    )


def _compared(
    matters: Labels, text: int, most: int, rng: np.random.Generator
) -> Iterator[tuple[int, bool]]:
    earlier = rng.permutation(text)
    own = earlier[matters[earlier] == matters[text]][: int(most * OWN)].tolist()
    family = matters[earlier] // 4 == matters[text] // 4
    sisters = earlier[family & (matters[earlier] != matters[text])][: most - len(own)].tolist()
    yield from ((other, True) for other in own)
    yield from ((other, False) for other in sisters)


def components(n: int, links: Links) -> Labels:
    """Return the groups of plain connected components."""
    ends = links.first[links.joining], links.second[links.joining]
    matrix = csr_array((np.ones(len(ends[0])), ends), shape=(n, n))
    return np.asarray(connected_components(matrix, directed=False)[1])


def average_linkage(n: int, links: Links) -> Labels:
    """Return the groups of average linkage at a distance of one half."""
    distances = np.ones((n, n))
    joining = links.joining
    distances[links.first[joining], links.second[joining]] = 1 - links.probability[joining]
    distances = np.minimum(distances, distances.T)
    np.fill_diagonal(distances, 0.0)
    model = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=0.5
    )
    return np.asarray(model.fit(distances).labels_)


def ours(n: int, links: Links) -> Labels:
    """Return our groups."""
    labels = np.empty(n, dtype=np.int64)
    for number, group in enumerate(make_groups(range(n), links)):
        labels[group] = number
    return labels


def f1(matters: Labels, labels: Labels) -> float:
    """Return F1 over pairs of texts."""
    (_, wrong), (missed, right) = pair_confusion_matrix(matters, labels)
    return float(2 * right / max(1, 2 * right + wrong + missed))


def only_same(links: Links) -> Links:
    """Return what is left where pairs found different are not kept."""
    kept = {name: getattr(links, name)[links.joining] for name in Links.__slots__}
    return replace(links, **kept)


def compare(rounds: int) -> None:
    """Print the table of F1."""
    ways: Sequence[tuple[str, Callable[[int, Links], Labels]]] = (
        ("components", components),
        ("average linkage", average_linkage),
        ("ours, without pairs found different", lambda n, links: ours(n, only_same(links))),
        ("ours", ours),
    )
    print("matters | compared, found, mistaken |", " | ".join(name for name, _ in ways))
    for shape, sizes in SIZES.items():
        for classifier in CLASSIFIERS:
            rng = np.random.default_rng(1)
            worlds = [arrive(sizes(rng), classifier, rng) for _ in range(rounds)]
            scores = [
                np.mean([f1(matters, way(len(matters), links)) for matters, links in worlds])
                for _, way in ways
            ]
            asked = f"{classifier.compared}, {classifier.found}, {classifier.mistaken}"
            print(f"{shape} | {asked} |", " | ".join(f"{score:.3f}" for score in scores))


def weigh(n: int) -> None:
    """Print what a letter of n senders costs, whichever earlier ones each was compared with."""
    rng = np.random.default_rng(1)
    for k in PAIRS_A_TEXT:
        for name, chosen in {
            "the first": lambda text, k=k: np.arange(min(text, k)),
            "the latest": lambda text, k=k: np.arange(max(0, text - k), text),
            "any": lambda text, k=k: np.unique(rng.integers(0, max(text, 1), k))[:text],
        }.items():
            earlier = [chosen(text) for text in range(n)]
            first = np.concatenate(earlier)
            links = Links(
                first=first,
                second=np.repeat(np.arange(n), [len(some) for some in earlier]),
                joining=np.ones(len(first), dtype=np.bool_),
                copying=np.ones(len(first), dtype=np.bool_),
                probability=rng.uniform(0.92, 1.0, len(first)),
            )
            began = time.perf_counter()
            found = make_groups(range(n), links)
            took = time.perf_counter() - began
            print(f"{n} texts, {len(first)} links to {name}: {len(found)} groups, {took:.2f} s")


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--senders", type=int, default=5000)
    options = parser.parse_args()
    compare(options.rounds)
    weigh(options.senders)


if __name__ == "__main__":
    main()
