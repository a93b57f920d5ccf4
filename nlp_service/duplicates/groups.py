"""Groups of texts about the same matter, from what pairs of them are to each other.

Connected components alone would not do: one wrong link chains two matters together, and every
further text makes one likelier. Average linkage would not do either: a text is compared only with
the likeliest others, so of a letter that 5,000 people send nearly all pairs are never compared,
and counting these as far tears it to pieces. So: links that say ``copy`` or ``same`` make
components; each is cut in two where it hangs together worst, as long as that is weakly enough, and
so on with both halves (recursive bisection by conductance: Kannan, Vempala and Vetta, J. ACM 51,
2004; ``cuts`` says what is different here). Pairs that were compared and found different weigh
against; pairs that were never compared say nothing. What was cut but is one wording, copied from
several texts to several others, is put together again: a letter of which each newcomer was
compared with the latest few is a long band, which hangs together weakly everywhere.
``benchmarks.groups`` sets the three side by side.

What persons said goes before: what they joined is one node, what they hold apart is cut apart,
wherever the cut costs least. Groups depend on the texts, the links and those words alone, never on
the order in which they came; ties fall by the order in which the texts are given.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from nlp_service.domain.duplicates import Relation
from nlp_service.duplicates.cuts import Booleans, Graph, Places, Weights, weakest_cut
from nlp_service.duplicates.pair_words import Pairs, PairVerdict, Words

JOINING = frozenset({Relation.COPY, Relation.SAME})


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What the pair classifier says of two texts."""

    first: int
    second: int
    relation: Relation
    probability: float
    """Of that relation, 0–1."""

    def __post_init__(self) -> None:
        """Refuse what is no probability."""
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability {self.probability} is not within 0–1")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRules:
    """How much it takes to join and to hold together."""

    least_probability: float = 0.5
    """A link of less joins nothing."""
    least_escape: float = 0.25
    """0–1: two sides that hang together less are two groups. At 0.25 a link between two pairs keeps
    them together if it is as sure as theirs, two between two triangles do not."""
    weight_against: float = 0.5
    """What a pair that was found different weighs beside one found the same: a classifier misses
    some pairs of every matter, and at full weight these tear large groups apart."""
    sure_copy: float = 0.9
    """From this probability on a ``copy`` counts for putting together again."""
    copies_that_rejoin: int = 3
    """So many texts of either side must be sure copies of the other's. One text stitched together
    from two letters does not make them one."""


