"""Read the proposals of a session as the committee screens them, the low band first.

One session is a hundred or two proposals, so all of them are read at once: with what the machine
said, what persons said, what they were merged with and what comes nearest to them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from sqlalchemy import Connection, Row, select

from nlp_service.domain.audit import Export, RecordKind
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Merge, Origin
from nlp_service.domain.reviews import Findings, machine_findings
from nlp_service.domain.screening import (
    CaseGround,
    Decision,
    NearestCase,
    ProposalCase,
    SessionScope,
    Suggestion,
    TermSession,
    read_answers,
)
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.quality.correction import correct_total
from nlp_service.store.among import among
from nlp_service.store.audit import Audit
from nlp_service.store.merges import Merges
from nlp_service.store.nearest import find_nearest
from nlp_service.store.outcomes import Outcomes
from nlp_service.store.review_tables import reviews
from nlp_service.store.screening_tables import adopted_reviews
from nlp_service.store.tables import assessments, submissions
from nlp_service.store.term_sessions import proposals_of


class Screening:
    """Proposals as the committee sees them, in the caller's transaction."""

    def __init__(
        self, connection: Connection, merges: Merges, outcomes: Outcomes, audit: Audit
    ) -> None:
        self._connection, self._audit = connection, audit
        self._merges, self._outcomes = merges, outcomes

    def cases(self, scope: SessionScope, taxonomy: Taxonomy) -> Sequence[ProposalCase]:
        """Return the proposals of a session, the lowest total first, the unjudged last."""
        return self._read_where(taxonomy, submissions.c.key.in_(proposals_of(scope)))

    def case(self, key: int, taxonomy: Taxonomy) -> ProposalCase | None:
        """Return one proposal; None where it is not there."""
        return next(iter(self._read_where(taxonomy, submissions.c.key == key)), None)

    def note_export(self, session: TermSession, *, format: str, proposals: int) -> None:
        """Note that a session's packet was taken out of the service."""
        told = {"format": format, "proposals": proposals}
        kind, key = RecordKind.TERM_SESSION, session.key
        self._audit.note_export(Export.PACKET, told, kind=kind, key=key)

    def _read_where(self, taxonomy: Taxonomy, *conditions: Any) -> Sequence[ProposalCase]:
        s, a = submissions.c, assessments.c
        rows = self._connection.execute(
            select(
                *(s.key, s.reference, s.title, s.dated_on, s.restricted, s.merge_key),
                *(s.submitter, s.district, s.source, a.score, a.answer),
            )
            .join_from(submissions, assessments)
            .where(a.current, s.deleted_at.is_(None), *conditions)
        ).all()
        keys = [row.key for row in rows]
        merges = {key: self._merges.get(key) for key in {row.merge_key for row in rows} - {None}}
        said = self._said_of(keys)
        nearest = find_nearest(self._connection, self._outcomes, keys)
        cases = [
            _case(row, taxonomy, said[row.key], merges.get(row.merge_key), nearest.get(row.key))
            for row in rows
        ]
        return sorted(cases, key=_by_total)

    def _said_of(self, keys: Sequence[int]) -> Mapping[int, "_Said"]:
        """Return what persons said of the submissions."""
        c = reviews.c
        rows = self._connection.execute(
            select(
                *(c.submission_key, c.key, c.person, c.note, c.reviewed_at, c.reviewed_by),
                adopted_reviews.c.review_key.is_not(None).label("adopted"),
            )
            .outerjoin(adopted_reviews, adopted_reviews.c.review_key == c.key)
            .where(among(c.submission_key, keys), c.undone_at.is_(None))
            .order_by(c.key)
        )
        found: dict[int, list[Row[*tuple[Any, ...]]]] = defaultdict(list)
        for row in rows:
            found[row.submission_key].append(row)
        return {key: _Said(rows=found[key]) for key in keys}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """The reviews in force of one submission, oldest first."""

    rows: Sequence[Row[*tuple[Any, ...]]]

    @property
    def findings(self) -> Findings:
        said = (Findings.from_dict(row.person) for row in self.rows)
        return reduce(lambda earlier, later: later.over(earlier), said, Findings())

    @property
    def adopted(self) -> Sequence[str]:
        """The parts whose last word was taken over from the machine with many others."""
        last = {part: row.adopted for row in self.rows for part in row.person}
        return [part for part, adopted in last.items() if adopted]

    @property
    def decision(self) -> Decision | None:
        spoke = [row for row in self.rows if row.person.get("disposition")]
        if not spoke:
            return None
        last = spoke[-1]
        return Decision(
            disposition=Disposition(last.person["disposition"]),
            review_key=last.key,
            decided_at=last.reviewed_at,
            decided_by=last.reviewed_by,
            note=last.note,
            adopted=last.adopted,
        )


def _case(
    row: Row[*tuple[Any, ...]],
    taxonomy: Taxonomy,
    said: _Said,
    merge: Merge | None,
    nearest: NearestCase | None,
) -> ProposalCase:
    answer, person, machine = row.answer, said.findings, machine_findings(row.answer)
    quality, held = answer["quality"] or {}, person.over(machine)
    corrected = correct_total(quality.get("levels", ()), person.levels or {}, taxonomy)
    return ProposalCase(
        key=row.key,
        reference=row.reference,
        title=row.title,
        origin=Origin(submitter=row.submitter, district=row.district, source=row.source),
        dated_on=row.dated_on,
        restricted=row.restricted,
        score=corrected.score if corrected else row.score,
        band=corrected.band if corrected else quality.get("band", ""),
        score_corrected=corrected is not None,
        low=quality.get("low", 0.0),
        answers=read_answers(answer["quality"]),
        grounds=_grounds(answer["gates"], held.gates or (), taxonomy),
        doubts=quality.get("doubts", ()),
        held=held,
        machine=machine,
        spoken=person.parts,
        adopted=said.adopted,
        certainty=_certainty(answer),
        suggestion=_suggestion(answer["disposition"]),
        note=quality.get("note", ""),
        decision=said.decision,
        merge=merge,
        nearest=nearest,
    )


def _by_total(case: ProposalCase) -> tuple[bool, float, int]:
    """Rank the lowest total first, the unjudged last."""
    return case.score is None, case.score or 0.0, case.key


def _grounds(
    seen: Sequence[Mapping[str, Any]], held: Sequence[str], taxonomy: Taxonomy
) -> Sequence[CaseGround]:
    """Return the grounds that count, in the order of the rules, with where each was seen."""
    quotes = {gate["code"]: gate["spans"][0]["quote"] for gate in seen if gate["spans"]}
    return [
        CaseGround(code=gate.code, name=gate.name, rule=gate.rule, quote=quotes.get(gate.code, ""))
        for gate in taxonomy.gates
        if gate.code in held
    ]


def _certainty(answer: Mapping[str, Any]) -> Mapping[str, float]:
    leads = [unit["probability"] for unit in answer["units"] if unit["role"] == "lead"]
    found = {"topic": answer["topic"]["probability"]}
    return {**found, "lead_unit": leads[0]} if leads else found


def _suggestion(advice: Mapping[str, Any] | None) -> Suggestion | None:
    if advice is None:
        return None
    return Suggestion(
        disposition=Disposition(advice["disposition"]),
        name=advice["name"],
        reasons=advice["reasons"],
    )
