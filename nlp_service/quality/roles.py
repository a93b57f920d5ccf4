"""Say what each sentence of a submission does: problem, suggestion, slogan and others.

A linear model weighs pairs of characters and evidence of each sentence, then the sentences around
it, those before and behind alike: where one stands says nothing, since texts come damaged.
A heading only leans on the answer. ``roles.toml`` holds the words; ``training.roles`` fits.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
import numpy.typing as npt

from nlp_service.domain.quality import Sentence, SentenceRole
from nlp_service.domain.span import Span
from nlp_service.quality.evidence import Evidence, Fact
from nlp_service.quality.evidence_lexicon import EvidenceType
from nlp_service.quality.leaning import LEAN, SURE, lean_on_headings
from nlp_service.quality.role_wording import Heading, RoleWording
from nlp_service.text.normalise import Document

Floats = npt.NDArray[np.float32]
Keys = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]

_NUMBERS = (EvidenceType.FIGURE, EvidenceType.QUANTITY)
_ANYWHERE = (
    EvidenceType.PLACE,
    EvidenceType.GROUP,
    EvidenceType.BODY,
    EvidenceType.LEGAL_BASIS,
    EvidenceType.COMPARISON,
    EvidenceType.HEARSAY,
    EvidenceType.VAGUENESS,
)
TRAITS = ("number", *_ANYWHERE, "asks", "question", "goes on", "leads in", "length")
"""What else the model reads of a sentence: evidence in it (0 or 1), its wording, end and length.

