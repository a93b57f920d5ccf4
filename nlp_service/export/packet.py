"""What stands in the committee's packet: the proposals of a session by what was decided on each.

Only persons' decisions are told as decided; what the machine suggests stands beside what is still
open, and is called so. Of a restricted proposal nothing stands here but number, day and decision.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from nlp_service.domain.adoption import Adoption
from nlp_service.domain.quality import DISPOSITION_NAMES, Disposition
from nlp_service.domain.records import CHINA
from nlp_service.domain.screening import ProposalCase, SessionScope
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.export.flat import BETWEEN

_NOT_BY_RULE = tuple(
    DISPOSITION_NAMES[one] for one in (Disposition.FILED, Disposition.MERGED, Disposition.RETURNED)
)
"""Decisions that no rule of refusal explains, though a hint at one may stand in the text."""

OPEN = "待审定"
WITHHELD = "（限阅）"
NO_CONSTRUCTION = "未归类"
CONSTRUCTIONS = ("经济", "政治", "文化", "社会", "生态文明")
"""五大建设, in the order of reports; the taxonomy says under which one a topic is counted."""

NOTICE = (
    "总分、等次、三问和审查提示由系统给出，只说文中“见”与“未见”，不判断真假，是辅助建议；"
    "人更正过质量等级的，总分和等次按更正后的等级计算；"
    "审查意见由人审定。议题、单位和界别按内容标注，以人的更正为准；“相关界别”不是提案者所属界别。"
    "限阅提案只列编号、日期和审查意见，另行报告。"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketRow:
    """One proposal as it is printed; of a restricted one the parts with defaults stay empty."""

    number: str
    title: str
    dated_on: str
    construction: str
    decision: str
    """Name of what a person decided, or ``OPEN``."""
    decided_by: str
    adopted: bool
    submitter: str = ""
    district: str = ""
    topic: str = ""
    sector: str = ""
    """The one that the contents touch most."""
    lead_unit: str = ""
    assist_units: Sequence[str] = ()
    score: float | None = None
    band: str = ""
    score_corrected: bool = False
    reason_line: str = ""
    grounds: Sequence[str] = ()
    """The rules' own words."""
    note: str = ""
    """What the person who decided wrote, personal data covered."""
    suggestion: str = ""
    """The machine's; it stands beside the open ones."""
    nearest: str = ""

    @property
    def withheld(self) -> bool:
        """It is restricted: its parts are counted with the others', and told of it alone never."""
        return self.title == WITHHELD

    @property
    def reasons(self) -> str:
        """Why it was decided so: by the rules' own words, else by the three questions."""
        if self.withheld:
            return "限阅，另行报告。"
        if self.grounds and self.decision not in _NOT_BY_RULE:
            return BETWEEN.join(filter(None, ["".join(self.grounds), self.note]))
        if self.decision == DISPOSITION_NAMES[Disposition.NOT_FILED]:
            return self.note or "未注明所依据的规定。"
        return self.reason_line


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketMerge:
    """Proposals that are handled as one; every submitter gets a reply."""

    lead: str
    """Number and title of the lead case."""
    members: Sequence[str]
    """Numbers and titles of the others."""
    submitters: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitShare:
    """What a unit is to handle of the filed proposals."""

    name: str
    leads: Sequence[str]
    """Numbers of the proposals."""
    assists: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Packet:
    """Everything that is printed of a session."""

    scope: SessionScope
    made_at: datetime
    made_by: str
    cases: Sequence[ProposalCase]
    taxonomy: Taxonomy
    adoptions: Sequence[Adoption] = ()
    """All of the session."""
    cover: Callable[[str], str] = str
    """Covers the personal data of what persons noted."""

    @property
    def title(self) -> str:
        """What the packet is called."""
        return f"{self.scope.name}提案审查情况"

    @property
    def days(self) -> str:
        """From when to when the proposals are dated."""
        first, last = self.scope.dated_from, self.scope.dated_until
        return f"{_day(first)}至{_day(last)}"

    @property
    def made(self) -> str:
        """Who put it together, and on which day."""
        return f"{self.made_by}整理，{_day(self.made_at.astimezone(CHINA).date())}"

    @cached_property
    def rows(self) -> Sequence[PacketRow]:
        """All proposals, by number as people count."""
        ordered = sorted(self.cases, key=lambda case: (case.reference == "", case.key))
        return [self._row(case) for case in ordered]

    def decided(self, disposition: Disposition) -> Sequence[PacketRow]:
        """Return the proposals on which that was decided."""
        name = DISPOSITION_NAMES[disposition]
        return [row for row in self.rows if row.decision == name]

    @cached_property
    def open(self) -> Sequence[PacketRow]:
        """The proposals on which nobody decided."""
        return [row for row in self.rows if row.decision == OPEN]

    @cached_property
    def merges(self) -> Sequence[PacketMerge]:
        """The merges that proposals of the session belong to, each once."""
        found = {case.merge.key: case.merge for case in self.cases if case.merge}
        of_key = {case.key: case for case in self.cases}

        def named(key: int) -> str:
            case = of_key.get(key)
            return f"{case.number} {_title(case)}" if case else f"#{key}（不在本届次内）"

        return [
            PacketMerge(
                lead=named(merge.lead),
                members=[named(key) for key in merge.members if key != merge.lead],
                submitters=_submitters([of_key[key] for key in merge.members if key in of_key]),
            )
            for _, merge in sorted(found.items())
        ]

    @cached_property
    def units(self) -> Sequence[UnitShare]:
        """Who handles the filed proposals, the busiest first."""
        filed = self.decided(Disposition.FILED)
        names = [unit.name for unit in self.taxonomy.units]
        shares = [
            UnitShare(
                name=name,
                leads=[row.number for row in filed if row.lead_unit == name],
                assists=[row.number for row in filed if name in row.assist_units],
            )
            for name in names
        ]
        busy = [share for share in shares if share.leads or share.assists]
        return sorted(busy, key=lambda share: (-len(share.leads), -len(share.assists)))

    def _row(self, case: ProposalCase) -> PacketRow:
        row = PacketRow(
            number=case.number,
            title=_title(case),
            dated_on=case.dated_on.isoformat(),
            construction=self._construction(case),
            decision=DISPOSITION_NAMES[case.decided] if case.decided else OPEN,
            decided_by=case.decision.decided_by if case.decision else "",
            adopted=case.decision is not None and case.decision.adopted,
        )
        return row if case.restricted else self._told(row, case)

    def _told(self, row: PacketRow, case: ProposalCase) -> PacketRow:
        held, name = case.held, self._name
        return replace(
            row,
            submitter=case.origin.submitter,
            district=case.origin.district,
            topic=name(held.topic),
            sector=name((held.sectors or [""])[0]),
            lead_unit=name(held.lead_unit),
            assist_units=[name(code) for code in held.assist_units or ()],
            score=case.score,
            band=case.band,
            score_corrected=case.score_corrected,
            reason_line=case.reason_line,
            grounds=[ground.rule for ground in case.grounds],
            suggestion=case.suggestion.name if case.suggestion else "",
            note=self._note(case),
            nearest=_nearest(case),
        )

    def _name(self, code: str | None) -> str:
        """Return a label's name; a code that the taxonomy has no more stays as it is."""
        try:
            return self.taxonomy.name(code) if code else ""
        except KeyError:
            return code or ""

    def _note(self, case: ProposalCase) -> str:
        decision = case.decision
        return self.cover(decision.note) if decision and not decision.adopted else ""

    def _construction(self, case: ProposalCase) -> str:
        topics = {topic.code: topic.construction for topic in self.taxonomy.topics}
        return topics.get(case.held.topic or "", "") or NO_CONSTRUCTION


_RELATIONS = {"copy": "文本重复", "same": "同一事项", "related": "同类议题"}


def _title(case: ProposalCase) -> str:
    return WITHHELD if case.restricted else case.title or "（无标题）"


def _submitters(cases: Sequence[ProposalCase]) -> Sequence[str]:
    """Return who handed the proposals in, each once; of a restricted one nobody is named."""
    named = (WITHHELD if case.restricted else case.origin.submitter for case in cases)
    return list(dict.fromkeys(name or "（提案者不详）" for name in named))


def _nearest(case: ProposalCase) -> str:
    if case.nearest is None:
        return ""
    near = case.nearest
    number = near.reference or f"#{near.key}"
    return f"{_RELATIONS[near.relation]}：{number} {near.title}（{near.dated_on}）"


def _day(day: object) -> str:
    year, month, date = str(day).split("-")
    return f"{int(year)}年{int(month)}月{int(date)}日"
