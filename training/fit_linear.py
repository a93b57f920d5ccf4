"""Fit the vocabulary and one linear support vector machine for each label.

Topic and subtopic learn from readers' labels first; then, for some rounds, also from the rows
known only by an old category, each counted once for every label that the category allows, with
the last model's posterior as weight (expectation–maximisation over partial labels).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import chi2
from sklearn.svm import LinearSVC
from tqdm import tqdm

from nlp_service.tagging.calibration import softmax
from nlp_service.tagging.linear import Floats
from training.config import Linear
from training.prepare import Prepared
from training.targets import Booleans, Integers, Targets

_SELECTING_HEADS = ("topic", "subtopic", "lead_unit", "request", "urgency", "sectors", "gates")
_LEAST_POSTERIOR = 0.1
_MOST_DIGITS = 5  # of a feature: years and hotlines stay
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


def fit_linear(prepared: Prepared, rows: Integers, *, label: str) -> FittedLinear:
    """Fit on the given rows and all definitions; ``label`` names the run in the progress bar."""
    targets, options, seed = prepared.targets, prepared.config.linear, prepared.config.seed
    texts = [prepared.feature_lists[row] for row in rows] + [*prepared.definitions.feature_lists]
    problems = {head: _problem(prepared, head, rows) for head in targets.heads}
    vectoriser = select_features(
        texts, [(problems[head].rows, problems[head].truth) for head in _SELECTING_HEADS], options
    )
    matrix = vectoriser.transform(texts)
    for head in targets.candidates:
        odds = _log_odds(targets, head, rows)
        problems[head] = _with_partial(matrix, problems[head], odds, options, seed)
    fitted = [
        _fit_head(matrix, problem, options.c, seed)
        for problem in tqdm(problems.values(), desc=label, unit="head")
    ]
    return FittedLinear(
        vectoriser=vectoriser,
        weights=np.concatenate([weights for weights, _ in fitted], axis=1),
        intercepts=np.concatenate([intercepts for _, intercepts in fitted]),
    )


def select_features(
    texts: Sequence[list[str]],
    questions: Sequence[tuple[Integers, Booleans]],
    options: Linear,
) -> TfidfVectorizer:
    """Fit TF-IDF over the ``n_features`` that rank best by χ² in any of the questions.

    Words of many digits are left out: telephone numbers and the like tell of persons, not matters.

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
    names = everything.get_feature_names_out()
    numbers = [sum(map(str.isdigit, name)) > _MOST_DIGITS for name in names]
    best_rank[numbers] = np.iinfo(np.int64).max
    allowed = min(options.n_features, len(names) - sum(numbers))
    chosen = np.sort(np.argsort(best_rank, kind="stable")[:allowed])
    names = names[chosen]
    selected = TfidfVectorizer(
        analyzer=list, lowercase=False, sublinear_tf=True, vocabulary=list(names)
    )
    return selected.fit(texts)


@dataclass(frozen=True, kw_only=True)
class _Problem:
    """What one head learns from."""

    rows: Integers
    """Places in the matrix of texts; a text with an old category may occur several times."""
    truth: Booleans  # (n_rows, n_labels)
    weights: Floats


def _problem(prepared: Prepared, head: str, rows: Integers) -> _Problem:
    """Gather the texts whose truth is known: examples first, then definitions."""
    targets = prepared.targets
    known = np.flatnonzero(np.isin(rows, targets.rows_of(head)))
    told, defined = prepared.definitions.truths.get(
        head, ([], np.zeros((0, len(targets.heads[head])), dtype=bool))
    )
    return _Problem(
        rows=np.concatenate([known, len(rows) + np.array(told, dtype=np.int64)]),
        truth=np.concatenate([targets.truth(head)[rows[known]], defined]),
        weights=np.concatenate([targets.weights[rows[known]], np.ones(len(told))]),
    )


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
    options: Linear,
    seed: int,
) -> _Problem:
    """Add the rows with old categories, weighted by posteriors that are refined in rounds."""
    partial = np.setdiff1d(np.flatnonzero(np.isfinite(log_odds).any(axis=1)), exact.rows)
    if not len(partial):
        return exact
    problem = exact
    for _ in range(options.partial_rounds):
        weights, intercepts = _fit_head(matrix, problem, options.c, seed)
        margins = matrix[partial] @ weights + intercepts
        posterior = softmax(margins * options.partial_scale + log_odds[partial])
        posterior[posterior < _LEAST_POSTERIOR] = 0
        posterior /= np.maximum(posterior.sum(axis=1, keepdims=True), 1e-12)
        row, column = np.nonzero(posterior)
        possible = column[:, None] == np.arange(log_odds.shape[1])
        shares = options.partial_weight * posterior[row, column]
        problem = _Problem(
            rows=np.concatenate([exact.rows, partial[row]]),
            truth=np.concatenate([exact.truth, possible]),
            weights=np.concatenate([exact.weights, shares]),
        )
    return problem


def _fit_head(
    matrix: sparse.csr_matrix, problem: _Problem, c: float, seed: int
) -> tuple[Floats, Floats]:
    """Fit every label of a head, one after the other.

    liblinear's random numbers are global to the process: threads would draw from one another's,
    and two runs would differ.
    """
    rows = matrix[problem.rows]
    fitted = [_fit_label(rows, truth, problem.weights, c, seed) for truth in problem.truth.T]
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