Of evidence only what is looked for everywhere: the rest follows the headings, which may mislead.
"""
CONTEXT = 8
"""What the second step reads: margins, a sentence's own, its neighbours', its surroundings', those
a semicolon joins it to, and whether it asks for something."""

_ASKS, _GOES_ON = TRAITS.index("asks"), TRAITS.index("goes on")
_NEAR = np.array([1, 0, 1], dtype=np.float32)
_AROUND = 0.7 ** np.abs(np.arange(-6, 7, dtype=np.float32)) * (np.abs(np.arange(-6, 7)) > 1)
_UNKNOWN = -1  # a pair that was not fitted
_SHORT = 24  # characters of the longest sentence that may be a salutation, a signature, a contact
_COLUMN = {**dict.fromkeys(_NUMBERS, 0), **{kind: n for n, kind in enumerate(_ANYWHERE, start=1)}}

_GROUNDS = (
    EvidenceType.FIGURE,
    EvidenceType.SURVEY,
    EvidenceType.CASE,
    EvidenceType.COMPARISON,
    EvidenceType.SOURCE,
    EvidenceType.LEGAL_BASIS,
)
_CONCRETE = frozenset(
    (
        *_GROUNDS,
        EvidenceType.ACTION,
        EvidenceType.QUANTITY,
        EvidenceType.DEADLINE,
        EvidenceType.MONEY,
        EvidenceType.PRECEDENT,
    )
)


class PairTable:
    """Names the known ones of many pairs of characters: thrice as fast as a search for each."""

    def __init__(self, pairs: Keys) -> None:
        """Lay out the table, one row a first character and one column a second."""
        firsts, seconds = _halves(pairs)
        self._rows, self._columns = _numbered(firsts), _numbered(seconds)
        shape = self._rows.max() + 1, self._columns.max() + 1
        self._numbers = np.full(shape, _UNKNOWN, dtype=np.int32)
        self._numbers[self._rows[firsts], self._columns[seconds]] = np.arange(len(pairs))

    def find(self, sentences: "ReadSentences") -> tuple[Places, Places]:
        """Return the sentence and the number of each pair that is known."""
        firsts, seconds = _halves(sentences.keys)
        numbers = self._numbers[self._rows[firsts], self._columns[seconds]]
        known = numbers != _UNKNOWN
        return sentences.rows[known], numbers[known]


def _halves(pairs: Keys) -> tuple[Places, Places]:
    return (pairs >> 16).astype(np.int64), (pairs & 0xFFFF).astype(np.int64)


def _numbered(characters: Places) -> Places:
    """Return a table from character to a number from 1 on; 0 for all others."""
    known = np.unique(characters)
    numbers = np.zeros(1 << 16, dtype=np.int64)
    numbers[known] = np.arange(1, len(known) + 1)
    return numbers


@dataclass(frozen=True, kw_only=True)
class RoleModel:
    """Two margins a sentence: suggestion or not; if not, problem or background."""

    pairs: Keys  # (n_pairs,), sorted: first character · 65536 + second
    pair_weights: Floats  # (n_pairs, 2)
    trait_weights: Floats  # (n_traits, 2)
    intercepts: Floats  # (2,)
    context_weights: Floats  # (CONTEXT, 2)
    context_intercepts: Floats  # (2,)
    wording: RoleWording

    def arrays(self) -> Mapping[str, npt.NDArray[np.generic]]:
        """Return everything that was fitted, by name; the pairs are among it as numbers."""
        names = [field.name for field in fields(self) if field.name != "wording"]
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, npt.NDArray[np.generic]], wording: RoleWording
    ) -> "RoleModel":
        """Make the model of what ``arrays`` returned; other names are left alone.

        Raises:
            KeyError: one is missing.
            ValueError: fitted on other traits than this program reads.
        """
        names = [field.name for field in fields(cls) if field.name != "wording"]
        model = cls(**{name: arrays[name] for name in names}, wording=wording)  # type: ignore[arg-type]
        if (len(model.trait_weights), len(model.context_weights)) != (len(TRAITS), CONTEXT):
            raise ValueError("role model was fitted on other traits or another context")
        return model

    @property
    def vocabulary(self) -> Sequence[str]:
        """The pairs as words, in the order of the weights: for a person to look at."""
        return [chr(key >> 16) + chr(key & 0xFFFF) for key in self.pairs.tolist()]

    @cached_property
    def _table(self) -> PairTable:
        return PairTable(self.pairs)

    def own_margins(self, sentences: "ReadSentences") -> Floats:
        """Return what each sentence says by itself, shape (n_sentences, 2)."""
        if not len(self.pairs):
            return sentences.traits @ self.trait_weights + self.intercepts
        rows, found = self._table.find(sentences)
        size = len(sentences.traits)
        scale = 1 / np.sqrt(np.maximum(np.bincount(rows, minlength=size), 1))
        sums = [np.bincount(rows, self.pair_weights[found, n], minlength=size) for n in (0, 1)]
        margins = np.stack(sums, axis=1) * scale[:, None]
        margins += sentences.traits @ self.trait_weights + self.intercepts
        return margins.astype(np.float32)

    def margins(
        self, sentences: "ReadSentences", empty: npt.NDArray[np.bool_] | None = None
    ) -> Floats:
        """Return what each sentence says among the others, shape (n_sentences, 2).

        The ``empty`` ones are nobody's neighbours: what is padded in between changes no role.
        """
        own = self.own_margins(sentences)
        context = in_context(own, sentences.traits)
        if empty is not None and 0 < empty.sum() < len(empty):
            context[~empty] = in_context(own[~empty], sentences.traits[~empty])
        margins: Floats = context @ self.context_weights + self.context_intercepts
        margins[:, 0] += LEAN * _plainly_asking(sentences.traits)
        return margins


@dataclass(frozen=True, kw_only=True)
class ReadSentences:
    """What the model reads of a text's sentences."""

    spans: Sequence[Span]
    keys: Keys  # (n_found,): every pair of characters of every sentence
    rows: Places  # (n_found,): the sentence of each
    traits: Floats  # (n_sentences, n_traits)
    says_something: npt.NDArray[np.bool_]  # (n_sentences,) False where all was left out


