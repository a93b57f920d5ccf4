"""What is learnt of quality from the examples: their evidence, wording and levels."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlp_service.domain.submission import Kind
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.quality.evidence import read_evidence_lexicon
from nlp_service.quality.files import EVIDENCE, ROLES
from nlp_service.quality.levels import ACTING, ANNOUNCED, SHORTEST, heard_share
from nlp_service.quality.look import Looker
from nlp_service.quality.role_wording import read_role_wording
from nlp_service.quality.substance import Line, Substance
from nlp_service.tagging.features import features
from nlp_service.tagging.linear import Floats
from nlp_service.text.normalise import Document
from nlp_service.text.sections import find_suggestions
from training.config import QualityOptions
from training.empty_talk import fit_empty_talk
from training.prepare import Prepared
from training.roles import fit_roles
from training.targets import UNKNOWN, Booleans, Integers

SUGGESTING = ("sentences", "slogans", "quotes")
"""What in a text suggests something, empty or not."""

_OF_NOTHING = {"Q1": 0.0, "Q2": 0.0, "Q3": 0.0, "Q4": 0.0, "Q5": 0.0, "Q6": 1.0}
_CUT_EVERY = 3  # of the proposals, one is also read without its suggestions
_SHORTEST_CUT = 150  # characters that must be left
_FORM_OF_CUT = 2  # Q6 at most: the third of the three parts is missing


@dataclass(frozen=True, kw_only=True)
class QualityTexts:
    """What the level model sees of the examples whose quality was read.

    Hardly a real proposal has no suggestion at all. So that the models know one, some proposals
    stand here a second time, cut off where their suggestions begin: by the rubric, level 0.
    """

    rows: Integers
    """Which examples they are."""
    cut: Booleans
    """Which were cut: learnt from, never measured."""
    counted: Sequence[str]
    counts: Floats
    """(n_texts, n_counted): ln(1 + count)."""
    feature_lists: Sequence[list[str]]
    heard: Floats
    """How much of its weight each text's wording has."""
    lines: Sequence[Sequence[Line]]
    """Of each text's substance: what an encoder reads of it."""
    meanings: Floats
    """(n_texts, width): of ``read_meaning``; the width is 0 where no encoder is heard."""
    learnt: Floats
    """(n_texts, n_dimensions): levels to learn; the mean where two readers read."""
    read: Integers
    """(n_texts, n_dimensions): the first reader's levels."""
    of_nothing: Floats
    """(n_dimensions,): levels of a text of which nothing is left, by the rubric."""
    weights: Floats
    """How much each text counts."""
    proposals: Booleans
    """Which are proposals: what scores mean is fitted on these."""
    suggests: Floats
    """(n_texts, n_suggesting): ln(1 + count) of what suggests in the whole text."""
    acting: Booleans
    """Which say who is to act, or that suggestions follow."""
    long: Booleans
    """Which are long enough to be judged without a person."""
    q4: int
    """The column of the dimension that is 0 where nothing is suggested."""


def fit_looker(prepared: Prepared, options: QualityOptions) -> Looker:
    """Fit the small models of sentences on all proposals and messages; no level is learnt from."""
    lexicon = read_evidence_lexicon(options.rules / EVIDENCE, prepared.taxonomy.units)
    wording = read_role_wording(options.rules / ROLES)
    proposals, messages = (
        [each.document for each in prepared.examples if each.kind is kind]
        for kind in (Kind.PROPOSAL, Kind.PUBLIC_MESSAGE)
    )
    return Looker(
        lexicon=lexicon,
        roles=fit_roles(proposals, lexicon, wording),
        empty_talk=fit_empty_talk(options.empty_talk, proposals, messages, lexicon, wording),
    )


