"""Measure a written bundle, as the service uses it, on labelled texts that it may not have seen."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from sklearn.metrics import cohen_kappa_score

from nlp_service.assess import CHUNK, Assessor
from nlp_service.bundle import hash_file, read_bundle
from nlp_service.domain.submission import Mode
from nlp_service.tagging.calibration import TagScores
from training.config import Source
from training.corpora import Corpus, read_corpus
from training.errors import BadCorpus
from training.examples import Example
from training.results import Report, measure_set
from training.targets import CHOICES, Targets, make_targets

_SEED = 1


def evaluate(
    bundle: Path,
    data: Path,
    *,
    labels: Sequence[Path] = (),
    split: str | None = None,
    fast: bool = False,
    date: str,
) -> Report:
    """Score the texts through the service and compare with each reader.

    Args:
        bundle: folder of the bundle.
        data: the texts; their own labels are the first reader's when ``labels`` is empty.
        labels: one file of labels by id for each further reader (or for every reader, when the
            texts carry none).
        split: keep only rows whose column ``split`` says so.
        fast: leave the bundle's encoder out.
        date: written into the report.

    Raises:
        BundleError: the bundle does not load.
        BadCorpus: the texts cannot be read or carry no labels.
    """
    assessor = Assessor(read_bundle(bundle))
    readers = _read_readers(assessor, data, labels, split)
    examples = next(iter(readers.values())).examples
    stage = None if fast else assessor.bundle.stage
    scores = _scores(assessor, examples, Mode.ACCURATE if stage else Mode.FAST)
    thresholds = (stage or assessor.bundle).thresholds
    sets = []
    targets_of: dict[str, Targets] = {}
    for name, corpus in readers.items():
        targets = make_targets(corpus.examples, assessor.bundle.taxonomy)
        targets_of[name] = targets
        sets.append(
            measure_set(
                name,
                [example.id for example in corpus.examples],
                scores,
                targets,
                np.flatnonzero(targets.read),
                taxonomy=assessor.bundle.taxonomy,
                sure=thresholds.sure,
                show=thresholds.show,
                seed=_SEED,
            )
        )
    return Report(
        title=f"{assessor.bundle.label} on {data.name}"
        + (f", split {split}" if split else "")
        + (", accurate" if stage else ", fast"),
        date=date,
        notes=[*_seen(assessor, data, split), *_reader_agreement(targets_of)],
        sets=sets,
    )


def _read_readers(
    assessor: Assessor, data: Path, labels: Sequence[Path], split: str | None
) -> Mapping[str, Corpus]:
    """Return reader -> the same texts in the same order with that reader's labels."""
    taxonomy = assessor.bundle.taxonomy
    source = Source(name=data.stem, path=data, split=split)
    readers: dict[str, Corpus] = {}
    own = read_corpus([source], taxonomy)
    if any(example.labels for example in own.examples):
        readers[f"{data.stem}, labels in the file"] = own
    for path in labels:
        readers[f"{data.stem}, reader {path.stem}"] = read_corpus(
            [replace(source, labels=path)], taxonomy
        )
    if not any(example.labels for corpus in readers.values() for example in corpus.examples):
        raise BadCorpus(f"{data} 没有标注；请用 --labels 指定标注文件。")
    return readers


def _scores(assessor: Assessor, examples: Sequence[Example], mode: Mode) -> TagScores:
    documents = [example.document for example in examples]
    chunks = [
        assessor.scores(documents[start : start + CHUNK], mode)
        for start in range(0, len(examples), CHUNK)
    ]
    return TagScores(
        **{
            head: np.concatenate([getattr(chunk, head) for chunk in chunks])
            for head in TagScores.__annotations__
        }
    )


def _seen(assessor: Assessor, data: Path, split: str | None) -> Sequence[str]:
    """Warn when the bundle was fitted on the same rows."""
    digest = hash_file(data)
    for entry in assessor.bundle.manifest["data"]:
        if entry["sha256"] == digest and entry.get("split") in (None, split):
            return [
                "WARNING: the bundle was fitted on these rows: no figure here speaks of new texts."
            ]
    return []


def _reader_agreement(targets_of: Mapping[str, Targets]) -> Sequence[str]:
    """Say how well the first two readers agree with each other, head by head."""
    if len(targets_of) < 2:
        return []
    first, second = list(targets_of.values())[:2]
    found = []
    for head in CHOICES:
        both = np.intersect1d(first.rows_of(head), second.rows_of(head))
        both = both[first.read[both] & second.read[both]]
        a, b = first.choice[head][both], second.choice[head][both]
        if head != "kind" and len(both) and len(np.unique(np.concatenate([a, b]))) > 1:
            weights = "quadratic" if head == "urgency" else None
            found.append(f"{head} κ {cohen_kappa_score(a, b, weights=weights):.3f}")
    return ["The first two readers agree with each other: " + ", ".join(found)]
