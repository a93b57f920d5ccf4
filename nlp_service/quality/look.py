"""Look at a text once: what it shows, what each sentence does, what is left to judge it by."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, replace

import numpy as np

from nlp_service.domain.quality import Sentence, SentenceRole
from nlp_service.domain.span import Span
from nlp_service.quality.empty_talk import Booleans, EmptyTalk
from nlp_service.quality.evidence import Evidence, EvidenceLexicon, Fact, find_evidence
from nlp_service.quality.hollow import leave_out_hollow
from nlp_service.quality.role_wording import RoleWording, find_headings, is_announcement
from nlp_service.quality.roles import RoleModel, assign_roles, read_sentences, tell_suggestions
from nlp_service.quality.substance import Substance, find_first_said, find_substance
from nlp_service.text.normalise import Document
from nlp_service.text.sections import find_suggestions
from nlp_service.text.sentences import split_sentences


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was found in one text."""

    evidence: Sequence[Evidence]
    sentences: Sequence[Sentence]
    substance: Substance


def _placed(evidence: Evidence, sentence: Sentence) -> Evidence:
    """Let what stands in a sentence that suggests be suggested, headings or not.

    Where nothing is suggested, nobody is to act.
    """
    if evidence.suggested:
        return evidence
    if sentence.role is SentenceRole.SUGGESTION:
        return replace(evidence, suggested=True)
    if Fact.ACTS in evidence.facts:
        return replace(evidence, facts=evidence.facts - {Fact.ACTS})
    return evidence


def _introduce(document: Document, sentences: Sequence[Span]) -> Booleans:
    """Say in which sentences the author's person stood: they say who writes, not what."""
    scored = document.scored.text
    return np.array(
        [scored[sentence.start : sentence.end] != sentence.quote for sentence in sentences],
        dtype=bool,
    )


def _announce(told: Sequence[str], wording: RoleWording) -> Booleans:
    """Say which sentences only say what follows."""
    return np.array([is_announcement(sentence, wording) for sentence in told], dtype=bool)


def _repeat(first: Set[int], n_sentences: int) -> Booleans:
    """Say which sentences were said before: what is said again changes nothing."""
    again = np.ones(n_sentences, dtype=bool)
    again[list(first)] = False
    return again


@dataclass(frozen=True, kw_only=True)
class Looker:
    """Holds the rules and small models with which texts are looked at."""

    lexicon: EvidenceLexicon
    roles: RoleModel
    empty_talk: EmptyTalk

    def look(self, document: Document) -> Look:
        """Find the evidence, give each sentence its role, and leave out what says nothing."""
        spans = split_sentences(document.text)
        evidence = find_evidence(document, self.lexicon, spans)
        told = leave_out_hollow(document.scored.text, spans, evidence)
        first = find_first_said(told)
        read = read_sentences(told, spans, evidence, self.roles.wording)
        empty = (
            self.empty_talk.is_empty(read)
            | _introduce(document, spans)
            | _repeat(first, len(spans))
            | _announce(told, self.roles.wording)
            | ~read.says_something
        )
        headings = list(find_headings(document.text, self.roles.wording))
        margins = tell_suggestions(headings, self.roles, read, empty)
        sentences = assign_roles(document, evidence, headings, read, margins, self.roles.wording)
        evidence = [_placed(each, sentences[each.sentence]) for each in evidence]
        announced = find_suggestions(document.body) is not None or any(
            heading.role is SentenceRole.SUGGESTION for heading in headings
        )
        return Look(
            evidence=evidence,
            sentences=sentences,
            substance=find_substance(
                document,
                evidence,
                sentences,
                first=first,
                told=told,
                suggesting=1.0 / (1.0 + np.exp(-margins[:, 0])),
                empty=empty,
                announced=announced,
            ),
        )
