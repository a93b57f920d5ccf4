"""Where a connected graph of texts hangs together worst: the best of the cuts along its own tree.

How weakly two sides hang together is told by their *escape*: draw a text of a side, then one of
its comparisons; how likely does that say that a text of the other side is the same? It is
conductance with every text counting once, so a text that thousands are linked to outweighs nobody.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

Places = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]

_DECIMALS = 9
"""What differs less is equal: the last bits are the processor's, not the texts'."""

_WEDGES_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Nodes 0 … n−1 that links hold together; each pair is linked once, its lower node first."""

    sizes: Places
    """(n,) how many texts each node stands for."""
    held: Weights
    """(n,) all that the comparisons of each node's texts weigh, links included; above 0."""
    low: Places
    high: Places
    """(m,) the two ends of each link."""
    weights: Weights
    """(m,) above 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Two sides of a graph."""

    side: Booleans
    """(n,) which nodes are on the one side; the others are on the other, neither is empty."""
    escape: float
    """0–1, of the side that lets go less readily."""


def weakest_cut(graph: Graph, apart_low: Places, apart_high: Places) -> Cut:
    """Return the cut of least escape among those that cut one edge of the tree of best support.

    The tree takes links whose ends have much the same neighbours first (structural similarity of
    closed neighbourhoods, Xu et al., SCAN, KDD 2007, here Jaccard's), so two crowds with few links
    between them are joined by a single edge of it. Takes O(m^1.5), and next to O(m) where each
    text brought but a few links.

    Args:
        graph: connected, of two nodes or more.
        apart_low: (k,) nodes that must not stay with those beside them in ``apart_high``. Where
            there are any, only cuts that part such a pair count.
        apart_high: see there.
    """
    tree = _Tree(graph)
    sums = np.zeros((len(graph.sizes), 4))
    sums[:, 0] = graph.sizes
    from_low, from_high = (graph.weights / graph.held[end] for end in (graph.low, graph.high))
    from_low, from_high = from_low * graph.sizes[graph.low], from_high * graph.sizes[graph.high]
    meet = tree.meet(graph.low, graph.high)
    _add(sums[:, 1], (graph.low, from_low), (graph.high, from_high))
    _add(sums[:, 2], (graph.low, from_high), (graph.high, from_low))
    for column in (1, 2):
        _add(sums[:, column], (meet, -(from_low + from_high)))
    ones = np.ones(len(apart_low))
    _add(sums[:, 3], (apart_low, ones), (apart_high, ones))
    _add(sums[:, 3], (tree.meet(apart_low, apart_high), -2 * ones))
    tree.sum_below(sums)
    with np.errstate(invalid="ignore", divide="ignore"):  # of the root, which is no cut
        within = sums[:, 1] / sums[:, 0]
        beyond = sums[:, 2] / (graph.sizes.sum() - sums[:, 0])
    escape = np.round(np.maximum(within, beyond), _DECIMALS)
    escape[tree.root] = np.inf
    if len(apart_low):
        escape[sums[:, 3] < 0.5] = np.inf
    top = int(np.argmin(escape))
    return Cut(side=tree.below(top), escape=float(escape[top]))


def _add(column: Weights, *amounts: tuple[Places, Weights]) -> None:
    """Add amounts at places, of which several may be the same."""
    for places, values in amounts:
        column += np.bincount(places, weights=values, minlength=len(column))