def read_sentences(
    told: Sequence[str],
    sentences: Sequence[Span],
    evidence: Sequence[Evidence],
    wording: RoleWording,
) -> ReadSentences:
    """Read the pairs and traits of each sentence.

    A sentence's first character is paired with a line break; all digits are 0.

    Args:
        told: what is judged of each sentence, as ``leave_out_hollow`` returned it.
        sentences: where they stand in the text.
        evidence: everything that ``find_evidence`` found in it.
        wording: of the model that is to read them.
    """
    if not sentences:
        none = np.zeros(0, dtype=np.int64)
        traits = np.zeros((0, len(TRAITS)), dtype=np.float32)
        return ReadSentences(
            spans=[],
            keys=none.astype(np.uint32),
            rows=none,
            traits=traits,
            says_something=none.astype(bool),
        )
    lengths = np.array([len(each) for each in told])
    codes = np.frombuffer("".join(told).encode("utf-32-le"), dtype=np.uint32)
    codes = np.where((codes >= 0x30) & (codes <= 0x39), 0x30, np.minimum(codes, 0xFFFF))
    before = np.empty_like(codes)
    before[1:] = codes[:-1]
    before[(np.cumsum(lengths) - lengths)[lengths > 0]] = 0x0A
    return ReadSentences(
        spans=sentences,
        keys=((before << 16) | codes).astype(np.uint32),
        rows=np.repeat(np.arange(len(told)), lengths),
        traits=_traits(told, evidence, wording),
        says_something=lengths > 1,
    )


def _traits(told: Sequence[str], evidence: Sequence[Evidence], wording: RoleWording) -> Floats:
    traits = np.zeros((len(told), len(TRAITS)), dtype=np.float32)
    seen = [
        (each.sentence, _COLUMN[each.type])
        for each in evidence
        if each.type in _COLUMN and Fact.HOLLOW not in each.facts
    ]
    if seen:
        rows, columns = zip(*seen, strict=True)
        traits[rows, columns] = 1
    traits[:, _ASKS] = [_asks(each, wording) for each in told]
    traits[:, _GOES_ON] = [each.endswith(";") for each in told]
    traits[:, _GOES_ON - 1] = [each.endswith("?") for each in told]
    traits[:, -2] = [each.endswith(":") for each in told]
    traits[:, -1] = np.log([max(len(each), 1) for each in told]) / 4
    return traits


def _asks(quote: str, wording: RoleWording) -> int:
    """Return 2 where a sentence begins by asking, 1 where a later clause does."""
    found = wording.asks.search(quote)
    return 0 if found is None else 2 if found.start() == 0 else 1


