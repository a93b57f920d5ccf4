"""Read the texts and the pairs that readers judged, and split them so that folds share no text."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.model_selection import GroupKFold

from nlp_service.domain.duplicates import Relation
from nlp_service.duplicates.pairs import RELATIONS
from training.corpora import read_rows
from training.errors import BadCorpus
from training.examples import CONFIDENCE_WEIGHTS
from training.near_copies import group_near_copies
from training.pairs.config import PairsConfig
from training.prepare import Prepared
from training.targets import Booleans, Integers

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class ReadPairs:
    """Pairs that readers judged, by the rows of their texts."""

    one: Integers  # (n_pairs,)
    other: Integers  # (n_pairs,)
    truth: Integers  # (n_pairs,) place in RELATIONS
    weights: Floats  # (n_pairs,)
    groups: Integers  # (n_pairs,) pairs that a text or a near-copy links have the same

    @property
    def rows(self) -> Integers:
        """The texts that stand in some pair, ascending."""
        return np.unique(np.concatenate([self.one, self.other]))

    @property
    def mergeable(self) -> Booleans:
        """Whether one reply would serve both texts, by the reader."""
        found: Booleans = self.truth >= RELATIONS.index(Relation.SAME)
        return found

    def folds(self, count: int, seed: int) -> Sequence[tuple[Integers, Integers]]:
        """Return (pairs fitted on, pairs held out); no text or near-copy stands on both sides."""
        splitter = GroupKFold(count, shuffle=True, random_state=seed)
        return list(splitter.split(self.one, self.truth, self.groups))


def read_pairs(config: PairsConfig, prepared: Prepared) -> ReadPairs:
    """Read the pairs; those of texts that the sources do not have are an error.

    Raises:
        BadCorpus: no file, an unknown id or relation.
    """
    if not config.pairs.is_file():
        raise BadCorpus(f"没有读者判定的成对样本 {config.pairs}，无法训练；请检查配置中的 pairs。")
    row_of = {example.id: row for row, example in enumerate(prepared.examples)}
    names = [str(relation) for relation in RELATIONS]
    one, other, truth, weights = [], [], [], []
    for line, row in read_rows(config.pairs):
        if isinstance(row, str):
            raise BadCorpus(f"{config.pairs} 第 {line} 行：{row}")
        unknown = [row.get(side) for side in ("a", "b") if row.get(side) not in row_of]
        if unknown or row.get("relation") not in names:
            raise BadCorpus(
                f"{config.pairs} 第 {line} 行：编号 {unknown} 不在语料中，"
                f"或关系 {row.get('relation')!r} 不是 {'、'.join(names)} 之一。"
            )
        one.append(row_of[row["a"]])
        other.append(row_of[row["b"]])
        truth.append(names.index(row["relation"]))
        weights.append(CONFIDENCE_WEIGHTS[row.get("confidence") or "high"])
    sides = np.array(one), np.array(other)
    return ReadPairs(
        one=sides[0],
        other=sides[1],
        truth=np.array(truth),
        weights=np.array(weights),
        groups=_linked(prepared, *sides, seed=config.seed),
    )


def _linked(prepared: Prepared, one: Integers, other: Integers, *, seed: int) -> Integers:
    """Return a group for each pair: pairs that share a text, or near-copies, have the same."""
    rows = np.unique(np.concatenate([one, other]))
    copies = group_near_copies([prepared.examples[row].document.text for row in rows], seed=seed)
    ends = copies[np.searchsorted(rows, one)], copies[np.searchsorted(rows, other)]
    size = int(copies.max()) + 1
    links = sparse.coo_matrix((np.ones(len(one)), ends), shape=(size, size))
    _, groups = sparse.csgraph.connected_components(links, directed=False)
    return np.asarray(groups[ends[0]], dtype=np.int64)
