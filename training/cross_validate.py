"""Held-out figures of every head against the readers, and of ours beside the peers.

Folds keep near-copies together. Every probability of a row comes from a model, a calibration and
a threshold that never saw it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlp_service.tagging.calibration import TagScores
from nlp_service.tagging.linear import Floats
from nlp_service.tagging.thresholds import Thresholds
from training.joint_folds import ANSWERS, JointFolds, answer_folds
from training.metrics import Figure, gain_figures, label_figures, top_two_figure
from training.office import category_logs
from training.out_of_fold import OutOfFold, grouped_folds, held_out_margins, held_out_scores
from training.peers import Labels, cut_with_jieba, peer_models, predict_held_out
from training.prepare import Prepared, Say
from training.results import Comparison, Report, SetResult, measure_set
from training.targets import Integers
from training.thresholds import fit_thresholds

_READER_TASKS = ("topic", "subtopic", "lead_unit", "request", "urgency")
LINEAR, ALONE, JOINT, AUTO = (
    "ours: linear",
    "ours: encoder alone",
    "ours: linear + encoder",
    "ours: auto",
)


@dataclass(frozen=True, kw_only=True)
class CrossValidated:
    """Held-out margins and probabilities of every example, and what they amount to."""

    out_of_fold: OutOfFold
    scores: TagScores
    sets: Sequence[SetResult]
    joint: JointFolds | None


def cross_validate(prepared: Prepared, say: Say, *, answers: Path = ANSWERS) -> CrossValidated:
    """Fit on each fold's complement and measure on the fold, set by set.

    With an encoder, its answers are kept in (and taken from) the folder ``answers``.
    """
    config, targets = prepared.config, prepared.targets
    folds = grouped_folds(prepared.examples, folds=config.folds, seed=config.seed)
    say(f"{config.folds} 折交叉验证，近似文本同在一折。")
    out_of_fold = held_out_margins(prepared, folds)
    scores = held_out_scores(out_of_fold, targets, prepared.taxonomy)
    everything = np.arange(len(prepared.examples))
    thresholds = fit_thresholds(
        scores,
        targets,
        everything,
        error_rates=config.error_rates,
        missed_urgent=config.missed_urgent,
    )
    sets = _measure(prepared, scores, everything, thresholds, "")
    joint = None
    if config.encoder:
        joint = answer_folds(prepared, out_of_fold, scores, say, folder=answers)
        sets += _measure(prepared, joint.scores, joint.rows, joint.thresholds, ", with encoder")
    return CrossValidated(out_of_fold=out_of_fold, scores=scores, sets=sets, joint=joint)


def _measure(
    prepared: Prepared, scores: TagScores, among: Integers, thresholds: Thresholds, way: str
) -> list[SetResult]:
    """Measure each source's rows that a reader labelled."""
    found = []
    for source in prepared.config.source:
        rows = np.intersect1d(prepared.rows_from(source.name), among)
        rows = rows[prepared.targets.read[rows]]
        if len(rows):
            found.append(
                measure_set(
                    source.name + way,
                    [example.id for example in prepared.examples],
                    scores,
                    prepared.targets,
                    rows,
                    taxonomy=prepared.taxonomy,
                    sure=thresholds.sure,
                    show=thresholds.show,
                    seed=prepared.config.seed,
                )
            )
    return found


def compare_with_peers(
    prepared: Prepared, validated: CrossValidated, say: Say
) -> Sequence[Comparison]:
    """Measure ours and the peers on the same rows and folds: old categories, then readers.

    With an encoder the rows are those that it answered.
    """
    say("与基准模型比较：jieba + TF-IDF + LinearSVC。")
    words = cut_with_jieba([example.document.text for example in prepared.examples])
    among = validated.joint.rows if validated.joint else np.arange(len(prepared.examples))
    rows: list[Comparison] = []
    for source in prepared.config.source:
        members = prepared.rows_from(source.name)
        if source.name in prepared.corpus.schemes and len(members):
            rows += _compare_categories(prepared, validated, source.name, members, among, words)
        for head in _READER_TASKS:
            known = np.intersect1d(members, prepared.targets.rows_of(head))
            known = np.intersect1d(known, among)
            if len(known):
                rows += _compare_readers(prepared, validated, source.name, head, known, words)
    return rows