RULES = GroupRules()


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Links as columns, each pair once: (m,) keys of both texts, what it says, how surely."""

    first: Places
    second: Places
    joining: Booleans
    """Whether it says ``copy`` or ``same``."""
    copying: Booleans
    """Whether it says ``copy``."""
    probability: Weights

    @classmethod
    def of(cls, links: Sequence[Link]) -> Self:
        """Make the columns of single links."""
        return cls(
            first=np.array([link.first for link in links], dtype=np.int64),
            second=np.array([link.second for link in links], dtype=np.int64),
            joining=np.array([link.relation in JOINING for link in links], dtype=np.bool_),
            copying=np.array([link.relation is Relation.COPY for link in links], dtype=np.bool_),
            probability=np.array([link.probability for link in links], dtype=np.float64),
        )


def make_groups(
    texts: Sequence[int],
    links: Links,
    *,
    joined: Iterable[Sequence[int]] = (),
    verdicts: Sequence[PairVerdict] = (),
    rules: GroupRules = RULES,
) -> list[list[int]]:
    """Return the groups: every text in one, each ascending, the one of the lowest text first.

    See ``make_components``.
    """
    components = make_components(texts, links, joined=joined, verdicts=verdicts, rules=rules)
    return sorted(group for component in components for group in component)


def make_components(
    texts: Sequence[int],
    links: Links,
    *,
    joined: Iterable[Sequence[int]] = (),
    verdicts: Sequence[PairVerdict] = (),
    rules: GroupRules = RULES,
) -> list[list[list[int]]]:
    """Return the groups of each component, in no order; nothing outside it bears on its groups.

    Links and words about other texts do not count.

    Args:
        texts: keys, each once; of equals the earlier one here goes first, so give them in an order
            that does not hang on when they arrived.
        links: between them.
        joined: texts that are one case (并案): they stay together whatever else is said.
        verdicts: oldest first. A newer one goes before an older one that contradicts it.
        rules: how much it takes.
    """
    places = {text: place for place, text in enumerate(texts)}
    words = Words(len(texts))
    for case in joined:
        members = [places[text] for text in case if text in places]
        for member in members[1:]:
            words.take(members[0], member, same=True)
    for verdict in reversed(verdicts):
        if verdict.first in places and verdict.second in places:
            words.take(places[verdict.first], places[verdict.second], same=verdict.same)
    if not texts:
        return []
    said = _said(np.array(texts), words.nodes(), links)
    whole = _whole(said, words.apart(), rules)
    component_of, group_of = np.empty((2, len(whole.nodes)), dtype=np.int64)
    for component in whole.components():
        component_of[component.nodes] = component.nodes[0]
        for nodes in _split(component, rules):
            group_of[nodes] = nodes[0]
    group_of = _rejoin(group_of, said, whole.apart, rules)
    nested: dict[int, dict[int, list[int]]] = {}
    labels = (column[said.nodes].tolist() for column in (component_of, group_of))
    for text, component_number, group in zip(texts, *labels, strict=True):
        nested.setdefault(component_number, {}).setdefault(group, []).append(text)
    return [[sorted(group) for group in groups.values()] for groups in nested.values()]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Nodes that may be one group, and all that was said of pairs of them."""

    nodes: Places
    """(n,) ascending; the pairs count them from 0."""
    sizes: Places
    """(n,) texts of each node."""
    links: Pairs
    against: Pairs
    apart: Pairs
    """Must not stay together; the weights mean nothing."""

    def divide(self, labels: Places) -> "Sequence[_Part]":
        """Return a part for each label 0, 1, … of its nodes; what is said across is left out."""
        order = np.argsort(labels, kind="stable")
        ends = np.searchsorted(labels[order], np.arange(1, int(labels[order[-1]]) + 1))
        chosen = np.split(order, ends)
        numbers = np.empty(len(labels), dtype=np.int64)
        numbers[order] = np.arange(len(labels)) - np.repeat([0, *ends], [len(c) for c in chosen])
        pairs = (
            said.divide(labels, numbers, len(chosen))
            for said in (self.links, self.against, self.apart)
        )
        return [
            _Part(
                nodes=self.nodes[nodes],
                sizes=self.sizes[nodes],
                links=links,
                against=against,
                apart=apart,
            )
            for nodes, links, against, apart in zip(chosen, *pairs, strict=True)
        ]

    def components(self) -> "Sequence[_Part]":
        """Return the parts that links hold together."""
        n = len(self.nodes)
        matrix = csr_array((self.links.weights, (self.links.low, self.links.high)), shape=(n, n))
        return self.divide(connected_components(matrix, directed=False)[1].astype(np.int64))

    def graph(self) -> Graph:
        """Return what is to be cut: joined texts count as linked by certainty."""
        held = 2.0 * (self.sizes - 1).astype(np.float64)
        for said in (self.links, self.against):
            for end in (said.low, said.high):
                held = held + np.bincount(end, weights=said.weights, minlength=len(held))
        links = self.links
        return Graph(
            sizes=self.sizes, held=held, low=links.low, high=links.high, weights=links.weights
        )


