"""What stands beside a stored text: what models and persons hold it and others to be, and why.

Nothing is looked up anew: it is what was found when the texts came in. Only the wording that they
share is compared when it is to be shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nlp_service.domain.duplicates import Relation
from nlp_service.domain.errors import RecordUnknown
from nlp_service.domain.records import ListedSubmission, Outcome, PairDecision
from nlp_service.duplicates.groups import Link
from nlp_service.duplicates.matter import Matter
from nlp_service.duplicates.related import Related
from nlp_service.duplicates.shared_wording import SharedWording, compare
from nlp_service.store.earlier_texts import read_documents
from nlp_service.store.opening import Office
from nlp_service.store.relating import Relator

MOST_NEIGHBOURS = 10
_RANK = {Relation.COPY: 0, Relation.SAME: 1, Relation.RELATED: 2, Relation.NONE: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """Another stored text, seen from one."""

    submission: ListedSubmission
    relation: Relation
    """What counts: a person's word before the model's."""
    link: Link | None
    """What a model found; None where none compared them."""
    decision: PairDecision | None
    """What a person holds; None where nobody spoke of the two."""
    outcome: Outcome | None
    shared: SharedWording | None
    """What of the one's wording (query) the other (source) has; None where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedPair:
    """Two stored texts, read and judged."""

    first: Matter
    second: Matter
    related: Related
    """Of the first (query) to the second (source)."""


def read_neighbours(
    office: Office, relator: Relator | None, key: int, *, limit: int = MOST_NEIGHBOURS
) -> Sequence[Neighbour]:
    """Return what stands beside a text, what may be one case with it first.

    What is unrelated is left out, unless a person said so; what is restricted or deleted, always.

    Args:
        office: of the transaction.
        relator: compares the wording; without one no shared wording is told.
        key: of the submission.
        limit: how many at most.
    """
    links = {_other(key, link.first, link.second): link for link in office.groups.links_of(key)}
    said = {_other(key, one.first, one.second): one for one in office.groups.decisions_of(key)}
    held = {other: link.relation for other, link in links.items()}
    held |= {other: one.relation for other, one in said.items() if one.relation is not None}
    near = [other for other in held if held[other] is not Relation.NONE or other in said]
    chance = {other: links[other].probability if other in links else 0.0 for other in near}
    near.sort(key=lambda other: (_RANK[held[other]], -chance[other], -other))
    listed = {
        one.key: one
        for one in office.submissions.among(near[: 2 * limit])  # some may be restricted
        if not one.restricted
    }
    chosen = [other for other in near if other in listed][:limit]
    outcomes = office.outcomes.current_among(chosen)
    shared = _share(office, relator, key, chosen)
    return [
        Neighbour(
            submission=listed[other],
            relation=held[other],
            link=links.get(other),
            decision=said.get(other),
            outcome=outcomes[other].outcome if other in outcomes else None,
            shared=shared.get(other),
        )
        for other in chosen
    ]


def compare_stored(office: Office, relator: Relator, first: int, second: int) -> ComparedPair:
    """Read and judge two stored texts; the embeddings that are kept count, none is made.

    Raises:
        RecordUnknown: one of them is not there, or is restricted: such are never compared.
    """
    ids = [str(first), str(second)]
    documents = read_documents(office.connection, ids)
    if missing := [id for id in ids if id not in documents]:
        raise RecordUnknown(
            f"来件 {'、'.join(missing)} 不能比对：没有这件来件、已被删除，或者它限阅。"
        )
    vectors = office.meaning(relator.space).vectors(ids)
    one, other = (relator.read(office, documents[id], embedding=vectors.get(id)) for id in ids)
    return ComparedPair(first=one, second=other, related=relator.judge_read(one, other))


def _share(
    office: Office, relator: Relator | None, key: int, others: Sequence[int]
) -> Mapping[int, SharedWording]:
    documents = read_documents(office.connection, [str(key), *map(str, others)])
    own = documents.get(str(key))
    if relator is None or own is None or not others:
        return {}
    wording = relator.wording(office, own)
    return {
        other: compare(wording, relator.wording(office, documents[str(other)]))
        for other in others
        if str(other) in documents
    }


def _other(key: int, first: int, second: int) -> int:
    return second if first == key else first
