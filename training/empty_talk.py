"""Fit what tells empty sentences: our own writing of such against what shows something.

What shows something are sentences of proposals in which the rules find something concrete, and what
citizens tell of their troubles in plain words (the lift stands still, the water stinks): no rule
finds anything in those, and officials' prose has none of them. The rest, where nobody knows, is not
learnt from.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from nlp_service.quality.empty_talk import EmptyTalk
from nlp_service.quality.evidence import EvidenceLexicon, find_evidence
from nlp_service.quality.role_wording import RoleWording
from nlp_service.quality.roles import read_sentences
from nlp_service.quality.substance import is_solid
from nlp_service.text.normalise import Document, normalise
from nlp_service.text.sentences import split_sentences

_LEAST_SENTENCES = 3  # that a pair must occur in
_MOST_SHOWING = 6_000
_MOST_TOLD = 3_000
_SHORTEST = 8
_C = 1.0
_SEED = 20_261_123


def fit_empty_talk(
    empty: Path,
    proposals: Sequence[Document],
    messages: Sequence[Document],
    lexicon: EvidenceLexicon,
    wording: RoleWording,
) -> EmptyTalk:
    """Fit on the empty sentences of a file, one a line, and on those that show or tell something.

    Args:
        empty: the file.
        proposals: whose concrete sentences show something.
        messages: whose sentences that ask for nothing tell something.
        lexicon: finds what is concrete, and what lacks substance.
        wording: finds what asks.
    """
    lines = [normalise(line) for line in empty.read_text(encoding="utf-8").splitlines()]
    showing = [line for document in proposals for line in _concrete(document, lexicon)]
    telling = [line for document in messages for line in _told(document, lexicon, wording)]
    draw = np.random.default_rng(_SEED)
    saying = [*_some(showing, _MOST_SHOWING, draw), *_some(telling, _MOST_TOLD, draw)]
    sentences = [*filter(None, lines), *saying]
    truth = np.arange(len(sentences)) < len(sentences) - len(saying)
    pairs, rows = _rows(sentences, wording)
    machine = LogisticRegression(C=_C, max_iter=1000, class_weight="balanced").fit(rows, truth)
    return EmptyTalk(
        pairs=pairs,
        weights=machine.coef_[0].astype(np.float32),
        intercept=machine.intercept_.astype(np.float32),
    )


def _some(lines: Sequence[str], most: int, draw: np.random.Generator) -> Sequence[str]:
    return [lines[place] for place in sorted(draw.permutation(len(lines))[:most])]


def _of_figures(pairs: np.ndarray) -> np.ndarray:
    """Say which pairs are of figures: empty talk stays empty with figures sprinkled in."""
    marks = np.array([ord(mark) for mark in "0.%"])
    return np.asarray(np.isin(pairs >> 16, marks) | np.isin(pairs & 0xFFFF, marks))


def _concrete(document: Document, lexicon: EvidenceLexicon) -> Sequence[str]:
    evidence = find_evidence(document, lexicon)
    solid = {each.sentence for each in evidence if is_solid(each)}
    body_start = len(document.text) - len(document.body)
    return [
        sentence.quote
        for number, sentence in enumerate(split_sentences(document.text))
        if number in solid and sentence.start >= body_start and len(sentence.quote) >= _SHORTEST
    ]


def _told(document: Document, lexicon: EvidenceLexicon, wording: RoleWording) -> Sequence[str]:
    evidence = find_evidence(document, lexicon)
    lacking = {each.sentence for each in evidence if each.type.lacks_substance}
    body_start = len(document.text) - len(document.body)
    return [
        sentence.quote
        for number, sentence in enumerate(split_sentences(document.text))
        if number not in lacking
        and sentence.start >= body_start
        and len(sentence.quote) >= _SHORTEST
        and not wording.asks.search(sentence.quote)
        and not wording.other.search(sentence.quote)
    ]


def _rows(sentences: Sequence[str], wording: RoleWording) -> tuple[np.ndarray, sparse.csr_matrix]:
    """Return the pairs that are kept, sorted, and a row of length 1 for each sentence."""
    text = "\n".join(sentences)
    spans = split_sentences(text)
    read = read_sentences([span.quote for span in spans], spans, [], wording)
    starts = np.cumsum([0, *(len(sentence) + 1 for sentence in sentences)])
    line = np.searchsorted(starts, [span.start for span in spans], side="right") - 1
    places = np.unique(np.stack([line[read.rows], read.keys.astype(np.int64)]), axis=1)
    pairs, counts = np.unique(places[1], return_counts=True)
    pairs = pairs[(counts >= _LEAST_SENTENCES) & ~_of_figures(pairs)]
    all_rows = line[read.rows]
    found = np.minimum(np.searchsorted(pairs, read.keys), len(pairs) - 1)
    known = pairs[found] == read.keys
    shape = (len(sentences), len(pairs))
    counted = sparse.csr_matrix(
        (np.ones(known.sum()), (all_rows[known], found[known])), shape=shape
    )
    totals = np.sqrt(np.maximum(np.asarray(counted.sum(axis=1)).ravel(), 1.0))
    return pairs.astype(np.uint32), sparse.csr_matrix(sparse.diags(1.0 / totals) @ counted)
