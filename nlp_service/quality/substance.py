"""What of a text its quality is judged by: each thing once, and nothing empty.

So nobody gains by padding, by repeating or by sprinkling figures: what is left out can neither
raise nor lower a score. Figures count only as far as the text says where they come from.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

from nlp_service.domain.quality import Sentence, SentenceRole
from nlp_service.quality.empty_talk import Booleans
from nlp_service.quality.evidence import Evidence, EvidenceType, Fact
from nlp_service.quality.levels import ACTING, ANNOUNCED
from nlp_service.quality.role_wording import is_numbered_heading
from nlp_service.tagging.linear import Floats
from nlp_service.text.normalise import Document

_SOLID = frozenset(
    {
        EvidenceType.FIGURE,
        EvidenceType.SURVEY,
        EvidenceType.CASE,
        EvidenceType.COMPARISON,
        EvidenceType.SOURCE,
        EvidenceType.PLACE,
        EvidenceType.OBSTACLE,
        EvidenceType.ACTION,
        EvidenceType.QUANTITY,
        EvidenceType.DEADLINE,
        EvidenceType.MONEY,
        EvidenceType.LEGAL_BASIS,
        EvidenceType.PRECEDENT,
    }
)
_ANCHORS = frozenset(
    {
        EvidenceType.CASE,
        EvidenceType.SOURCE,
        EvidenceType.PLACE,
        EvidenceType.LEGAL_BASIS,
        EvidenceType.PRECEDENT,
    }
)
_BACKING = frozenset({EvidenceType.SOURCE, EvidenceType.SURVEY, EvidenceType.CASE})
_LACKING = frozenset(kind for kind in EvidenceType if kind.lacks_substance)
_PADDING = frozenset({EvidenceType.SLOGAN, EvidenceType.VAGUENESS})
_OWNED = frozenset({EvidenceType.QUANTITY, EvidenceType.MONEY, EvidenceType.DEADLINE})
_TELLING = tuple(
    role for role in SentenceRole if role not in (SentenceRole.SLOGAN, SentenceRole.OTHER)
)
_TROUBLES = (
    SentenceRole.PROBLEM,
    SentenceRole.CAUSE,
    SentenceRole.BACKGROUND,
    SentenceRole.PERSONAL,
)
_HALF = 0.5
_BARE_FIGURES, _FIGURES_BACKED = 1, 2  # that count without backing; that each backing quote carries
_DIGIT = re.compile(r"\d")
_NO_LETTERS = re.compile(r"[\W\d_]+")
_LETTER = re.compile(r"[^\W\d_]")


def is_solid(evidence: Evidence) -> bool:
    """Say whether a quote makes its sentence one that says something."""
    return (
        evidence.type in _SOLID
        or _acts(evidence)
        or (evidence.type is EvidenceType.CAUSE and Fact.LISTED not in evidence.facts)
    )


def _acts(evidence: Evidence) -> bool:
    return Fact.ACTS in evidence.facts and evidence.suggested


def _anchors(evidence: Evidence) -> bool:
    """Say whether a quote keeps its sentence although that is worded like empty talk."""
    return (
        evidence.type in _ANCHORS
        or _acts(evidence)
        or (evidence.type is EvidenceType.SURVEY and bool(evidence.facts))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A sentence that says something."""

    text: str
    """Its digits are all 0; clauses with figures of what nobody can measure are cut out."""
    suggesting: float
    """How likely it suggests something, 0–1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Substance:
    """What is left of a text."""

    lines: Sequence[Line]
    """The sentences of the body that say something, each once, no title."""
    counts: Mapping[str, int]
    """How often each kind of evidence and each role of sentence occurs in them."""
    suggests: Mapping[str, int]
    """How often the whole text suggests something, empty or not: which words of it do."""

    @property
    def document(self) -> Document:
        """The lines as a text of its own."""
        return Document(title="", body="\n".join(line.text for line in self.lines))


def find_substance(
    document: Document,
    evidence: Sequence[Evidence],
    sentences: Sequence[Sentence],
    *,
    first: Set[int],
    told: Sequence[str],
    suggesting: Floats,
    empty: Booleans,
    announced: bool,
) -> Substance:
    """Leave out what was said before, and what says nothing.

    Args:
        document: the whole text.
        evidence: everything that ``find_evidence`` found in it.
        sentences: of the whole text, with their roles.
        first: which of them say something for the first time, as ``find_first_said`` tells.
        told: what of each is judged, as ``leave_out_hollow`` returned it.
        suggesting: how likely each of them suggests something, (n_sentences,).
        empty: which of them are worded like empty talk, (n_sentences,).
        announced: whether the text says that suggestions follow.
    """
    counting = _owned(_backed(_once(evidence)))
    solid = {each.sentence for each in counting if is_solid(each)}
    lacking = {each.sentence for each in evidence if each.type in _LACKING}
    lacking |= {n for n, sentence in enumerate(sentences) if is_numbered_heading(sentence.quote)}
    concrete = {each.sentence for each in counting if each.type not in _LACKING}
    telling = {n for n, sentence in enumerate(sentences) if sentence.role in _TELLING}
    anchored = {each.sentence for each in counting if _anchors(each)}
    kept = (
        (first & (telling | solid)) - (set(np.flatnonzero(empty)) - anchored) - (lacking - concrete)
    )
    if not kept & solid:  # a wish without a thing behind it says nothing; a trouble told does
        kept -= {n for n in kept if sentences[n].role not in _TROUBLES or suggesting[n] > _HALF}
    body_start = len(document.text) - len(document.body)
    lines = [
        Line(text=text, suggesting=float(suggesting[number]))
        for number, sentence in enumerate(sentences)
        if number in kept and sentence.start >= body_start
        if _LETTER.search(text := _DIGIT.sub("0", told[number]))
    ]
    return Substance(
        lines=lines,
        counts=_counts(
            [each for each in counting if each.sentence in kept],
            [sentence for number, sentence in enumerate(sentences) if number in kept & solid],
        ),
        suggests=_suggesting(
            announced,
            [each for each in evidence if each.sentence in first],
            [sentence for number, sentence in enumerate(sentences) if number in first],
        ),
    )


def _suggesting(
    announced: bool, evidence: Sequence[Evidence], sentences: Sequence[Sentence]
) -> Mapping[str, int]:
    roles = Counter(sentence.role for sentence in sentences)
    return {
        "sentences": roles[SentenceRole.SUGGESTION],
        "slogans": roles[SentenceRole.SLOGAN],
        "quotes": len({each.sentence for each in evidence if each.suggested}),
        ANNOUNCED: int(announced),
        ACTING: len({each.sentence for each in evidence if Fact.ACTS in each.facts}),
    }


def find_first_said(told: Sequence[str]) -> Set[int]:
    """Return which sentences say something and do not repeat an earlier one, but for figures.

    ``told`` is what of each sentence is judged.
    """
    said = {""}
    first = set()
    for number, sentence in enumerate(told):
        words = _NO_LETTERS.sub("", sentence)
        if words not in said:
            said.add(words)
            first.add(number)
    return first


def _once(evidence: Sequence[Evidence]) -> Sequence[Evidence]:
    """Return each quote of each type once."""
    first: dict[tuple[EvidenceType, str], Evidence] = {}
    for each in evidence:
        first.setdefault((each.type, each.quote), each)
    return list(first.values())


def _backed(evidence: Sequence[Evidence]) -> Sequence[Evidence]:
    """Leave out figures beyond those that sources, surveys and cases can carry."""
    backing = sum(each.type in _BACKING for each in evidence)
    figures = [each for each in evidence if each.type is EvidenceType.FIGURE]
    hanging = {id(each) for each in figures[_BARE_FIGURES + _FIGURES_BACKED * backing :]}
    return [each for each in evidence if id(each) not in hanging]


def _owned(evidence: Sequence[Evidence]) -> Sequence[Evidence]:
    """Leave out quantities, sums and dates in sentences where nobody does anything to anything."""
    acting = {
        each.sentence
        for each in evidence
        if each.type is EvidenceType.ACTION or Fact.ACTS in each.facts
    }
    return [each for each in evidence if each.type not in _OWNED or each.sentence in acting]


def _counts(evidence: Sequence[Evidence], sentences: Sequence[Sentence]) -> Mapping[str, int]:
    """Count quotes by type and place and by what else is known of them, and sentences by role.

    Slogans and vague words are not counted: nobody loses by a padding that others put there. Beside
    these: ``suggesting``, the sentences that suggest something concrete, and ``types``, how many
    kinds of evidence there are at all.
    """
    roles = (sentence.role for sentence in sentences)
    counts: Counter[str] = Counter(f"role {role}" for role in roles if role in _TELLING)
    for each in evidence:
        if each.type not in _PADDING:
            counts[f"{each.type} {'suggested' if each.suggested else 'told'}"] += 1
            for fact in each.facts:
                counts[f"{each.type} {fact}"] += 1
    solid = [each for each in evidence if is_solid(each)]
    counts["suggesting"] = len({each.sentence for each in solid if each.suggested})
    counts["types"] = len({each.type for each in solid})
    return counts