def _split(part: _Part, rules: GroupRules) -> Iterator[Places]:
    """Yield the nodes of each group of a component."""
    waiting = [part]
    while waiting:
        part = waiting.pop()
        if len(part.nodes) > 1 and not _surely_holds(part, rules):
            cut = weakest_cut(part.graph(), part.apart.low, part.apart.high)
            if len(part.apart.low) or cut.escape < rules.least_escape:
                waiting += part.divide(cut.side.astype(np.int64))
                continue
        yield part.nodes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What was said of pairs of texts that are there and not one node, by their nodes."""

    nodes: Places
    """(n_texts,) the node of each text."""
    first: Places
    second: Places
    """(m,) the texts, by their place."""
    joining: Booleans
    copying: Booleans
    probability: Weights


def _said(texts: Places, nodes: Places, links: Links) -> _Said:
    first, second = (_places(texts, column) for column in (links.first, links.second))
    there = (first >= 0) & (second >= 0)
    kept = np.flatnonzero(there & (nodes[first] != nodes[second]))
    return _Said(
        nodes=nodes,
        first=first[kept],
        second=second[kept],
        joining=links.joining[kept],
        copying=links.copying[kept],
        probability=links.probability[kept],
    )


def _surely_holds(part: _Part, rules: GroupRules) -> bool:
    """Say of some parts, without looking for a cut, that there is none: most groups are such.

    Where all are linked with all, each text of the smaller side has at least as many links across
    as within, so the escape is at least least ÷ (least + most) of the weights.
    """
    n, weights = len(part.nodes), part.links.weights
    if len(part.apart.low) or len(part.against.low) or part.sizes.max() > 1:
        return False
    all_linked = 2 * len(weights) == n * (n - 1)
    return all_linked and weights.min() >= rules.least_escape * (weights.min() + weights.max())


def _whole(said: _Said, apart: Pairs, rules: GroupRules) -> _Part:
    """Return all texts as one part."""
    n = int(said.nodes.max()) + 1
    first, second = said.nodes[said.first], said.nodes[said.second]
    low, high = np.minimum(first, second), np.maximum(first, second)

    def pairs(chosen: Booleans, weight: float = 1.0) -> Pairs:
        return _sum_up(n, low[chosen], high[chosen], said.probability[chosen] * weight)

    return _Part(
        nodes=np.arange(n),
        sizes=np.bincount(said.nodes, minlength=n),
        links=pairs(said.joining & (said.probability >= rules.least_probability)),
        against=pairs(~said.joining, rules.weight_against),
        apart=apart,
    )


def _rejoin(group_of: Places, said: _Said, apart: Pairs, rules: GroupRules) -> Places:
    """Return the group of each node once those that several sure copies link are one.

    Those that most of them link go first; none is joined that holds nodes which must be apart.
    """
    first, second = group_of[said.nodes[said.first]], group_of[said.nodes[said.second]]
    sure = said.copying & (said.probability >= rules.sure_copy) & (first != second)
    ends: dict[tuple[int, int], tuple[set[int], set[int]]] = {}
    for one, other, *texts in zip(
        *(column[sure].tolist() for column in (first, second, said.first, said.second)), strict=True
    ):
        if one > other:
            one, other, texts = other, one, texts[::-1]
        for side, text in zip(ends.setdefault((one, other), (set(), set())), texts, strict=True):
            side.add(text)
    strongest = sorted((-min(map(len, sides)), pair) for pair, sides in ends.items())
    words = Words(len(group_of))
    for low, high in zip(apart.low.tolist(), apart.high.tolist(), strict=True):
        words.take(int(group_of[low]), int(group_of[high]), same=False)
    for few, (one, other) in strongest:
        if -few >= rules.copies_that_rejoin:
            words.take(one, other, same=True)
    return words.nodes()[group_of]


def _places(texts: Places, wanted: Places) -> Places:
    """Return where each wanted text stands; −1 where it is none of the texts."""
    order = np.argsort(texts)
    found = order[np.minimum(np.searchsorted(texts, wanted, sorter=order), len(texts) - 1)]
    return np.where(texts[found] == wanted, found, -1)


def _sum_up(n: int, low: Places, high: Places, weights: Weights) -> Pairs:
    """Add what several texts of two nodes say of each other, in an order of its own."""
    order = np.lexsort((weights, high, low))
    codes, starts = np.unique((low * n + high)[order], return_index=True)
    sums = np.add.reduceat(weights[order], starts) if len(codes) else weights
    return Pairs(low=codes // n, high=codes % n, weights=sums)
