"""Hold what was found in a proposal against what each dimension of the rubric looks for.

``advice.toml`` says which evidence speaks for a dimension, which against it, and what to name as
未见 where it is not there. No level is given here, and nothing is said to be true.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

from nlp_service.domain.quality import Quote, Sentence, SentenceRole
from nlp_service.quality.advice_table import (
    AdviceTable,
    FormTable,
    Lack,
    SignTable,
    WantTable,
    read_advice,
)
from nlp_service.quality.evidence import Evidence, EvidenceType, Fact
from nlp_service.quality.evidence_lexicon import Part
from nlp_service.text.normalise import Document

__all__ = [
    "MOST_QUOTES",
    "AdviceTable",
    "Checked",
    "Lack",
    "ReadProposal",
    "check_dimension",
    "read_advice",
]

MOST_QUOTES = 8
"""Quotes shown for a dimension, and as many against it."""

_SITUATION = (SentenceRole.BACKGROUND, SentenceRole.PROBLEM, SentenceRole.EVIDENCE)
_SUGGESTION = (SentenceRole.SUGGESTION, SentenceRole.SLOGAN)
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found for one dimension."""

    seen: Sequence[Quote]
    """In text order."""
    against: Sequence[Quote]
    """In text order."""
    lacks: Sequence[Lack]
    """What would help most first."""
    foremost: Sequence[Quote]
    """The quotes of ``seen``, the most telling first."""

    @property
    def missing(self) -> Sequence[str]:
        """What was looked for and not seen (未见), what would help most first."""
        return [lack.missing for lack in self.lacks]


class ReadProposal:
    """One text, and what was found in it by its type: a sign asks for quotes of one type alone."""

    def __init__(
        self,
        document: Document,
        evidence: Sequence[Evidence],
        sentences: Sequence[Sentence],
        *,
        heading: str,
    ) -> None:
        """Sort what was found.

        Args:
            document: for the title and the length.
            evidence: everything that ``find_evidence`` found in it.
            sentences: its sentences, with what each does: for the parts of a proposal.
            heading: a pattern; a quote that is no more than a heading is never shown.
        """
        bare = re.compile(heading).fullmatch
        self.document = document
        self.body = [each for each in sentences if each.start >= len(document.title)]
        self.evidence = _settled(evidence, sentences)
        self._of_type: dict[EvidenceType, list[Evidence]] = defaultdict(list)
        for each in self.evidence:
            self._of_type[each.type].append(each)
        self._shown = {
            kind: [each for each in self._once(found) if not bare(each.quote)]
            for kind, found in self._of_type.items()
        }

    def part(self, part: Part) -> str:
        """Return what stands in a part of the text."""
        if part is Part.ANYWHERE:
            return self.document.text
        if part is Part.BODY:
            return self.document.body
        suggesting = part is Part.SUGGESTIONS
        return "\n".join(
            each.quote for each in self.body if (each.role in _SUGGESTION) is suggesting
        )

    def lacks(self, want: WantTable) -> bool:
        """Say whether something is wanted and not there."""
        if want.when and not self._fitting(want.when):
            return False
        found = self._fitting(want.any)
        return len(found) < want.at_least or len({each.type for each in found}) < want.kinds

    def _fitting(self, signs: Sequence[SignTable]) -> Sequence[Evidence]:
        """Return, each once, what fits one of the signs."""
        fitting = {
            id(each): each
            for sign in signs
            for each in self._of_type.get(sign.type, ())
            if sign.fits(each)
        }
        return list(fitting.values())

    def foremost(self, signs: Sequence[SignTable]) -> Sequence[Evidence]:
        """Return the most telling quotes, none within another, a few of every sign.

        First comes one of each sign, in the order of the signs, then a second of each, and so on.
        What fits several signs counts for the first.
        """
        chosen: list[Evidence] = []
        for each in chain.from_iterable(zip_longest(*self._rows(signs))):
            if len(chosen) == MOST_QUOTES:
                break
            if each and not any(each.start < it.end and it.start < each.end for it in chosen):
                chosen.append(each)
        return chosen

    def _rows(self, signs: Sequence[SignTable]) -> Iterator[Sequence[Evidence]]:
        """Yield what fits each sign and none before it, the most telling first."""
        left: dict[EvidenceType, Sequence[Evidence]] = {
            sign.type: self._shown.get(sign.type, ()) for sign in signs
        }
        for sign in signs:
            if not (there := left[sign.type]):
                continue
            fitting: list[Evidence] = []
            others: list[Evidence] = []
            left[sign.type] = others
            for each in there:
                (fitting if sign.fits(each) else others).append(each)
            yield sorted(fitting, key=_most_facts_first)

    def _once(self, evidence: Sequence[Evidence]) -> Sequence[Evidence]:
        """Return each quote once, from the body rather than the title."""
        once: dict[tuple[bool, str], Evidence] = {}
        for each in evidence:
            first = once.setdefault((each.suggested, each.quote), each)
            if first.start < len(self.document.title):
                once[each.suggested, each.quote] = each
        return list(once.values())


