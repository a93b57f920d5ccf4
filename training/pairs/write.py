"""Put the pair classifier into a bundle: nothing else in it changes, and it is checked first."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from nlp_service.bundle import MANIFEST, PAIR_RULES, PAIRS, Bundle, hash_file, read_bundle
from nlp_service.duplicates.pair_files import PAIR_RARITY, PLACES, SET_PHRASES, WORD_RARITY
from nlp_service.duplicates.pairs import RELATIONS
from nlp_service.tagging.embedding import EmbeddingWeights
from training.errors import ParityFailure
from training.pairs.config import PairsConfig
from training.pairs.embedding import in_steps
from training.pairs.matters import Case, Cases
from training.pairs.model import FittedPairs
from training.quantise import quantise

PARITY = 1e-9
"""Largest difference of a probability between the trainer and the written bundle."""
_CHECKED = 40


def write_pairs(
    folder: Path, cases: Cases, fitted: FittedPairs, config: PairsConfig, figures: Mapping[str, Any]
) -> None:
    """Write a copy of the bundle with the classifier, check it, then replace the bundle.

    Args:
        folder: of the bundle.
        cases: that were learnt from.
        fitted: on them.
        config: of this fit.
        figures: what the manifest is to say of it.

    Raises:
        ParityFailure: the classifier read back says something else than the trainer.
    """
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".writing-") as work:
        draft = Path(work) / folder.name
        shutil.copytree(folder, draft)
        shutil.rmtree(draft / PAIR_RULES, ignore_errors=True)
        (draft / PAIR_RULES).mkdir()
        shutil.copyfile(config.places, draft / PAIR_RULES / PLACES)
        shutil.copyfile(config.set_phrases, draft / PAIR_RULES / SET_PHRASES)
        save_file(_arrays(cases, fitted), draft / PAIRS)
        manifest = json.loads((draft / MANIFEST).read_text(encoding="utf-8"))
        files = {
            name: value
            for name, value in manifest.pop("files").items()
            if name != PAIRS and not name.startswith(f"{PAIR_RULES}/")
        }
        for name in (PAIRS, *(f"{PAIR_RULES}/{name}" for name in (PLACES, SET_PHRASES))):
            files[name] = hash_file(draft / name)
        manifest[PAIR_RULES] = {
            "features": {way: list(one.features) for way, one in fitted.weights.items()},
            "bounds": list(cases.embedding.bounds) if cases.embedding else [],
            "merge_from": dict(fitted.merge_from),
            "title_share": config.embedding.title_share,
            "config": config.as_table(),
            "pairs_sha256": hash_file(config.pairs),
            "figures": figures,
        }
        manifest["files"] = dict(sorted(files.items()))
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        (draft / MANIFEST).write_text(text + "\n", encoding="utf-8")
        _check(read_bundle(draft), cases, fitted)
        shutil.rmtree(folder)
        shutil.move(draft, folder)


def _arrays(cases: Cases, fitted: FittedPairs) -> dict[str, np.ndarray[Any, Any]]:
    found: dict[str, np.ndarray[Any, Any]] = {
        PAIR_RARITY: in_steps(cases.reader.pair_table.rarity),
        WORD_RARITY: in_steps(cases.reader.word_table.rarity),
    }
    for way, one in fitted.weights.items():
        for name in ("means", "scales", "weights", "intercepts"):
            found[f"{way}_{name}"] = getattr(one, name)
    if cases.embedding:
        found |= _embedding_arrays(cases.embedding)
    return {name: np.ascontiguousarray(array) for name, array in found.items()}


def _embedding_arrays(weights: EmbeddingWeights) -> Mapping[str, np.ndarray[Any, Any]]:
    known = np.flatnonzero(weights.terms.any(axis=1))
    found: dict[str, np.ndarray[Any, Any]] = {
        "token_rarity": in_steps(weights.rarity),
        "known_tokens": known.astype(np.int32),
        "mean": weights.mean,
        "title_mean": weights.title_mean,
    }
    for name, values in (
        ("whitening", weights.whitening),
        ("terms", weights.terms[known]),
        ("title_whitening", weights.title_whitening),
    ):
        found[f"{name}_codes"], found[f"{name}_steps"] = quantise(values)
    return found


def _check(bundle: Bundle, cases: Cases, fitted: FittedPairs) -> None:
    """Judge some pairs as the service does, both ways round, and compare with the trainer."""
    assert bundle.pairs is not None
    step = max(1, len(cases.read) // _CHECKED)
    for case in cases.read[::step]:
        again = _read_again(bundle, case)
        judged = bundle.pairs.model.judge(again.one, again.other, again.shared)
        way = bundle.pairs.model.way(case.one, case.other)
        weights = fitted.weights[way]
        found = bundle.pairs.model.features(case.one, case.other, case.shared, way)
        row = np.array([[found[name] for name in weights.features]])
        ours = weights.probabilities(row)[0]
        theirs = np.array([judged.probabilities[relation] for relation in RELATIONS])
        if (difference := float(np.abs(ours - theirs).max())) > PARITY:
            raise ParityFailure(
                f"写出的成对模型与训练结果不一致：概率最大相差 {difference:.2e}，"
                f"超过 {PARITY:.0e}，未启用。"
            )


def _read_again(bundle: Bundle, case: Case) -> Case:
    assert bundle.pairs is not None
    stage = bundle.pairs
    matters = []
    for matter in (case.one, case.other):
        document = matter.wording.document
        embedding = stage.embedder.embed([document])[0] if stage.embedder else None
        matters.append(stage.reader.read(matter.wording, embedding=embedding))
    return Case(one=matters[0], other=matters[1], shared=case.shared)
