"""Fit the weights of the embedding, on texts that no pair holds."""

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize
from tqdm import tqdm

from nlp_service.tagging.embedding import (
    RARITY_STEPS,
    EmbeddingWeights,
    RawEmbedding,
    read_raw,
)
from nlp_service.tagging.encoder import Encoder
from nlp_service.text.normalise import Document
from training.pairs.config import EmbeddingOptions
from training.quantise import quantise

Floats = npt.NDArray[np.float64]


def in_steps(rarity: Floats) -> npt.NDArray[np.uint8]:
    """Return rarities as bytes; divided by sixteen they are what the bundle holds."""
    return np.minimum(np.round(rarity * RARITY_STEPS), 255).astype(np.uint8)


def rounded(rarity: Floats) -> Floats:
    """Return rarities as they are once written and read."""
    return np.asarray(in_steps(rarity) / RARITY_STEPS)


def count_token_rarity(encoder: Encoder, documents: Sequence[Document]) -> Floats:
    """Return the rarity of each token of the vocabulary among texts."""
    having = np.zeros(encoder.reading.tokenizer.get_vocab_size())
    for document in documents:
        having[np.unique(np.array(encoder.reading.tokens(document), dtype=np.int64))] += 1
    return rounded(np.log((len(documents) + 1) / (having + 1)))


def read_all(
    encoder: Encoder, documents: Sequence[Document], rarity: Floats, *, model: str, kept: Path
) -> Sequence[RawEmbedding]:
    """Read texts, and keep what was read in a folder under the hash of all that it depends on.

    Args:
        encoder: to read with.
        documents: to be read.
        rarity: of each token.
        model: hash of the encoder's file.
        kept: the folder.
    """
    digest = hashlib.sha256(model.encode() + rarity.tobytes())
    for document in documents:
        digest.update(f"{len(document.title)} {document.text}\0".encode())
    path = kept / f"raw-{digest.hexdigest()[:16]}.npz"
    if not path.is_file():
        quiet = len(documents) < 100
        with ThreadPoolExecutor(os.cpu_count()) as threads:  # passes of one thread each
            every = threads.map(lambda one: read_raw(encoder, one, rarity), documents)
            raw = list(
                tqdm(every, desc="embeddings", unit="text", total=len(documents), disable=quiet)
            )
        hidden = len(raw[0].mean) if raw else 0
        none = np.full(hidden, np.nan)
        kept.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft.npz")
        np.savez(
            draft,
            means=np.array([one.mean for one in raw]),
            titles=np.array([none if one.title is None else one.title for one in raw]),
        )
        draft.replace(path)
    with np.load(path) as found:
        means, titles = found["means"], found["titles"]
    return [
        RawEmbedding(
            tokens=encoder.reading.tokens(document),
            mean=mean,
            title=None if np.isnan(title).any() else title,
        )
        for document, mean, title in zip(documents, means, titles, strict=True)
    ]


def fit_embedding(
    raw: Sequence[RawEmbedding], rarity: Floats, options: EmbeddingOptions, *, seed: int
) -> EmbeddingWeights:
    """Fit all parts on texts; nothing but the texts themselves is learnt from.

    The weights are those that the bundle will hold: in 8 bits, one step a column.
    """
    means = np.stack([one.mean for one in raw])
    titles = np.stack([one.title for one in raw if one.title is not None] or [means[0], means[0]])
    return EmbeddingWeights(
        rarity=rarity,
        mean=means.mean(axis=0),
        whitening=_in_8_bits(_whiten(means, options.from_text, options.evenness)),
        terms=_in_8_bits(_project_terms(raw, rarity, options, seed)),
        title_mean=titles.mean(axis=0),
        title_whitening=_in_8_bits(_whiten(titles, options.from_title, options.evenness)),
        title_share=options.title_share,
    )


def _in_8_bits(weights: Floats) -> Floats:
    codes, steps = quantise(weights)
    return np.asarray(codes.astype(np.float64) * steps)


def _whiten(vectors: Floats, dimensions: int, evenness: float) -> Floats:
    """Return the main directions, each divided by its deviation, (width, dimensions)."""
    centred = vectors - vectors.mean(axis=0)
    variances, directions = np.linalg.eigh(centred.T @ centred / len(centred))
    largest = np.argsort(-variances, kind="stable")[:dimensions]
    kept = variances[largest].clip(0)
    scale = np.sqrt(kept + evenness * max(float(kept[0]), 1e-12))
    return np.asarray(directions[:, largest] / scale)


def _project_terms(
    raw: Sequence[RawEmbedding], rarity: Floats, options: EmbeddingOptions, seed: int
) -> Floats:
    """Return the latent semantic analysis of tokens, (n_tokens, dimensions)."""
    rows, columns, values = [], [], []
    for place, one in enumerate(raw):
        ids, counts = np.unique(np.array(one.tokens, dtype=np.int64), return_counts=True)
        rows += [place] * len(ids)
        columns += ids.tolist()
        values += ((1.0 + np.log(counts)) * rarity[ids]).tolist()
    table = sparse.csr_matrix((values, (rows, columns)), shape=(len(raw), len(rarity)))
    known = np.asarray((table > 0).sum(axis=0)).ravel() >= options.least_texts
    most = min(options.from_terms, int(known.sum()) - 1, len(raw) - 1)
    analysis = TruncatedSVD(most, random_state=seed)
    analysis.fit(normalize(table[:, known]))
    found = np.zeros((len(rarity), options.from_terms))
    # The square root evens out the directions by half.
    scale = np.sqrt(np.maximum(analysis.singular_values_, 1e-12))[:, None]
    found[known, :most] = (analysis.components_ / scale).T
    return found
