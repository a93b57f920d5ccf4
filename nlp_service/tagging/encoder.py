"""The encoder as served: one ONNX pass a text gives its vector, and every head reads that vector.

The vector is the mean of the text's token vectors, brought to length 1; every head is linear in
it. So what a head says falls apart exactly into what each token said: reasons cost no second pass.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from nlp_service.tagging.calibration import log_softmax
from nlp_service.tagging.linear import Floats
from nlp_service.tagging.reading import Reading
from nlp_service.text.normalise import Document

_MOST_ROWS, _MOST_TOKENS = 8, 2048
"""Largest batch: beyond it a pass is no faster for each text and only takes memory."""


@dataclass(frozen=True, kw_only=True)
class EncoderHeads:
    """Linear heads over the vector of a text."""

    weights: Mapping[str, Floats]
    """Head -> (hidden, n_labels), or (hidden, n_questions) for heads of levels."""
    intercepts: Mapping[str, Floats]
    """Head -> (n_labels,); for heads of levels the ascending cuts, (n_questions, n_levels − 1)."""
    choices: Sequence[str]
    """Heads of which one label holds."""
    levels: Sequence[str]
    """Heads of ordered levels: P(level ≥ k) = σ(score − cut_k)."""

    def answers(self, head: str, vectors: Floats) -> Floats:
        """Return log-probabilities or, for heads of several labels, log-odds; a row a text.

        Levels of one question come as (n_texts, n_levels), of several questions with an axis for
        the questions between.
        """
        scores = vectors @ self.weights[head]
        if head in self.levels:
            return _log_levels(scores, self.intercepts[head])
        scores = scores + self.intercepts[head]
        return log_softmax(scores) if head in self.choices else scores

    def shares(self, head: str, place: int, token_shares: Floats) -> Floats:
        """Return what each token said for a label; of a choice, against the mean of its labels."""
        weights = self.weights[head]
        if head in self.levels:  # one line for all levels: what pushes up speaks for the higher
            return np.asarray(token_shares @ weights[:, 0])
        column = weights[:, place]
        if head in self.choices:
            column = column - weights.mean(axis=1)
        return np.asarray(token_shares @ column)


def _log_levels(scores: Floats, cuts: Floats) -> Floats:
    at_least = 1.0 / (1.0 + np.exp(cuts - scores[:, :, None]))
    ones = np.ones((*scores.shape, 1))
    bounded = np.concatenate([ones, at_least, 0.0 * ones], axis=2)
    logs: Floats = np.log(bounded[:, :, :-1] - bounded[:, :, 1:] + 1e-6)
    return logs[:, 0] if logs.shape[1] == 1 else logs


@dataclass(frozen=True, kw_only=True)
class TokenShares:
    """What each token of one text added to its vector, and where the token stands."""

    shares: Floats
    """(n_tokens, hidden); the rows sum to the text's vector."""
    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    """Offsets into ``document.text``; a special token stands nowhere (start = end)."""


class Encoder:
    """Turns texts into vectors and vectors into answers. Safe for threads."""

    def __init__(
        self, model: Path, *, reading: Reading, heads: EncoderHeads, threads: int = 0
    ) -> None:
        """Load the ONNX model.

        Args:
            model: takes ``ids`` and ``mask``, gives ``vector`` and ``hidden``.
            reading: how texts become ids.
            heads: what is asked of a vector.
            threads: processor threads for one pass; 0 means one for each core.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.enable_cpu_mem_arena = False  # lengths vary: an arena would keep the largest
        self._session = onnxruntime.InferenceSession(
            str(model), options, providers=["CPUExecutionProvider"]
        )
        self.reading, self.heads = reading, heads

    def vectors(self, documents: Sequence[Document]) -> Floats:
        """Return each text's vector, (n_texts, hidden), of length 1."""
        rows = self.reading.rows(documents)
        vectors: Floats | None = None
        for places in _batches(rows):
            found = self._run([rows[place] for place in places], "vector")
            if vectors is None:
                vectors = np.empty((len(rows), found.shape[1]))
            vectors[places] = found
        return np.empty((0, 0)) if vectors is None else vectors

    def answers(self, vectors: Floats) -> Mapping[str, Floats]:
        """Return every head's answers to the vectors."""
        return {head: self.heads.answers(head, vectors) for head in self.heads.weights}

    def token_shares(self, documents: Sequence[Document]) -> Sequence[TokenShares]:
        """Return what each token of a text added to its vector: the rows sum to ``vectors``.

        As dear as ``vectors`` and instead of it, where reasons are wanted.
        """
        located = [self.reading.located_row(document) for document in documents]
        rows = [row for row, _, _ in located]
        found: dict[int, TokenShares] = {}
        for places in _batches(rows):
            hidden = self._run([rows[place] for place in places], "hidden").astype(np.float64)
            for place, tokens in zip(places, hidden, strict=True):
                row, starts, ends = located[place]
                total = max(float(np.linalg.norm(tokens.sum(axis=0))), 1e-12)
                shares = tokens[: len(row)] / total
                found[place] = TokenShares(shares=shares, starts=starts, ends=ends)
        return [found[place] for place in range(len(rows))]

    def _run(self, rows: Sequence[Sequence[int]], output: str) -> npt.NDArray[np.float32]:
        longest = max(map(len, rows))
        ids = np.full((len(rows), longest), self.reading.pad, dtype=np.int64)
        mask = np.zeros((len(rows), longest), dtype=np.int64)
        for place, row in enumerate(rows):
            ids[place, : len(row)] = row
            mask[place, : len(row)] = 1
        found: list[Any] = self._session.run([output], {"ids": ids, "mask": mask})
        return np.asarray(found[0])


def _batches(rows: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Yield places of rows of like length, so that little is padding."""
    batch: list[int] = []
    for place in sorted(range(len(rows)), key=lambda place: len(rows[place])):
        full = len(batch) == _MOST_ROWS or (len(batch) + 1) * len(rows[place]) > _MOST_TOKENS
        if batch and full:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
