"""Held-out figures of every head against the readers, and of ours beside the peers.

Folds keep near-copies together. Every probability of a row comes from a model, a calibration and
a threshold that never saw it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.svm import LinearSVC

from nlp_service.tagging.calibration import TagScores
from nlp_service.tagging.linear import Floats
from training.fit_linear import select_features
from training.metrics import label_figures
from training.near_copies import group_near_copies
from training.out_of_fold import (
    Fold,
    OutOfFold,
    grouped_folds,
    held_out_margins,
    held_out_scores,
    split_in_folds,
)
from training.peers import Labels, cut_with_jieba, peer_models, predict_held_out
from training.prepare import Prepared, Say
from training.results import Comparison, Report, SetResult, measure_set
from training.targets import UNKNOWN, Integers
from training.thresholds import fit_thresholds

_READER_TASKS = ("topic", "subtopic", "lead_unit")


@dataclass(frozen=True, kw_only=True)
class CrossValidated:
    """Held-out margins and probabilities of every example, and what they amount to."""

    out_of_fold: OutOfFold
    scores: TagScores
    sets: Sequence[SetResult]


def cross_validate(prepared: Prepared, say: Say) -> CrossValidated:
    """Fit on each fold's complement and measure on the fold, set by set."""
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
    sets = [
        measure_set(
            source.name,
            [example.id for example in prepared.examples],
            scores,
            targets,
            rows[targets.read[rows]],
            taxonomy=prepared.taxonomy,
            sure=thresholds.sure,
            show=thresholds.show,
            seed=config.seed,
        )
        for source in config.source
        if len(rows := prepared.rows_from(source.name))
    ]
    return CrossValidated(out_of_fold=out_of_fold, scores=scores, sets=sets)


def compare_with_peers(
    prepared: Prepared, validated: CrossValidated, say: Say
) -> Sequence[Comparison]:
    """Measure ours and the peers on the same rows and folds: old categories, then readers."""
    say("与基准模型比较：jieba + TF-IDF + LinearSVC。")
    words = cut_with_jieba([example.document.text for example in prepared.examples])
    rows: list[Comparison] = []
    for source in prepared.config.source:
        members = prepared.rows_from(source.name)
        if source.name in prepared.corpus.schemes and len(members):
            rows += _compare_categories(prepared, validated, source.name, members, words)
        for head in _READER_TASKS:
            known = np.intersect1d(members, prepared.targets.rows_of(head))
            if len(known):
                rows += _compare_readers(prepared, validated, source.name, head, known, words)
    return rows


def make_report(
    prepared: Prepared, validated: CrossValidated, comparisons: Sequence[Comparison]
) -> Report:
    """Gather the figures with what a reader must know of them."""
    config = prepared.config
    return Report(
        title=f"Cross-validation of {config.name}-{config.version}",
        date=config.released,
        notes=[
            f"{config.folds} folds, near-copies together, seed {config.seed}.",
            "Intervals: 95 % bootstrap over texts.",
            "The readers are a large language model reading under the labelling guide; independent"
            " readings by the same kind of reader agree more than two people would.",
            "Figures on 'gold' are measures on our own writing.",
        ],
        sets=validated.sets,
        comparisons=comparisons,
    )


def _compare_categories(
    prepared: Prepared,
    validated: CrossValidated,
    source: str,
    members: Integers,
    words: Sequence[list[str]],
) -> Sequence[Comparison]:
    """Compare on old categories: by a head of their own, through the map, and by the peers."""
    examples = [prepared.examples[row] for row in members]
    truth = np.array([example.old_category for example in examples], dtype=str)
    groups = group_near_copies(
        [example.document.text for example in examples], seed=prepared.config.seed
    )
    folds = split_in_folds(
        truth.tolist(), groups, folds=prepared.config.folds, seed=prepared.config.seed
    )
    found = {
        "ours: own head": _own_head(prepared, members, truth, folds),
        "ours: topics through the map": _through_map(prepared, validated, members, truth, folds),
    }
    for name, make in peer_models().items():
        found[name] = predict_held_out(make, [words[row] for row in members], truth, folds)
    return _rows(f"{source}: type", truth, found, seed=prepared.config.seed)


def _own_head(
    prepared: Prepared, members: Integers, truth: Labels, folds: Sequence[Fold]
) -> Labels:
    """Fit our features and machine on the old categories themselves."""
    options, found = prepared.config.linear, np.empty_like(truth)
    lists = [prepared.feature_lists[row] for row in members]
    for fitted_on, held_out in folds:
        one_hot = truth[fitted_on][:, None] == np.unique(truth)
        texts = [lists[n] for n in fitted_on]
        vectoriser = select_features(texts, [(np.arange(len(texts)), one_hot)], options)
        machine = LinearSVC(C=options.c, random_state=prepared.config.seed)
        machine.fit(vectoriser.transform(texts), truth[fitted_on])
        found[held_out] = machine.predict(vectoriser.transform([lists[n] for n in held_out]))
    return found


def _through_map(
    prepared: Prepared,
    validated: CrossValidated,
    members: Integers,
    truth: Labels,
    folds: Sequence[Fold],
) -> Labels:
    """Turn held-out subtopic probabilities into categories.

    A subtopic speaks for the categories whose set holds its topic, in the shares counted on the
    readers' rows of the other folds (one case added to each allowed category).
    """
    targets = prepared.targets
    categories, found = np.unique(truth), np.empty_like(truth)
    probabilities: Floats = validated.scores.subtopic[members]
    subtopics = targets.choice["subtopic"][members]
    allowed = np.zeros((probabilities.shape[1], len(categories)))
    for column, category in enumerate(categories):
        one = np.flatnonzero(truth == category)[0]
        allowed[targets.candidates["subtopic"][members[one]], column] = 1.0
    for fitted_on, held_out in folds:
        shares = allowed.copy()
        read = fitted_on[subtopics[fitted_on] != UNKNOWN]
        np.add.at(shares, (subtopics[read], np.searchsorted(categories, truth[read])), 1.0)
        shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1.0)
        found[held_out] = categories[(probabilities[held_out] @ shares).argmax(axis=1)]
    return found


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
    truth = codes[targets.choice[head]]
    found = {"ours": codes[getattr(validated.scores, head)[known].argmax(axis=1)]}
    folds = [
        (np.intersect1d(fitted_on, read), np.intersect1d(held_out, known))
        for fitted_on, held_out in validated.out_of_fold.folds
    ]
    for name, make in peer_models().items():
        found[name] = predict_held_out(make, words, truth, folds)[known]
    return _rows(f"{source}: {head}", truth[known], found, seed=prepared.config.seed)


def _rows(
    task: str, truth: Labels, found: Mapping[str, Labels], *, seed: int
) -> Sequence[Comparison]:
    """Return one line a model."""
    return [
        Comparison(
            task=task, count=len(truth), model=name, figures=label_figures(truth, labels, seed=seed)
        )
        for name, labels in found.items()
    ]
