"""Group texts that share most of their wording, so that no split puts copies on both sides."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from datasketch import MinHash, MinHashLSH
from scipy import sparse

_GRAM, _PERMUTATIONS, _JACCARD = 5, 64, 0.5


def group_near_copies(texts: Sequence[str], *, seed: int) -> npt.NDArray[np.int64]:
    """Return a group number for each text; near-copies (Jaccard of 5-grams ≳ 0.5) share one."""
    index = MinHashLSH(threshold=_JACCARD, num_perm=_PERMUTATIONS)
    pairs: list[tuple[int, int]] = []
    for position, text in enumerate(texts):
        sketch = MinHash(num_perm=_PERMUTATIONS, seed=seed)
        dense = "".join(text.split())
        last = max(1, len(dense) - _GRAM + 1)
        sketch.update_batch({dense[n : n + _GRAM].encode() for n in range(last)})
        pairs += [(position, int(other)) for other in index.query(sketch)]
        index.insert(position, sketch)
    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    links = sparse.coo_matrix((np.ones(len(pairs)), (rows, columns)), shape=(len(texts),) * 2)
    _, groups = sparse.csgraph.connected_components(links, directed=False)
    return np.asarray(groups, dtype=np.int64)
