"""Fit the vocabulary and one linear support vector machine for each label.

Topic and subtopic learn from readers' labels first; then, for some rounds, also from the rows
known only by an old category, each counted once for every label that the category allows, with
the last model's posterior as weight (expectation–maximisation over partial labels).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import chi2
from sklearn.svm import LinearSVC
from tqdm import tqdm

from nlp_service.tagging.calibration import softmax
from nlp_service.tagging.features import features
from nlp_service.tagging.linear import Floats
from nlp_service.text.normalise import Document
from nlp_service.text.segment import Segmenter
from training.config import Linear
from training.targets import Booleans, Integers, Targets

_SELECTING_HEADS = ("topic", "subtopic", "lead_unit", "request", "urgency", "sectors", "gates")
_LEAST_POSTERIOR = 0.1
_NEVER = -1.5  # margin of a label that has no example: below that of an ordinary 'no'


@dataclass(frozen=True, kw_only=True)
class FittedLinear:
    """A fitted model as scikit-learn knows it."""

    vectoriser: TfidfVectorizer
    weights: Floats  # (n_features, n_outputs)
    intercepts: Floats  # (n_outputs,)

    def margins(self, rows: sparse.csr_matrix) -> Floats:
        """Return the decision values of already vectorised rows."""
        return np.asarray(rows @ self.weights + self.intercepts)


def word_counts(documents: Sequence[Document], segmenter: Segmenter) -> Sequence[list[str]]:
    """Return the features of every document, once, for all fits that follow."""
    return [features(document, segmenter) for document in documents]


def fit_linear(
    feature_lists: Sequence[list[str]],
    targets: Targets,
    rows: Integers,
    options: Linear,
    *,
    seed: int,
    label: str,
) -> FittedLinear:
    """Fit on the given rows of the examples; ``label`` names the run in the progress bar."""
    vectoriser = fit_vectoriser(feature_lists, targets, rows, options)
    matrix = vectoriser.transform([feature_lists[row] for row in rows])
    jobs: list[_Problem] = []
    for head in targets.heads:
        known = np.isin(rows, targets.rows_of(head))
        rows_used = np.flatnonzero(known)
        truth = targets.truth(head)[rows[rows_used]]
        problem = _Problem(rows_used, truth, targets.weights[rows[rows_used]])
        if head in targets.candidates:
            odds = _log_odds(targets, head, rows)
            problem = _with_partial(matrix, problem, odds, ~known, options, seed)
        jobs.append(problem)
    fitted = [
        _fit_head(matrix, job, options.c, seed) for job in tqdm(jobs, desc=label, unit="head")
    ]
    return FittedLinear(
        vectoriser=vectoriser,
        weights=np.concatenate([weights for weights, _ in fitted], axis=1),
        intercepts=np.concatenate([intercepts for _, intercepts in fitted]),
    )


def fit_vectoriser(
    feature_lists: Sequence[list[str]], targets: Targets, rows: Integers, options: Linear
) -> TfidfVectorizer:
    """Fit TF-IDF over the features that tell the labels of any selecting head apart."""
    questions = []
    for head in _SELECTING_HEADS:
        known = np.flatnonzero(np.isin(rows, targets.rows_of(head)))
        questions.append((known, targets.truth(head)[rows[known]]))
    return select_features([feature_lists[row] for row in rows], questions, options)


def select_features(
    texts: Sequence[list[str]],
    questions: Sequence[tuple[Integers | slice, Booleans]],
    options: Linear,
) -> TfidfVectorizer:
    """Fit TF-IDF over the ``n_features`` that rank best by χ² in any of the questions.

    A question is (rows of the texts, truth of those rows as (n_rows, n_labels)).
    """
    everything = TfidfVectorizer(
        analyzer=list, lowercase=False, sublinear_tf=True, min_df=options.min_df
    )
    matrix = everything.fit_transform(texts)
    best_rank = np.full(matrix.shape[1], np.iinfo(np.int64).max)
    for rows, truth in questions:
        varied = truth[:, truth.any(axis=0) & ~truth.all(axis=0)]
        if not varied.shape[1]:
            continue
        score = np.nansum([chi2(matrix[rows], column)[0] for column in varied.T], axis=0)
        rank = np.empty(len(score), dtype=np.int64)
        rank[np.argsort(-score, kind="stable")] = np.arange(len(score))
        best_rank = np.minimum(best_rank, rank)
    chosen = np.sort(np.argsort(best_rank, kind="stable")[: options.n_features])
    names = everything.get_feature_names_out()[chosen]
    selected = TfidfVectorizer(
        analyzer=list, lowercase=False, sublinear_tf=True, vocabulary=list(names)
    )
    return selected.fit(texts)


class _Problem:
    """Rows, truths and weights of one head."""

    def __init__(self, rows: Integers, truth: Booleans, weights: Floats) -> None:
        self.rows, self.truth, self.weights = rows, truth, weights


def _log_odds(targets: Targets, head: str, rows: Integers) -> Floats:
    """Return how much likelier each row's old category makes each label, as a logarithm.

    Shape (n_rows, n_labels), −inf outside the category's set. By Bayes, adding it to a model's
    log-probability gives the posterior given text and category. Shares are counted on the rows
    that a reader labelled, half a case added to every label of the set.
    """
    candidates, truth = targets.candidates[head][rows], targets.truth(head)[rows]
    categories, read = targets.category[rows], targets.read[rows]
    overall = truth[read].sum(axis=0) + 0.5
    odds = np.full(candidates.shape, -np.inf)
    for category in np.unique(categories[categories >= 0]):
        members = categories == category
        allowed = candidates[members][0]
        within = truth[members & read].sum(axis=0) + 0.5
        log_ratio = np.log(within / within[allowed].sum()) - np.log(overall / overall.sum())
        odds[members] = np.where(allowed, log_ratio, -np.inf)
    return odds


def _with_partial(
    matrix: sparse.csr_matrix,
    exact: _Problem,
    log_odds: Floats,
    unread: Booleans,
    options: Linear,
    seed: int,
) -> _Problem:
    """Add the rows with old categories, weighted by posteriors that are refined in rounds."""
    partial = np.flatnonzero(np.isfinite(log_odds).any(axis=1) & unread)
    problem = exact
    if not len(partial):
        return exact
    for _ in range(options.partial_rounds):
        weights, intercepts = _fit_head(matrix, problem, options.c, seed)
        margins = matrix[partial] @ weights + intercepts
        posterior = softmax(margins * options.partial_scale + log_odds[partial])
        posterior[posterior < _LEAST_POSTERIOR] = 0
        posterior /= np.maximum(posterior.sum(axis=1, keepdims=True), 1e-12)
        row, column = np.nonzero(posterior)
        problem = _Problem(
            np.concatenate([exact.rows, partial[row]]),
            np.concatenate([exact.truth, column[:, None] == np.arange(log_odds.shape[1])]),
            np.concatenate([exact.weights, options.partial_weight * posterior[row, column]]),
        )
    return problem


def _fit_head(
    matrix: sparse.csr_matrix, problem: _Problem, c: float, seed: int
) -> tuple[Floats, Floats]:
    """Fit every label of a head; liblinear lets go of Python's lock, so threads do."""
    rows = matrix[problem.rows]
    fitted = Parallel(n_jobs=-1, prefer="threads")(
        delayed(_fit_label)(rows, truth, problem.weights, c, seed) for truth in problem.truth.T
    )
    weights = np.stack([weights for weights, _ in fitted], axis=1)
    return weights, np.array([intercept for _, intercept in fitted])


def _fit_label(
    matrix: sparse.csr_matrix, truth: Booleans, weights: Floats, c: float, seed: int
) -> tuple[Floats, float]:
    """Fit one label against the rest; a label without examples, or with nothing else, is flat."""
    if not truth.any() or truth.all():
        return np.zeros(matrix.shape[1]), -_NEVER if truth.size and truth.all() else _NEVER
    machine = LinearSVC(C=c, random_state=seed)
    machine.fit(matrix, truth, sample_weight=weights)
    return machine.coef_[0], float(machine.intercept_[0])


def split_by_head(margins: Floats, heads: Mapping[str, Sequence[str]]) -> Mapping[str, Floats]:
    """Return each head's columns of the margins, which stand side by side."""
    parts, start = {}, 0
    for head, codes in heads.items():
        parts[head] = margins[:, start : start + len(codes)]
        start += len(codes)
    return parts