class _Tree:
    """The spanning tree of a graph whose links have the most support; ties by the nodes' order."""

    root = 0

    def __init__(self, graph: Graph) -> None:
        n = len(graph.sizes)
        support = np.round(graph.weights * similarities(n, graph.low, graph.high), _DECIMALS)
        ranks = np.empty(len(support))
        ranks[np.lexsort((graph.high, graph.low, -support))] = np.arange(1, len(support) + 1)
        tree = minimum_spanning_tree(csr_array((ranks, (graph.low, graph.high)), shape=(n, n)))
        order, parents = breadth_first_order(tree, self.root, directed=False)
        self._order: Places = order.astype(np.int64)
        self._parents: Places = parents.astype(np.int64)
        self._parents[self.root] = self.root
        self._depths = np.zeros(n, dtype=np.int64)
        for node in self._order[1:].tolist():
            self._depths[node] = self._depths[self._parents[node]] + 1
        self._ups = [self._parents]  # the ancestors 1, 2, 4, 8 … steps up
        while 2 ** len(self._ups) <= self._depths.max(initial=0):
            self._ups.append(self._ups[-1][self._ups[-1]])

    def meet(self, first: Places, second: Places) -> Places:
        """Return the lowest common ancestor of each pair."""
        deeper = self._depths[first] >= self._depths[second]
        low, high = np.where(deeper, first, second), np.where(deeper, second, first)
        surplus = self._depths[low] - self._depths[high]
        for step, up in enumerate(self._ups):
            low = np.where(surplus >> step & 1, up[low], low)
        for up in reversed(self._ups):
            still_apart = up[low] != up[high]
            low, high = np.where(still_apart, up[low], low), np.where(still_apart, up[high], high)
        return np.where(low == high, low, self._parents[low])

    def sum_below(self, sums: Weights) -> None:
        """Add to each row all rows below its node, in place."""
        depths = self._depths[self._order]
        for level in range(int(depths[-1]), 0, -1):
            first, last = np.searchsorted(depths, [level, level + 1])
            nodes = self._order[first:last]
            np.add.at(sums, self._parents[nodes], sums[nodes])

    def below(self, top: int) -> Booleans:
        """Say of each node whether it is ``top`` or below it."""
        found = np.zeros(len(self._parents), dtype=np.bool_)
        found[top] = True
        for node in self._order.tolist():
            found[node] |= found[self._parents[node]]
        return found


def similarities(n: int, low: Places, high: Places) -> Weights:
    """Return for each link how alike the neighbourhoods of its ends are, themselves included.

    Shape (m,), above 0, 1 where both have the same neighbours. Triangles are found from their end
    of fewest links (Latapy 2008, *compact-forward*).
    """
    degrees = np.bincount(low, minlength=n) + np.bincount(high, minlength=n)
    common = _count_triangles(degrees, low, high)
    return (common + 2) / (degrees[low] + degrees[high] - common)


def _count_triangles(degrees: Places, low: Places, high: Places) -> Places:
    """Return for each link in how many triangles it is."""
    n = len(degrees)
    rank = np.empty(n, dtype=np.int64)
    rank[np.lexsort((np.arange(n), degrees))] = np.arange(n)
    tail, head = np.minimum(rank[low], rank[high]), np.maximum(rank[low], rank[high])
    order = np.lexsort((head, tail))
    tail, head = tail[order], head[order]
    later = np.searchsorted(tail, tail, side="right") - np.arange(len(tail)) - 1
    counts = np.zeros(len(tail), dtype=np.int64)
    for first, last in _blocks(later):
        one = np.repeat(np.arange(first, last), later[first:last])
        begin = np.cumsum(later[first:last]) - later[first:last]
        other = one + 1 + np.arange(len(one)) - np.repeat(begin, later[first:last])
        third = np.searchsorted(tail * n + head, head[one] * n + head[other])
        third = np.minimum(third, len(tail) - 1)
        closed = (tail[third] == head[one]) & (head[third] == head[other])
        for edge in (one, other, third):
            counts += np.bincount(edge[closed], minlength=len(tail))
    unsorted = np.empty_like(counts)
    unsorted[order] = counts
    return unsorted


def _blocks(work: Places) -> list[tuple[int, int]]:
    """Return stretches of about as much work as fits into memory."""
    if not len(work):
        return []
    numbers = (np.cumsum(work) - work) // _WEDGES_AT_ONCE
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    return list(zip(starts.tolist(), [*starts[1:].tolist(), len(work)], strict=True))