def _most_facts_first(evidence: Evidence) -> int:
    return -len(evidence.facts)


def check_dimension(
    code: str,
    proposal: ReadProposal,
    *,
    table: AdviceTable,
    names: Mapping[EvidenceType, str],
    level: float = 0.0,
    several_matters: bool = False,
) -> Checked:
    """Return what speaks for and against a dimension, and what was not seen.

    Args:
        code: ``Q1`` … ``Q6``.
        proposal: the text and what was found in it.
        table: what ``read_advice`` returned.
        names: of the kinds of evidence, for users.
        level: what readers would give, 0–4; what this level implies is not called missing.
        several_matters: a sign of several unrelated matters (G12) was found.
    """
    dimension = table.of(code)
    lacks = [
        Lack(missing=want.missing, hint=want.hint, matters=want.matters)
        for want in dimension.want
        if level < want.below
        and proposal.lacks(want)
        and not (want.unless and re.search(want.unless, proposal.part(want.unless_in)))
    ]
    if code == table.form.dimension:
        lacks += _faults_of_form(proposal, table.form, several_matters)
    seen = _quotes(proposal.foremost(dimension.seen), names)
    against = _quotes(proposal.foremost(dimension.against), names)
    return Checked(
        seen=_in_text_order(seen),
        against=_in_text_order(against),
        lacks=sorted(lacks, key=lambda lack: -lack.matters),
        foremost=seen,
    )


def _settled(evidence: Sequence[Evidence], sentences: Sequence[Sentence]) -> Sequence[Evidence]:
    """Return the evidence; what stands in a sentence that suggests is marked as suggested."""
    starts = [sentence.start for sentence in sentences]
    suggesting = [False, *(sentence.role in _SUGGESTION for sentence in sentences)]
    return [
        each
        if each.suggested or not suggesting[bisect_right(starts, each.start)]
        else replace(each, suggested=True)
        for each in evidence
    ]


def _in_text_order(quotes: Sequence[Quote]) -> Sequence[Quote]:
    return sorted(quotes, key=lambda each: (each.start, each.end))


def _quotes(evidence: Sequence[Evidence], names: Mapping[EvidenceType, str]) -> Sequence[Quote]:
    return [
        Quote(
            start=each.start,
            end=each.end,
            quote=each.quote,
            type=each.type.value,
            name=names[each.type],
            suggested=each.suggested,
        )
        for each in evidence
    ]


_ANALYSIS = (
    SignTable(type=EvidenceType.CAUSE, without=Fact.LISTED, suggested=False),
    SignTable(type=EvidenceType.OBSTACLE, suggested=False),
)


def _faults_of_form(
    proposal: ReadProposal, form: FormTable, several_matters: bool
) -> Iterator[Lack]:
    """Yield what is amiss with title, parts, length and unity."""
    document, roles = proposal.document, {sentence.role for sentence in proposal.body}
    evidence = [each for each in proposal.evidence if each.start >= len(document.title)]
    length = len(_BLANKS.sub("", document.body))
    if not re.fullmatch(form.title, document.title):
        yield form.titled
    if roles.isdisjoint(_SITUATION) and all(each.suggested for each in evidence):
        yield form.situation
    analysed = SentenceRole.CAUSE in roles or re.search(form.causes, proposal.part(Part.SITUATION))
    if not analysed and not any(sign.fits(each) for sign in _ANALYSIS for each in evidence):
        yield form.analysis
    if roles.isdisjoint(_SUGGESTION) and not any(each.suggested for each in evidence):
        yield form.suggestion
    if length < form.shortest:
        yield _filled(form.short, length=length, limit=form.shortest)
    if length > form.longest:
        yield _filled(form.long, length=length, limit=form.longest)
    if several_matters:
        yield form.single


def _filled(lack: Lack, *, length: int, limit: int) -> Lack:
    return replace(
        lack,
        missing=lack.missing.format(length=length, limit=limit),
        hint=lack.hint.format(length=length, limit=limit),
        said=lack.said and lack.said.format(length=length, limit=limit),
    )
