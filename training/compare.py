"""Ours beside the peers, on the same rows and folds: every tag, and the office's old categories.

Every model gives scores of the labels; what is measured of them is the same for all.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nlp_service.tagging.linear import Floats
from training.cross_validate import CrossValidated
from training.metrics import Figure, ranked_figures, ranked_gains, shown_figures, shown_gains
from training.office import category_logs
from training.peers import cut_with_jieba, decide_held_out, peer_models
from training.prepare import Prepared, Say
from training.results import Comparison
from training.targets import SEVERAL, Booleans, Integers
from training.thresholds import with_best_f1

TASKS = ("topic", "subtopic", "lead_unit", "sectors", "request", "urgency")
LINEAR, ALONE, JOINT, AUTO, CATEGORY = (
    "ours: linear",
    "ours: encoder alone",
    "ours: linear + encoder",
    "ours: auto",
    "ours: joined",
)


def compare_with_peers(
    prepared: Prepared, validated: CrossValidated, say: Say
) -> Sequence[Comparison]:
    """Measure ours and the peers on the same rows and folds: old categories, then readers.

    With an encoder the rows are those that it answered.
    """
    say("与基准模型比较：jieba + TF-IDF + LinearSVC。")
    words = cut_with_jieba([example.document.text for example in prepared.examples])
    sources = [one.name for one in prepared.config.source if len(prepared.rows_from(one.name))]
    compared: list[Comparison] = []
    for source in sources:
        if source in prepared.corpus.schemes:
            compared += _compare_categories(prepared, validated, source, words)
    for head in TASKS:
        compared += _compare_with_readers(prepared, validated, head, sources, words)
    return compared


def _among(prepared: Prepared, validated: CrossValidated) -> Integers:
    """Return the rows that are measured."""
    return validated.joint.rows if validated.joint else np.arange(len(prepared.examples))


def _compare_categories(
    prepared: Prepared, validated: CrossValidated, source: str, words: Sequence[list[str]]
) -> Sequence[Comparison]:
    """Compare on old categories: by heads of their own, through the map, joined, and the peers."""
    members = prepared.rows_from(source)
    codes, truth = np.unique(prepared.targets.category[members], return_inverse=True)
    folds = [
        (np.flatnonzero(np.isin(members, fitted_on)), np.flatnonzero(np.isin(members, held_out)))
        for fitted_on, held_out in validated.out_of_fold.folds
    ]
    kept = np.flatnonzero(np.isin(members, _among(prepared, validated)))
    subtopics = (validated.joint or validated).scores.subtopic[members]
    encoder = _encoder_logs(validated, members, codes)
    logs = category_logs(prepared, members, folds, subtopics, encoder)
    found = {f"ours: {name}": values for name, values in logs.items()}
    one_hot = truth[:, None] == np.arange(len(codes))
    for name, make in peer_models().items():
        found[name] = decide_held_out(make, [words[row] for row in members], one_hot, folds)
    return _rows(
        f"{source}: type",
        {name: values[kept] for name, values in found.items()},
        truth[kept],
        ours=CATEGORY,
        figures=ranked_figures,
        gains=ranked_gains,
        seed=prepared.config.seed,
    )


def _encoder_logs(
    validated: CrossValidated, members: Integers, categories: Integers
) -> Floats | None:
    """Return the encoder's held-out answers for the categories of one source."""
    if validated.joint is None:
        return None
    from training.encoder.lessons import OFFICE

    return validated.joint.answers[OFFICE][np.ix_(members, categories)]


def _compare_with_readers(
    prepared: Prepared,
    validated: CrossValidated,
    head: str,
    sources: Sequence[str],
    words: Sequence[list[str]],
) -> Sequence[Comparison]:
    """Compare on one tag; the peers, too, learn from the readers' rows of all sources."""
    targets = prepared.targets
    read = targets.rows_of(head)
    answered = _among(prepared, validated)
    measured = np.intersect1d(read, answered[targets.measured[answered]])
    found = _our_scores(validated, head)
    folds = [
        (np.intersect1d(fitted_on, read), part)
        for fitted_on, held_out in validated.out_of_fold.folds
        if len(part := np.intersect1d(held_out, measured))
    ]
    for name, make in peer_models().items():
        found[name] = decide_held_out(make, words, targets.truth(head), folds)
    compared: list[Comparison] = []
    for source in sources:
        rows = np.intersect1d(prepared.rows_from(source), measured)
        if len(rows):
            truth = targets.several[head] if head in SEVERAL else targets.choice[head]
            compared += _measure(
                f"{source}: {head}",
                {name: scores[rows] for name, scores in found.items()},
                truth[rows],
                ours=JOINT if validated.joint else LINEAR,
                seed=prepared.config.seed,
            )
    return compared


def _our_scores(validated: CrossValidated, head: str) -> dict[str, Floats]:
    found = {LINEAR: getattr(validated.scores, head)}
    if joint := validated.joint:
        found[ALONE] = getattr(joint.alone, head)
        found[JOINT] = getattr(joint.scores, head)
        found[AUTO] = found[LINEAR].copy()
        found[AUTO][joint.read_in_auto] = found[JOINT][joint.read_in_auto]
    return found


def _measure(
    task: str,
    found: Mapping[str, Floats],
    truth: Integers | Booleans,
    *,
    ours: str,
    seed: int,
) -> Sequence[Comparison]:
    """Measure one label a text, or several: these are shown from each model's best threshold."""
    if truth.ndim == 1:
        return _rows(
            task, found, truth, ours=ours, figures=ranked_figures, gains=ranked_gains, seed=seed
        )
    shown = {name: with_best_f1(scores, truth.astype(bool)) for name, scores in found.items()}
    return _rows(task, shown, truth, ours=ours, figures=shown_figures, gains=shown_gains, seed=seed)


def _rows(
    task: str,
    found: Mapping[str, Any],
    truth: Any,
    *,
    ours: str,
    figures: Callable[..., Mapping[str, Figure]],
    gains: Callable[..., Mapping[str, Figure]],
    seed: int,
) -> Sequence[Comparison]:
    """Return one line a model, and one for what ours gains over each."""
    lines = [(name, figures(values, truth, seed=seed)) for name, values in found.items()]
    lines += [
        (f"gain of {ours} over {name}", gains(found[ours], values, truth, seed=seed))
        for name, values in found.items()
        if name != ours
    ]
    return [
        Comparison(task=task, count=len(truth), model=name, figures=measured)
        for name, measured in lines
    ]