def make_report(
    prepared: Prepared, validated: CrossValidated, comparisons: Sequence[Comparison]
) -> Report:
    """Gather the figures with what a reader must know of them."""
    config = prepared.config
    notes = [
        f"{config.folds} folds, near-copies together, seed {config.seed}.",
        "Intervals: 95 % bootstrap over texts.",
        "The readers are a large language model reading under the labelling guide; independent"
        " readings by the same kind of reader agree more than two people would.",
        "Figures on 'gold' are measures on our own writing.",
    ]
    if validated.joint:
        notes.append(
            f"Fine-tuned on {config.encoder.answered_folds if config.encoder else 0} of the folds:"
            f" {len(validated.joint.rows)} texts have held-out answers of the encoder; side by side"
            " every model is measured on these."
        )
    return Report(
        title=f"Cross-validation of {config.name}-{config.version}",
        date=config.released,
        notes=notes,
        sets=validated.sets,
        comparisons=comparisons,
    )


def _compare_categories(
    prepared: Prepared,
    validated: CrossValidated,
    source: str,
    members: Integers,
    among: Integers,
    words: Sequence[list[str]],
) -> Sequence[Comparison]:
    """Compare on old categories: by heads of their own, through the map, joined, and the peers."""
    truth = np.array([prepared.examples[row].old_category for row in members], dtype=str)
    codes = np.unique(truth)
    folds = [
        (np.flatnonzero(np.isin(members, fitted_on)), np.flatnonzero(np.isin(members, held_out)))
        for fitted_on, held_out in validated.out_of_fold.folds
    ]
    kept = np.flatnonzero(np.isin(members, among))
    logs = category_logs(
        prepared,
        members,
        folds,
        (validated.joint or validated).scores.subtopic[members],
        _encoder_logs(prepared, validated, members),
        kept,
    )
    found = {f"ours: {name}": codes[values.argmax(axis=1)] for name, values in logs.items()}
    for name, make in peer_models().items():
        found[name] = predict_held_out(make, [words[row] for row in members], truth, folds)
    found = {name: labels[kept] for name, labels in found.items()}
    seed = prepared.config.seed
    top_two = codes[np.argsort(-logs["joined"][kept], axis=1)[:, :2]]
    within = {"ours: joined": top_two_figure(truth[kept], top_two, seed=seed)}
    return _rows(f"{source}: type", truth[kept], found, ours="ours: joined", seed=seed, more=within)


def _encoder_logs(
    prepared: Prepared, validated: CrossValidated, members: Integers
) -> Floats | None:
    """Return the encoder's held-out answers for the categories of one source."""
    if validated.joint is None:
        return None
    from training.encoder.lessons import OFFICE

    columns = np.unique(prepared.targets.category[members])
    return validated.joint.answers[OFFICE][np.ix_(members, columns)]


def _compare_readers(
    prepared: Prepared,
    validated: CrossValidated,
    source: str,
    head: str,
    known: Integers,
    words: Sequence[list[str]],
) -> Sequence[Comparison]:
    """Compare on a reader's label; the peers, too, learn from the readers' rows of all sources."""
    targets = prepared.targets
    codes = np.array(targets.heads[head])
    read = targets.rows_of(head)
    truth = codes[np.maximum(targets.choice[head], 0)]

    def best(scores: TagScores) -> Labels:
        labels: Labels = codes[getattr(scores, head)[known].argmax(axis=1)]
        return labels

    found = {LINEAR: best(validated.scores)}
    if joint := validated.joint:
        found[ALONE] = best(joint.alone)
        found[JOINT] = best(joint.scores)
        found[AUTO] = np.where(np.isin(known, joint.read_in_auto), found[JOINT], found[LINEAR])
    folds = [
        (np.intersect1d(fitted_on, read), np.intersect1d(held_out, known))
        for fitted_on, held_out in validated.out_of_fold.folds
    ]
    folds = [fold for fold in folds if len(fold[1])]
    for name, make in peer_models().items():
        found[name] = predict_held_out(make, words, truth, folds)[known]
    ours = JOINT if joint else LINEAR
    return _rows(f"{source}: {head}", truth[known], found, ours=ours, seed=prepared.config.seed)


def _rows(
    task: str,
    truth: Labels,
    found: Mapping[str, Labels],
    *,
    ours: str,
    seed: int,
    more: Mapping[str, Mapping[str, Figure]] | None = None,
) -> Sequence[Comparison]:
    """Return one line a model, and one for what ours gains over each; ``more`` figures by model."""
    rows = [
        Comparison(
            task=task,
            count=len(truth),
            model=name,
            figures={**label_figures(truth, labels, seed=seed), **(more or {}).get(name, {})},
        )
        for name, labels in found.items()
    ]
    return rows + [
        Comparison(
            task=task,
            count=len(truth),
            model=f"gain of {ours} over {name}",
            figures=gain_figures(truth, found[ours], labels, seed=seed),
        )
        for name, labels in found.items()
        if name != ours
    ]