def in_context(own: Floats, traits: Floats) -> Floats:
    """Return what the second step reads, shape (n_sentences, CONTEXT).

    Before and behind count alike, so that reversed lines read the same.
    """
    sure = np.clip(own, -SURE, SURE)
    columns = [own[:, 0], own[:, 1]]
    for kernel in (_NEAR, _AROUND):
        there = np.convolve(np.ones(len(own), dtype=np.float32), kernel)
        middle = slice(len(kernel) // 2, len(kernel) // 2 + len(own))
        for column in (0, 1):
            total = np.convolve(sure[:, column], kernel)[middle]
            columns.append(total / np.maximum(there[middle], 0.5))
    joined = np.zeros(len(own), dtype=np.float32)
    joined[1:] += traits[:-1, _GOES_ON] * sure[:-1, 0]
    joined[:-1] += traits[:-1, _GOES_ON] * sure[1:, 0]
    return np.stack([*columns, joined, traits[:, _ASKS]], axis=1).astype(np.float32)


def _plainly_asking(traits: Floats) -> Floats:
    """Mark the sentences that begin by asking, and what semicolons join to them.

    Headings teach too little of it: short letters have none, and often one such sentence.
    """
    asking = traits[:, _ASKS] == 2
    for n in np.flatnonzero(traits[:-1, _GOES_ON]):
        asking[n + 1] |= asking[n]
    marked: Floats = asking.astype(np.float32)
    return marked


def tell_suggestions(
    headings: Sequence[Heading],
    model: RoleModel,
    read: ReadSentences,
    empty: npt.NDArray[np.bool_] | None = None,
) -> Floats:
    """Return what speaks for each sentence's suggesting, and for its telling of a problem.

    Both as logarithms of odds, shape (n_sentences, 2); headings are heard, too.
    """
    if not read.spans:
        return np.zeros((0, 2), dtype=np.float32)
    margins = model.margins(read, empty)
    sure = margins[:, 0] if empty is None else np.where(empty, 0.0, margins[:, 0])
    margins += lean_on_headings(read.spans, headings, sure)
    return margins


def assign_roles(
    document: Document,
    evidence: Sequence[Evidence],
    headings: Sequence[Heading],
    read: ReadSentences,
    margins: Floats,
    wording: RoleWording,
) -> Sequence[Sentence]:
    """Return all sentences of ``document.text`` in order, each with what it does.

    Args:
        document: the whole text.
        evidence: everything that ``find_evidence`` found in it.
        headings: everything that ``find_headings`` found in it.
        read: what ``read_sentences`` read of all its sentences.
        margins: what ``tell_suggestions`` told of them.
        wording: that of the model which told it.
    """
    sentences = read.spans
    found: list[list[Evidence]] = [[] for _ in sentences]
    for each in evidence:
        found[each.sentence].append(each)
    title = len(document.title) if document.body else 0
    bare = {heading.start for heading in headings if _is_bare(heading, document.text)}
    roles = (
        SentenceRole.OTHER
        if sentence.start < title or sentence.start in bare
        else _role(sentence.quote, seen, suggests > 0, problem > 0, wording)
        for sentence, seen, (suggests, problem) in zip(
            sentences, found, margins.tolist(), strict=True
        )
    )
    return [
        Sentence(start=each.start, end=each.end, quote=each.quote, role=role)
        for each, role in zip(sentences, roles, strict=True)
    ]


def _is_bare(heading: Heading, text: str) -> bool:
    return text[heading.end : heading.end + 1] in ("", "\n")


def _role(
    quote: str, seen: Sequence[Evidence], suggests: bool, problem: bool, wording: RoleWording
) -> SentenceRole:
    types = {each.type for each in seen}
    if (len(quote) <= _SHORT and wording.other.search(quote)) or not _LETTER.search(quote):
        return SentenceRole.OTHER
    if _is_private(quote, types, wording):
        return SentenceRole.PERSONAL
    if _is_slogan(quote, seen, types):
        return SentenceRole.SLOGAN
    if suggests:
        return SentenceRole.SUGGESTION
    if EvidenceType.CAUSE in types:
        return SentenceRole.CAUSE
    if types.intersection(_GROUNDS):
        return SentenceRole.EVIDENCE
    return SentenceRole.PROBLEM if problem else SentenceRole.BACKGROUND


_LETTER = re.compile(r"[^\W\d_]")


def _is_private(quote: str, types: set[EvidenceType], wording: RoleWording) -> bool:
    if not wording.private.search(quote) or wording.official.search(quote):
        return False
    return EvidenceType.SURVEY not in types and EvidenceType.SOURCE not in types


def _is_slogan(quote: str, seen: Sequence[Evidence], types: set[EvidenceType]) -> bool:
    """Say whether slogans fill at least half of the clauses and nothing concrete stands there."""
    if EvidenceType.SLOGAN not in types or types & _CONCRETE:
        return False
    slogans = sum(each.type is EvidenceType.SLOGAN for each in seen)
    return 2 * slogans >= len(_CLAUSE_END.findall(quote.rstrip("。;!?"))) + 1


_CLAUSE_END = re.compile("[,:。;!?]")
