"""The encoder as served: one ONNX pass a text gives its vector, and every head reads that vector.

The vector is the mean of the text's token vectors, brought to length 1; every head is linear in
it. So what a head says falls apart exactly into what each token said: reasons cost no second pass.

A pass reads one text. The steps of its 8-bit numbers then depend on nothing but the text, so that
a single request and a batch, however it is cut, say the same; and on a processor a pass over many
is no quicker for each.
"""

import platform
from collections.abc import Mapping, Sequence
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

_SLOWER_JOINED = ["SkipLayerNormFusion", "BiasGeluFusion"]
"""What onnxruntime would join at loading, though on a processor the parts are quicker."""
_PROCESSOR = Path("/proc/cpuinfo")


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


@dataclass(frozen=True, kw_only=True)
class LowerTokens:
    """A text's own tokens behind the lower layers: neither special ones nor the prefix."""

    ids: npt.NDArray[np.int64]
    """(n_tokens,)"""
    vectors: Floats
    """(n_tokens, hidden)"""


class Encoder:
    """Turns texts into vectors and vectors into answers. Safe for threads."""

    def __init__(
        self, model: Path, *, reading: Reading, heads: EncoderHeads, threads: int = 0
    ) -> None:
        """Load the ONNX model.

        Args:
            model: takes ``ids`` of one text and ``whole``, gives ``tokens``: their vectors behind
                all layers where ``whole`` is true, else behind those that were not fine-tuned.
            reading: how texts become ids.
            heads: what is asked of a vector.
            threads: processor threads for one pass; 0 means one for each core.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Smaller and smaller pieces of work: no thread waits long for another one.
        options.add_session_config_entry("session.dynamic_block_base", "4")
        if _may_cut_off_sums():  # then onnxruntime has a slower way that does not
            options.add_session_config_entry("session.x64quantprecision", "1")
        self._session = onnxruntime.InferenceSession(
            str(model),
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=_SLOWER_JOINED,
        )
        self._hidden = int(self._session.get_outputs()[0].shape[-1])
        self.reading, self.heads = reading, heads

    def vectors(self, documents: Sequence[Document]) -> Floats:
        """Return each text's vector, (n_texts, hidden), of length 1."""
        rows = self.reading.rows(documents)
        if not rows:
            return np.empty((0, 0))
        return np.stack([of_length_one(self._tokens(row).sum(axis=0)) for row in rows])

    def answers(self, vectors: Floats) -> Mapping[str, Floats]:
        """Return every head's answers to the vectors."""
        return {head: self.heads.answers(head, vectors) for head in self.heads.weights}

    def token_shares(self, documents: Sequence[Document]) -> Sequence[TokenShares]:
        """Return what each token of a text added to its vector: the rows sum to ``vectors``.

        As dear as ``vectors`` and instead of it, where reasons are wanted.
        """
        return [self._token_shares(document) for document in documents]

    def line_means(self, lines: Sequence[str]) -> tuple[Floats, Floats]:
        """Return the mean of each line's token vectors, (n_lines, hidden), and its tokens.

        The vectors come from behind the lower layers, which were not fine-tuned, and know what
        else stands in the same window.
        """
        windows = self.reading.windows(lines)
        if not windows:
            return np.zeros((0, self._hidden)), np.zeros(0)
        means = [window.means(self._tokens(window.ids, whole=False)) for window in windows]
        return np.concatenate(means), np.concatenate([window.tokens for window in windows])

    def lower_tokens(self, document: Document) -> "LowerTokens":
        """Return what the lower layers, which were not fine-tuned, make of a text's own tokens."""
        row, starts, ends = self.reading.located_row(document)
        own = ends > starts
        return LowerTokens(ids=np.asarray(row)[own], vectors=self._tokens(row, whole=False)[own])

    def _token_shares(self, document: Document) -> TokenShares:
        row, starts, ends = self.reading.located_row(document)
        tokens = self._tokens(row)
        total = max(float(np.linalg.norm(tokens.sum(axis=0))), 1e-12)
        return TokenShares(shares=tokens / total, starts=starts, ends=ends)

    def _tokens(self, row: Sequence[int], *, whole: bool = True) -> Floats:
        """Return the vector of each token, (n_tokens, hidden)."""
        given = {"ids": np.array([row], dtype=np.int64), "whole": np.array(whole)}
        found: list[Any] = self._session.run(["tokens"], given)
        return np.asarray(found[0][0], dtype=np.float64)


def of_length_one(vector: Floats) -> Floats:
    """Return the vector at length 1; one of no length stays 0."""
    return np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12))


def _may_cut_off_sums() -> bool:
    """Tell whether sums of 8-bit products may overflow: on x86 without the VNNI instructions.

    Where the instructions cannot be told, they are taken as missing.
    """
    if platform.machine().lower() not in ("x86_64", "amd64"):
        return False
    try:
        return "vnni" not in _PROCESSOR.read_text(encoding="ascii", errors="replace")
    except OSError:
        return True
