"""Find the earlier texts that a text copies, or that are about the same matter.

Two ways lead to candidates: shared wording and nearness in meaning. Each candidate is compared
letter by letter, and the pair classifier says what the two are to each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from nlp_service.domain.duplicates import Relation
from nlp_service.domain.submission import Kind
from nlp_service.duplicates.copies import choose_candidates
from nlp_service.duplicates.index import WordingIndex
from nlp_service.duplicates.matter import Matter
from nlp_service.duplicates.meaning_index import MeaningIndex
from nlp_service.duplicates.pairs import Judgement, PairModel
from nlp_service.duplicates.shared_wording import SharedWording, compare

NEAREST = 8
"""Neighbours in meaning that are compared."""
_RANK = {Relation.COPY: 0, Relation.SAME: 1, Relation.RELATED: 2, Relation.NONE: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """An earlier text, and what it is to the text asked for."""

    id: str
    judgement: Judgement
    shared: SharedWording


@dataclass(frozen=True, slots=True, kw_only=True)
class Among:
    """Which earlier texts are looked at; what is None does not count."""

    kind: Kind | None = None
    dated_from: date | None = None
    dated_until: date | None = None


def choose_sources(
    query: Matter, wording: WordingIndex, meaning: MeaningIndex | None, among: Among | None = None
) -> Sequence[str]:
    """Return the ids that are worth comparing, each once; the text itself where it is indexed.

    What shares wording is compared whatever its kind and date: a copy is a copy.
    """
    found = [each.id for each in choose_candidates(query.wording, wording)]
    if meaning is not None and query.embedding is not None:
        among = among or Among()
        near = meaning.nearest(
            query.embedding,
            limit=NEAREST,
            kind=among.kind,
            dated_from=among.dated_from,
            dated_until=among.dated_until,
        )
        found += [each.id for each in near]
    return list(dict.fromkeys(found))


def judge_sources(
    query: Matter, sources: Mapping[str, Matter], model: PairModel
) -> Sequence[Related]:
    """Say what each source is to the query: copies first, then the same matter, then others.

    Within a relation the surest stand first, equals in the order of the sources.
    """
    judged = []
    for id, source in sources.items():
        shared = compare(query.wording, source.wording)
        judged.append(Related(id=id, judgement=model.judge(query, source, shared), shared=shared))
    return sorted(
        judged, key=lambda each: (_RANK[each.judgement.relation], -each.judgement.mergeable)
    )
