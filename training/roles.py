"""Fit the model of sentence roles on what headings of proposals say, and measure it.

Headings are taken out before anything is learnt, and half of the texts have their sections
shuffled and their line ends lost: the model must do without either.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_selection import chi2
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold

from nlp_service.domain.quality import SentenceRole
from nlp_service.quality.evidence import Evidence, EvidenceLexicon, find_evidence
from nlp_service.quality.hollow import leave_out_hollow
from nlp_service.quality.role_wording import RoleWording, find_headings
from nlp_service.quality.roles import (
    Floats,
    Keys,
    ReadSentences,
    RoleModel,
    in_context,
    read_sentences,
)
from nlp_service.text.normalise import Document
from nlp_service.text.sentences import split_sentences

Integers = npt.NDArray[np.int64]

BACKGROUND, PROBLEM, SUGGESTION, SITUATION = range(4)
"""What a section does; the last is background or problem, nobody knows which."""

_SECTION_OF = {
    SentenceRole.BACKGROUND: BACKGROUND,
    SentenceRole.PROBLEM: PROBLEM,
    SentenceRole.CAUSE: PROBLEM,
    SentenceRole.SUGGESTION: SUGGESTION,
}
_N_PAIRS = 6_000
_LEAST_SENTENCES = 12  # that a pair must occur in
_SEED = 20_261_123
_C, _C_CONTEXT = 2.0, 1.0  # inverse regularisation
_STACKED = 3  # folds that give own margins of sentences not learnt from


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A text without its headings, and what they said of each sentence."""

    document: Document
    sections: Integers
    """Of each sentence of ``document.text``; -1 for the title's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """What has happened to a text, beside that its headings are gone."""

    shuffled: bool = False
    joined: bool = False
    """Its line ends are lost."""
    reversed: bool = False
    """Its sentences stand in reverse order."""


DAMAGES: Mapping[str, Damage] = {
    "headings gone": Damage(),
    "headings gone, sections shuffled, line ends lost": Damage(shuffled=True, joined=True),
    "headings gone, sentences reversed": Damage(reversed=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleFigures:
    """Agreement with the headings, of sentences of texts that the model had not seen."""

    sentences: int
    accuracy: Mapping[str, float]
    """Suggestion or not: of the ``model``, the ``position`` and the ``rule``."""
    macro_f1: Mapping[str, float]
    """Background, problem, suggestion: of the ``model`` and the ``position``."""


def make_lesson(
    document: Document, wording: RoleWording, damage: Damage, *, seed: int = _SEED
) -> Lesson | None:
    """Return the text without headings; None where they do not say what is suggested."""
    pieces = list(_sections(document.body, wording))
    if not any(section == SUGGESTION for section, _ in pieces):
        return None
    if damage.reversed:
        pieces = [
            (section, sentence.quote)
            for section, text in reversed(pieces)
            for sentence in reversed(split_sentences(text))
        ]
    if damage.shuffled:
        random.Random(f"{seed}{document.text}").shuffle(pieces)
    texts = [text.replace("\n", "") if damage.joined else text for _, text in pieces]
    link = "" if damage.joined else "\n"
    changed = Document(title=document.title, body=link.join(texts))
    ends = np.cumsum([len(text) + len(link) for text in texts])
    offset = len(changed.text) - len(changed.body)
    middles = np.array(
        [(each.start + each.end) // 2 - offset for each in split_sentences(changed.text)]
    )
    found = np.minimum(np.searchsorted(ends, middles, side="right"), len(pieces) - 1)
    sections = np.array([section for section, _ in pieces])[found]
    return Lesson(document=changed, sections=np.where(middles < 0, -1, sections))


def _sections(body: str, wording: RoleWording) -> Iterator[tuple[int, str]]:
    """Yield what each section does and its text without the heading."""
    section, start = SITUATION, 0
    for heading in find_headings(body, wording):
        if text := body[start : heading.start].strip():
            yield section, text
        section, start = _SECTION_OF[heading.role], heading.end
    if text := body[start:].strip():
        yield section, text


def _without_headings(document: Document, lexicon: EvidenceLexicon) -> Lesson:
    """Let the sentences say it that plainly suggest, or plainly tell what has happened."""
    sections = []
    offset = len(document.text) - len(document.body)
    for sentence in split_sentences(document.text):
        tells = lexicon.tells.search(sentence.quote) is not None
        urges = lexicon.urges.search(sentence.quote) is not None
        if sentence.start < offset or (tells and urges):
            sections.append(-1)
        elif urges or lexicon.suggests.search(sentence.quote):
            sections.append(SUGGESTION)
        else:
            sections.append(SITUATION if tells else -1)
    return Lesson(document=document, sections=np.array(sections))


def fit_roles(
    documents: Sequence[Document], lexicon: EvidenceLexicon, wording: RoleWording
) -> RoleModel:
    """Fit the model on the documents whose headings say what is suggested.

    Raises:
        ValueError: no two sections of different roles are among them.
    """
    damages = (DAMAGES["headings gone"], Damage(shuffled=True, joined=True))
    lessons = [
        make_lesson(each, wording, damages[n % 2]) or _without_headings(each, lexicon)
        for n, each in enumerate(documents)
    ]
    table = _Table(lessons, lexicon, wording)
    pairs = _choose_pairs(table)
    matrix = table.matrix(pairs)
    own, weights, intercepts = _fit_own(table, matrix)
    context = np.concatenate(
        [in_context(own[rows], table.traits[rows]) for rows in table.by_lesson()]
    )
    heads = [_fit_head(context, truth, c=_C_CONTEXT) for truth in table.truths()]
    return RoleModel(
        pairs=pairs,
        pair_weights=weights[: len(pairs)],
        trait_weights=weights[len(pairs) :],
        intercepts=intercepts,
        context_weights=np.stack([head.coef_[0] for head in heads], axis=1).astype(np.float32),
        context_intercepts=np.array([head.intercept_[0] for head in heads], dtype=np.float32),
        wording=wording,
    )


class _Table:
    """The sentences of all lessons below one another."""

    def __init__(
        self, lessons: Sequence[Lesson], lexicon: EvidenceLexicon, wording: RoleWording
    ) -> None:
        read = [
            _read(lesson.document, find_evidence(lesson.document, lexicon), wording)
            for lesson in lessons
        ]
        self.lengths = np.array([len(each.traits) for each in read])
        firsts = np.cumsum(self.lengths) - self.lengths
        self.sections = np.concatenate([lesson.sections for lesson in lessons])
        self.lesson = np.repeat(np.arange(len(lessons)), self.lengths)
        self.keys: Keys = np.concatenate([each.keys for each in read])
        self.rows = np.concatenate([each.rows + n for each, n in zip(read, firsts, strict=True)])
        self.traits: Floats = np.concatenate([each.traits for each in read])

    def truths(self) -> tuple[Integers, Integers]:
        """Return what the two heads learn; -1 where it is unknown or not asked."""
        suggests = np.where(self.sections < 0, -1, self.sections == SUGGESTION)
        known = (self.sections == BACKGROUND) | (self.sections == PROBLEM)
        return suggests, np.where(known, self.sections == PROBLEM, -1)

    def by_lesson(self) -> Sequence[Integers]:
        return np.split(np.arange(len(self.sections)), np.cumsum(self.lengths)[:-1])

    def counts(self, pairs: Keys) -> sparse.csr_matrix:
        columns = np.minimum(np.searchsorted(pairs, self.keys), len(pairs) - 1)
        known = pairs[columns] == self.keys
        ones = np.ones(known.sum(), dtype=np.float64)
        shape = (len(self.sections), len(pairs))
        return sparse.csr_matrix((ones, (self.rows[known], columns[known])), shape=shape)

    def matrix(self, pairs: Keys) -> sparse.csr_matrix:
        """Return what the own margins weigh: pairs scaled as in serving, then traits."""
        counts = self.counts(pairs)
        scale = 1 / np.sqrt(np.maximum(counts.sum(axis=1).A1, 1))
        return sparse.csr_matrix(
            sparse.hstack([sparse.diags(scale) @ counts, sparse.csr_matrix(self.traits)])
        )


def _read(document: Document, evidence: Sequence[Evidence], wording: RoleWording) -> ReadSentences:
    sentences = split_sentences(document.text)
    told = leave_out_hollow(document.scored.text, sentences, evidence)
    return read_sentences(told, sentences, evidence, wording)


def _choose_pairs(table: _Table) -> Keys:
    """Return the pairs of enough sentences that tell the sections apart best, sorted."""
    pairs, counts = np.unique(table.keys, return_counts=True)
    pairs = pairs[counts >= _LEAST_SENTENCES]
    present = table.counts(pairs)
    telling = np.zeros(len(pairs))
    for truth in table.truths():
        asked = truth >= 0
        telling = np.maximum(telling, chi2(present[asked], truth[asked])[0])
    best = np.argsort(-telling, kind="stable")[:_N_PAIRS]
    return np.sort(pairs[best])


def _fit_own(table: _Table, matrix: sparse.csr_matrix) -> tuple[Floats, Floats, Floats]:
    """Return own margins, each of a model that had not seen the text, weights, intercepts."""
    own = np.zeros((matrix.shape[0], 2), dtype=np.float32)
    heads = []
    for column, truth in enumerate(table.truths()):
        for learnt, answered in GroupKFold(_STACKED).split(own, groups=table.lesson):
            head = _fit_head(matrix[learnt], truth[learnt], c=_C)
            own[answered, column] = head.decision_function(matrix[answered])
        heads.append(_fit_head(matrix, truth, c=_C))
    weights = np.stack([head.coef_[0] for head in heads], axis=1).astype(np.float32)
    return own, weights, np.array([head.intercept_[0] for head in heads], dtype=np.float32)


def _fit_head(rows: sparse.csr_matrix | Floats, truth: Integers, *, c: float) -> LogisticRegression:
    asked = np.flatnonzero(truth >= 0)
    head = LogisticRegression(C=c, solver="liblinear", random_state=0)
    return head.fit(rows[asked], truth[asked])


def evaluate_roles(
    documents: Sequence[Document],
    lexicon: EvidenceLexicon,
    wording: RoleWording,
    *,
    folds: int = 5,
) -> Mapping[str, RoleFigures]:
    """Measure agreement with the headings where they are gone, by kind of damage.

    No text is answered by a model that has seen it.
    """
    headed = [each for each in documents if make_lesson(each, wording, Damage())]
    others = [each for each in documents if not make_lesson(each, wording, Damage())]
    answers: dict[str, list[Integers]] = {name: [] for name in DAMAGES}
    groups = np.arange(len(headed))
    for learnt, answered in GroupKFold(folds).split(groups, groups=groups):
        model = fit_roles([*others, *(headed[n] for n in learnt)], lexicon, wording)
        for name, damage in DAMAGES.items():
            for n in answered:
                if lesson := make_lesson(headed[n], wording, damage):
                    answers[name].append(_answers(lesson, lexicon, model))
    return {name: _figures(np.concatenate(each)) for name, each in answers.items()}


def _answers(lesson: Lesson, lexicon: EvidenceLexicon, model: RoleModel) -> Integers:
    """Return truth, model, position and rule side by side, one row a labelled sentence."""
    document = lesson.document
    evidence = find_evidence(document, lexicon)
    read = _read(document, evidence, model.wording)
    margins = model.margins(read)
    by_model = np.where(margins[:, 0] > 0, SUGGESTION, np.where(margins[:, 1] > 0, 1, 0))
    title = len(document.text) - len(document.body)
    place = np.array([(each.start - title) / len(document.body) for each in read.spans])
    by_place = np.where(place > 0.55, SUGGESTION, np.where(place > 0.25, PROBLEM, BACKGROUND))
    suggested = dict.fromkeys((each.sentence for each in evidence if not each.suggested), False)
    suggested |= dict.fromkeys((each.sentence for each in evidence if each.suggested), True)
    by_rule, last = [], False
    for n in range(len(read.spans)):
        last = suggested.get(n, last)
        by_rule.append(SUGGESTION if last else BACKGROUND)
    answers = np.stack([lesson.sections, by_model, by_place, by_rule], axis=1)
    return answers[lesson.sections >= 0]


def _figures(answers: Integers) -> RoleFigures:
    truth = answers[:, 0]
    columns = {"model": 1, "position": 2, "rule": 3}
    sure = truth != SITUATION
    return RoleFigures(
        sentences=len(truth),
        accuracy={
            name: float(((answers[:, n] == SUGGESTION) == (truth == SUGGESTION)).mean())
            for name, n in columns.items()
        },
        macro_f1={
            name: float(f1_score(truth[sure], answers[sure, columns[name]], average="macro"))
            for name in ("model", "position")
        },
    )
