"""What others would say of the same pairs: one number each, the higher the likelier the same."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from datasketch import MinHash
from sklearn.feature_extraction.text import TfidfVectorizer
from tqdm import tqdm

from nlp_service.text.normalise import Document
from training.pairs.texts import ReadPairs
from training.peers import cut_with_jieba
from training.prepare import Prepared, Say

Floats = npt.NDArray[np.float64]
WORDS, LETTERS, ENCODER, MINHASH = (
    "TF-IDF cosine, words",
    "TF-IDF cosine, characters 2–3",
    "base encoder's cosine",
    "MinHash",
)
_GRAM, _PERMUTATIONS, _MOST_TOKENS = 5, 128, 512
_NO_LETTER = re.compile(r"\W+")


def peer_scores(
    prepared: Prepared, pairs: ReadPairs, base: str | None, say: Say, *, kept: Path
) -> Mapping[str, Floats]:
    """Return each peer's score of every pair; the base encoder's where one is named."""
    documents = [example.document for example in prepared.examples]
    say("与 TF-IDF、基础编码器、MinHash 比较。")
    words = cut_with_jieba([document.text for document in documents])
    letters = [_NO_LETTER.sub("", document.text) for document in documents]
    by_words = TfidfVectorizer(analyzer=_itself, sublinear_tf=True)
    by_letters = TfidfVectorizer(analyzer="char", ngram_range=(2, 3), sublinear_tf=True)
    found = {
        WORDS: _tf_idf(by_words, words, pairs),
        LETTERS: _tf_idf(by_letters, letters, pairs),
        MINHASH: _minhash(letters, pairs),
    }
    if base:
        found[ENCODER] = _base_cosines(documents, pairs, base, kept=kept)
    return found


def _itself(words: Sequence[str]) -> Sequence[str]:
    return words


def _tf_idf(vectoriser: TfidfVectorizer, texts: Sequence[object], pairs: ReadPairs) -> Floats:
    rows = vectoriser.fit_transform(texts)
    products = rows[pairs.one].multiply(rows[pairs.other]).sum(axis=1)
    return np.asarray(products, dtype=np.float64).ravel()


def _minhash(letters: Sequence[str], pairs: ReadPairs) -> Floats:
    sketches = {}
    for row in pairs.rows.tolist():
        text, sketch = letters[row], MinHash(num_perm=_PERMUTATIONS, seed=1)
        grams = {text[n : n + _GRAM] for n in range(max(1, len(text) - _GRAM + 1))}
        sketch.update_batch([gram.encode() for gram in sorted(grams)])
        sketches[row] = sketch
    both = zip(pairs.one.tolist(), pairs.other.tolist(), strict=True)
    return np.array([sketches[a].jaccard(sketches[b]) for a, b in both])


def _base_cosines(
    documents: Sequence[Document], pairs: ReadPairs, base: str, *, kept: Path
) -> Floats:
    """Return cosines of the base encoder's mean vectors, less the mean of all texts of the pairs.

    Less the mean, because E5's vectors lie in a narrow cone; that makes the peer stronger.
    """
    texts = [f"query: {documents[row].text}" for row in pairs.rows]
    name = hashlib.sha256("\0".join([base, str(_MOST_TOKENS), *texts]).encode()).hexdigest()[:16]
    path = kept / f"base-{name}.npy"
    if not path.is_file():
        kept.mkdir(parents=True, exist_ok=True)
        np.save(path, _read_with_base(texts, base))
    vectors = np.load(path)
    centred = vectors - vectors.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    here, there = (np.searchsorted(pairs.rows, side) for side in (pairs.one, pairs.other))
    return np.asarray((centred[here] * centred[there]).sum(axis=1))


def _read_with_base(texts: Sequence[str], name: str) -> Floats:
    import torch  # only this peer needs it

    from training.encoder.pretrained import load_base

    base = load_base(name)
    model, found = base.model.eval(), []
    for text in tqdm(texts, desc="base encoder", unit="text"):
        ids = base.tokenizer.encode(text).ids
        ids = [*ids[: _MOST_TOKENS - 1], ids[-1]] if len(ids) > _MOST_TOKENS else ids
        row = torch.tensor([ids])
        with torch.inference_mode():
            tokens = model(input_ids=row, attention_mask=torch.ones_like(row)).last_hidden_state
        found.append(tokens[0].mean(dim=0).double().numpy())
    return np.stack(found)
