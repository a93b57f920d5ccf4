"""The quality part of a bundle: the written rules beside what was fitted to them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.quality.checklist import read_advice
from nlp_service.quality.completeness import read_completeness
from nlp_service.quality.disposition import DispositionTable, read_dispositions
from nlp_service.quality.empty_talk import EmptyTalk
from nlp_service.quality.evidence import read_evidence_lexicon
from nlp_service.quality.gate_rules import read_gate_rules
from nlp_service.quality.gates import GateCurves, GateFinder
from nlp_service.quality.judge import QualityModel, QualityRules, Rulings
from nlp_service.quality.levels import AbsenceCurve, LevelCurves, LevelModel, LowCurve
from nlp_service.quality.look import Looker
from nlp_service.quality.marks import read_marks
from nlp_service.quality.questions import read_questions
from nlp_service.quality.role_wording import read_role_wording
from nlp_service.quality.roles import RoleModel
from nlp_service.tagging.linear import Floats

EVIDENCE, GATES, ROLES, ADVICE, DISPOSITION, MARKS, COMPLETENESS, QUESTIONS = FILES = (
    "evidence.toml",
    "gates.toml",
    "roles.toml",
    "advice.toml",
    "disposition.toml",
    "marks.toml",
    "completeness.toml",
    "questions.toml",
)
"""The written rules, in the folder ``quality`` of a bundle."""

Arrays = Mapping[str, Any]


def read_quality_model(
    folder: Path,
    fitted: Mapping[str, Any],
    arrays: Arrays,
    word_weights: Mapping[str, Floats],
    taxonomy: Taxonomy,
) -> QualityModel:
    """Read what was fitted.

    Args:
        folder: of the written rules that it was fitted to.
        fitted: what the manifest says of it.
        arrays: ``role_…``, ``empty_…``; ``alone_…`` and, where an encoder is heard, ``joint_…``:
            ``count_weights``, ``intercepts``, and ``meaning_weights`` of the latter.
        word_weights: ``alone`` and ``joint``, (n_features, n_dimensions).
        taxonomy: whose units are looked for.

    Raises:
        InvalidTaxonomy: a rule that does not fit.
        KeyError, ValueError: an array is missing, or the program reads other traits.
    """
    return QualityModel(
        looker=Looker(
            lexicon=read_evidence_lexicon(folder / EVIDENCE, taxonomy.units),
            roles=RoleModel.from_arrays(_under("role_", arrays), read_role_wording(folder / ROLES)),
            empty_talk=EmptyTalk(**_under("empty_", arrays)),
        ),
        absence=AbsenceCurve(**fitted["absence"]),
        alone=_rulings("alone", fitted, arrays, word_weights),
        joint=_rulings("joint", fitted, arrays, word_weights) if fitted["joint"] else None,
    )


def _rulings(
    way: str, fitted: Mapping[str, Any], arrays: Arrays, word_weights: Mapping[str, Floats]
) -> Rulings:
    own = {name: array.astype(np.float64) for name, array in _under(f"{way}_", arrays).items()}
    return Rulings(
        levels=LevelModel(
            counted=fitted["counted"],
            count_weights=own["count_weights"],
            word_weights=word_weights[way],
            meaning_weights=own.get("meaning_weights"),
            intercepts=own["intercepts"],
        ),
        curves=LevelCurves(**fitted[way]["curves"]),
        low=LowCurve(**fitted[way]["low"]),
    )


def _under(prefix: str, arrays: Arrays) -> Arrays:
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def read_quality_rules(folder: Path, taxonomy: Taxonomy) -> QualityRules:
    """Read what was written.

    Raises:
        InvalidTaxonomy: a rule that does not fit.
    """
    return QualityRules(
        advice=read_advice(folder / ADVICE),
        marks=read_marks(folder / MARKS),
        completeness=read_completeness(folder / COMPLETENESS),
        questions=read_questions(
            folder / QUESTIONS, [dimension.code for dimension in taxonomy.dimensions]
        ),
    )


def read_gate_finder(folder: Path, fitted: Mapping[str, Any]) -> GateFinder:
    """Read the rules of the gates and what their hits are worth.

    Raises:
        InvalidTaxonomy: a rule that does not fit.
    """
    return GateFinder(rules=read_gate_rules(folder / GATES), curves=GateCurves(**fitted))


def read_disposition_wording(folder: Path) -> DispositionTable:
    """Read how dispositions are worded.

    Raises:
        InvalidTaxonomy: a key or type that does not fit.
    """
    return read_dispositions(folder / DISPOSITION)