def read_quality_texts(prepared: Prepared, options: QualityOptions, looker: Looker) -> QualityTexts:
    """Look at every example whose quality was read."""
    rows = np.flatnonzero((prepared.targets.quality != UNKNOWN).all(axis=1))
    examples = [prepared.examples[row] for row in rows.tolist()]
    proposals = np.array([each.kind is Kind.PROPOSAL for each in examples], dtype=bool)
    read = prepared.targets.quality[rows]
    learnt = _mean_of_readers(prepared, rows, read, options)
    cut = {
        place: document
        for place in np.flatnonzero(proposals)[::_CUT_EVERY].tolist()
        if (document := _without_suggestions(examples[place].document)) is not None
    }
    everything = np.array([*range(len(rows)), *cut])
    documents = [*(each.document for each in examples), *cut.values()]
    substances = [looker.look(document).substance for document in documents]
    is_cut = np.arange(len(documents)) >= len(rows)
    weights = [each.weight * options.weights.get(each.source, 1.0) for each in examples]
    counted = sorted(set().union(*(each.counts for each in substances)))
    return QualityTexts(
        rows=rows[everything],
        cut=is_cut,
        counted=counted,
        counts=_table(substances, counted),
        feature_lists=[features(each.document, prepared.segmenter) for each in substances],
        heard=np.array([heard_share(len(each.document.body)) for each in substances]),
        lines=[each.lines for each in substances],
        meanings=np.zeros((len(substances), 0)),
        learnt=_lowered(learnt[everything], is_cut, prepared.taxonomy),
        read=_lowered(read[everything], is_cut, prepared.taxonomy),
        of_nothing=np.array(
            [_OF_NOTHING[dimension.code] for dimension in prepared.taxonomy.dimensions]
        ),
        weights=np.array(weights)[everything],
        proposals=proposals[everything],
        suggests=np.log1p([[each.suggests[name] for name in SUGGESTING] for each in substances]),
        q4=[dimension.code for dimension in prepared.taxonomy.dimensions].index("Q4"),
        acting=np.array(
            [each.suggests[ACTING] + each.suggests[ANNOUNCED] > 0 for each in substances]
        ),
        long=np.array([len(each.text) >= SHORTEST for each in documents]),
    )


def _table(substances: Sequence[Substance], counted: Sequence[str]) -> Floats:
    table = [[each.counts.get(name, 0) for name in counted] for each in substances]
    return np.log1p(np.array(table, dtype=np.float64)).reshape(len(substances), len(counted))


def _without_suggestions(document: Document) -> Document | None:
    place = find_suggestions(document.body)
    if place is None or place < _SHORTEST_CUT:
        return None
    return Document(title=document.title, body=document.body[:place].rstrip())


def _lowered(levels: np.ndarray, cut: Booleans, taxonomy: Taxonomy) -> np.ndarray:
    """Return the levels, of the cut texts as the rubric says of one without suggestions."""
    lowered = levels.copy()
    codes = [dimension.code for dimension in taxonomy.dimensions]
    for code, most in (("Q4", 0), ("Q5", 0), ("Q6", _FORM_OF_CUT)):
        column = codes.index(code)
        lowered[cut, column] = np.minimum(lowered[cut, column], most)
    return lowered


def _mean_of_readers(
    prepared: Prepared, rows: Integers, read: Integers, options: QualityOptions
) -> Floats:
    codes = [dimension.code for dimension in prepared.taxonomy.dimensions]
    seconds = {name: _levels_by_id(path, codes) for name, path in options.second_readings.items()}
    means = read.astype(np.float64)
    for place, row in enumerate(rows.tolist()):
        example = prepared.examples[row]
        second = seconds.get(example.source, {}).get(example.id)
        if second is not None:
            means[place] = (means[place] + second) / 2.0
    return means


def _levels_by_id(path: Path, codes: Sequence[str]) -> Mapping[str, Floats]:
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {
        line["id"]: np.array([line["quality"][code] for code in codes], dtype=np.float64)
        for line in lines
        if line.get("quality")
    }
