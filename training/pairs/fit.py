"""One fit of the pair classifier: from the readers' pairs to a bundle that tells relations."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from nlp_service.bundle import read_bundle
from training.config import read_config
from training.pairs.config import PairsConfig
from training.pairs.figures import PairReport, Retrieval, measure_pairs, measure_retrieval
from training.pairs.matters import KEPT, Cases, read_cases
from training.pairs.model import fit_pairs, make_table
from training.pairs.peers import peer_scores
from training.pairs.texts import ReadPairs, read_pairs
from training.pairs.write import write_pairs
from training.prepare import Say, prepare

Vectors = npt.NDArray[np.floating]


def fit_pair_classifier(
    config: PairsConfig, folder: Path, say: Say, *, kept: Path = KEPT
) -> PairReport:
    """Fit, measure on held-out folds, and put the classifier into the bundle.

    What the encoder makes of the texts stays in the folder ``kept``, so a second fit takes a
    minute or two.

    Raises:
        BadCorpus: there are no pairs, or they are of other texts.
        BundleMissing, BundleCorrupt, BundleMismatch: the bundle cannot be read.
        ParityFailure: the classifier read back says something else; the old bundle stays.
    """
    bundle = read_bundle(folder, encoder_threads=1)
    prepared = prepare(read_config(config.run), say)
    pairs = read_pairs(config, prepared)
    cases = read_cases(config, prepared, pairs, bundle, folder, say, kept=kept)
    say("逐折训练，折间没有相同或相近的文本。")
    fitted = fit_pairs(make_table(cases, pairs, config.made.weight), pairs, config)
    report = measure_pairs(
        prepared,
        pairs,
        fitted.held_out,
        fitted.said,
        peer_scores(prepared, pairs, config.base, say, kept=kept),
        retrieval=_retrieval(cases, pairs),
        seed=config.seed,
    )
    write_pairs(folder, cases, fitted, config, _summary(report))
    say(f"成对模型已写入 {folder}，与训练结果逐项相符。")
    return report


def _retrieval(cases: Cases, pairs: ReadPairs) -> Sequence[Retrieval]:
    """Look for partners by the embedding, and by its parts alone."""
    if cases.embedding is None or cases.embeddings is None:
        return []
    text, terms, _ = cases.embedding.bounds
    every = cases.embeddings
    named: Mapping[str, Vectors] = {
        "embedding": every,
        "its part of the text's meaning": every[:, :text],
        "its part of the text's tokens": every[:, text:terms],
        "without its part of the title": every[:, :terms],
    }
    return [measure_retrieval(name, vectors, pairs) for name, vectors in named.items()]


def _summary(report: PairReport) -> Mapping[str, Any]:
    """Return what the manifest says of the fit: held-out figures of the way that hears most."""
    best, way = report.sets[0].rows[len(report.ways) - 1], report.ways[-1]
    return {
        "pairs": report.sets[0].count,
        "average_precision": round(best.average_precision.value, 4),
        "f1": round(way.merge_f1.value, 4),
        "accuracy": round(way.accuracy.value, 4),
        "kappa": round(way.kappa.value, 4),
    }
