"""One vector a text, for finding texts of the same matter by nearness.

It has three parts, each of length 1 before they are weighed and joined. The first is the mean of
the token vectors behind the encoder's lower layers, which no fine-tuning moved, rare tokens
counting for more, made even in all directions (whitened): E5's vectors crowd in a narrow cone, and
evened out they tell matters apart. The second says which tokens occur at all, projected to a few
dimensions (latent semantic analysis): names and rare words, which a mean blurs. The third is what
the whole encoder makes of the title alone; it is 0 where there is none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp_service.tagging.encoder import Encoder, of_length_one
from nlp_service.tagging.linear import Floats, dequantise
from nlp_service.text.normalise import Document

Embeddings = npt.NDArray[np.float32]
"""(n_texts, n_dimensions), each of length 1."""
RARITY_STEPS = 16.0
"""A rarity is kept in sixteenths, in one byte."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EmbeddingWeights:
    """What turns tokens and their vectors into an embedding."""

    rarity: Floats  # (n_tokens,) ln(N / n) of each token of the vocabulary
    mean: Floats  # (hidden,)
    whitening: Floats  # (hidden, n_encoder)
    terms: Floats  # (n_tokens, n_terms), rows of zeros for tokens too rare to be known
    title_mean: Floats  # (hidden,)
    title_whitening: Floats  # (hidden, n_title)
    title_share: float
    """Weight of the title's part; the others have 1."""

    @property
    def bounds(self) -> Sequence[int]:
        """Where the second and the third part begin, and where the third ends."""
        sizes = (self.whitening.shape[1], self.terms.shape[1], self.title_whitening.shape[1])
        return np.cumsum(sizes).tolist()  # type: ignore[no-any-return]

    def join(self, raw: "RawEmbedding") -> Floats:
        """Return one text's embedding, of length 1."""
        ids, counts = np.unique(np.asarray(raw.tokens, dtype=np.int64), return_counts=True)
        weights = (1.0 + np.log(counts)) * self.rarity[ids]
        title = np.zeros(self.title_whitening.shape[1])
        if raw.title is not None:
            title = (raw.title - self.title_mean) @ self.title_whitening
        parts = [
            of_length_one((raw.mean - self.mean) @ self.whitening),
            of_length_one(weights @ self.terms[ids]),
            np.sqrt(self.title_share) * of_length_one(title),
        ]
        return of_length_one(np.concatenate(parts))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawEmbedding:
    """What an encoder reads of a text, before weights that are fitted on many make one vector."""

    tokens: Sequence[int]
    """Ids of all its tokens, in any order."""
    mean: Floats
    """(hidden,) mean behind the lower layers, tokens weighed by their rarity."""
    title: Floats | None
    """(hidden,) the whole encoder's vector of the title alone; None without a title."""


class Embedder:
    """Turns texts into embeddings. Safe for threads."""

    def __init__(self, encoder: Encoder, weights: EmbeddingWeights) -> None:
        """Take the encoder that the weights were fitted on."""
        self._encoder, self.weights = encoder, weights

    @property
    def dimensions(self) -> int:
        """Dimensions of an embedding."""
        return self.weights.bounds[-1]

    def embed(self, documents: Sequence[Document]) -> Embeddings:
        """Return the embeddings, (n_texts, n_dimensions), of length 1; cosine is their product.

        A pass of the lower layers and, where there is a title, one of the whole encoder over the
        title alone. Each text by itself, so that batches change nothing.
        """
        if not documents:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        rarity = self.weights.rarity
        return np.stack(
            [self.weights.join(read_raw(self._encoder, one, rarity)) for one in documents]
        ).astype(np.float32)


def read_embedding_weights(
    fitted: Mapping[str, Any], arrays: Mapping[str, Any]
) -> EmbeddingWeights:
    """Read the weights of the embedding from a part of the manifest and its arrays."""

    def weights(name: str) -> Floats:
        return dequantise(arrays[f"{name}_codes"], arrays[f"{name}_steps"])

    rarity = arrays["token_rarity"].astype(np.float64) / RARITY_STEPS
    terms = np.zeros((len(rarity), arrays["terms_codes"].shape[1]))
    terms[arrays["known_tokens"]] = weights("terms")
    return EmbeddingWeights(
        rarity=rarity,
        mean=arrays["mean"],
        whitening=weights("whitening"),
        terms=terms,
        title_mean=arrays["title_mean"],
        title_whitening=weights("title_whitening"),
        title_share=fitted["title_share"],
    )


def read_raw(encoder: Encoder, document: Document, rarity: Floats) -> RawEmbedding:
    """Read a text for its embedding.

    Args:
        encoder: with lower layers.
        document: to be read.
        rarity: (n_tokens,) of each token of the vocabulary.
    """
    lower = encoder.lower_tokens(document)
    weights = rarity[lower.ids] + 1e-6
    title = Document(title=document.title, body="")
    return RawEmbedding(
        tokens=encoder.reading.tokens(document),
        mean=weights @ lower.vectors / max(float(weights.sum()), 1e-12),
        title=encoder.vectors([title])[0] if document.title else None,
    )
