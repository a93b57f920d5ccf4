"""Two stored submissions side by side: what they share, what they are to each other, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from nlp_service.api.related_schemas import MOST_PASSAGES
from nlp_service.domain.duplicates import Relation
from nlp_service.domain.records import ListedSubmission, Merge, PairDecision, RecordedOutcome
from nlp_service.domain.span import Span
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.duplicates.matter import Matter
from nlp_service.duplicates.shared_wording import Passage
from nlp_service.store.neighbours import ComparedPair, compare_stored
from nlp_service.store.opening import Office
from nlp_service.store.relating import Relator
from nlp_service.text.places import Place
from nlp_service.web.highlights import Highlight, Run, cut_runs
from nlp_service.web.naming import name_code

COLOURS = 4
"""Passages take turns in so many colours; their numbers tell them apart."""
MOST_NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedRun:
    """A run of a text and the shared passage that it belongs to."""

    run: Run
    passage: int
    """1 and upwards; 0 where it is not shared."""
    first: bool
    """It is where the passage begins on this side."""

    @property
    def colour(self) -> int:
        """Which of the colours, from 1."""
        return (self.passage - 1) % COLOURS + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of both."""

    listed: ListedSubmission
    outcome: RecordedOutcome | None
    runs: Sequence[NumberedRun]
    share: float
    """查重率: how much of its own wording the other one has, 0–1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """In what both agree or not."""

    name: str
    agrees: bool | None
    """None where nothing can be said."""
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairView:
    """Two submissions and all that is held of the pair."""

    left: Side
    right: Side
    machine: Relation
    probability: float
    one_case: float
    """That one reply would serve both, 0–1."""
    decision: PairDecision | None
    """A person's word; None where nobody spoke."""
    passages: int
    agreements: Sequence[Agreement]
    merge: Merge | None
    """The merge that both belong to; None where they are not one case."""

    @property
    def held(self) -> Relation:
        """What counts: a person's word before the machine's."""
        said = self.decision.relation if self.decision else None
        return said or self.machine

    @property
    def elsewhere(self) -> Sequence[Side]:
        """The sides that belong to another merge: it would come along."""
        return [one for one in (self.left, self.right) if one.listed.merge_key and not self.merge]


def read_pair_view(
    office: Office, relator: Relator, left: int, right: int, taxonomy: Taxonomy
) -> PairView:
    """Read two submissions as they are compared.

    Raises:
        RecordUnknown: one of them is not there, or is restricted.
    """
    pair = compare_stored(office, relator, left, right)
    listed = {one.key: one for one in office.submissions.among([left, right])}
    recorded = office.outcomes.current_among([left, right])
    shared, judgement = pair.related.shared, pair.related.judgement
    passages = shared.passages[:MOST_PASSAGES]
    merges = {one.merge_key for one in listed.values()}
    return PairView(
        left=Side(
            listed=listed[left],
            outcome=recorded.get(left),
            runs=number_runs(_text(pair.first), _spans(passages, of_query=True)),
            share=shared.query.own,
        ),
        right=Side(
            listed=listed[right],
            outcome=recorded.get(right),
            runs=number_runs(_text(pair.second), _spans(passages, of_query=False)),
            share=shared.source.own,
        ),
        machine=judgement.relation,
        probability=judgement.probability,
        one_case=judgement.mergeable,
        decision=office.groups.decision(left, right),
        passages=len(passages),
        agreements=read_agreements(pair, listed[left], listed[right], taxonomy),
        merge=office.merges.of(left) if len(merges) == 1 and None not in merges else None,
    )


def number_runs(text: str, spans: Sequence[Sequence[Span]]) -> Sequence[NumberedRun]:
    """Cut a text where shared passages stand.

    Args:
        text: of one side.
        spans: of each passage, where its runs stand in the text. They may overlap on one side:
            what is said twice on the other one. Then the earlier passage counts.
    """
    marks = [
        Highlight(start=one.start, end=one.end, layer=f"{number:04}")
        for number, some in enumerate(spans, start=1)
        for one in some
    ]
    numbered, begun = [], set()
    for run in cut_runs(text, marks):
        passage = int(run.layers[0]) if run.layers else 0
        numbered.append(
            NumberedRun(run=run, passage=passage, first=bool(passage) and passage not in begun)
        )
        begun.add(passage)
    return numbered


def read_agreements(
    pair: ComparedPair, left: ListedSubmission, right: ListedSubmission, taxonomy: Taxonomy
) -> Sequence[Agreement]:
    """Return what speaks for one case and what against it, beside the wording."""

    def names(code: str) -> Sequence[str]:
        return [name_code(code, taxonomy)] if code else []

    here, there = places_of(pair.first), places_of(pair.second)
    sides = (left, right)
    return [
        _agreement("地点", list(here.values()), list(there.values()), _same_places(here, there)),
        _agreement("子议题", names(left.subtopic), names(right.subtopic)),
        _agreement("主办单位", names(left.lead_unit), names(right.lead_unit)),
        _agreement(
            "提交者", *([one.origin.submitter] * bool(one.origin.submitter) for one in sides)
        ),
        Agreement(name="时间", agrees=None, words=_apart(left.dated_on, right.dated_on)),
    ]


def places_of(matter: Matter) -> Mapping[Place, str]:
    """Return the places that a text names, each once, with its own words for them."""
    by_name = {
        (place.kind, place.name): place for place in reversed(matter.places) if place.is_shown
    }
    return {place: place.span.quote for place in reversed(by_name.values())}


def _same_places(here: Mapping[Place, str], there: Mapping[Place, str]) -> Sequence[str]:
    return [words for one, words in here.items() if any(one.is_same(other) for other in there)]


def _agreement(
    name: str,
    here: Sequence[str],
    there: Sequence[str],
    both: Sequence[str] | None = None,
) -> Agreement:
    """Say what both name; where nothing else tells what is the same, equal words are."""
    both = [one for one in here if one in there] if both is None else both
    if both:
        return Agreement(name=name, agrees=True, words=f"都有 {_list(both)}")
    if here and there:
        words = f"左边 {_list(here)}；右边 {_list(there)}"
        return Agreement(name=name, agrees=False, words=words)
    if not here and not there:
        return Agreement(name=name, agrees=None, words="都没有写")
    words = f"只有{'左' if here else '右'}边写了 {_list(here or there)}"
    return Agreement(name=name, agrees=None, words=words)


def _apart(one: date, other: date) -> str:
    days = abs((one - other).days)
    return f"相隔 {days} 天" if days else "同一天"


def _list(names: Sequence[str]) -> str:
    more = f" 等 {len(names)} 项" if len(names) > MOST_NAMED else ""
    return "、".join(names[:MOST_NAMED]) + more


def _text(matter: Matter) -> str:
    return matter.wording.document.text


def _spans(passages: Sequence[Passage], *, of_query: bool) -> Sequence[Sequence[Span]]:
    return [[run.query if of_query else run.source for run in passage.runs] for passage in passages]
