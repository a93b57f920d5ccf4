"""What the office keeps: submissions with where they came from, and everything done with them.

Pure data. ``store`` writes and reads it; no score reads an ``Origin``. Keys are the store's own
numbers, references the office's.
"""

import enum
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from nlp_service.domain.assessment import Assessment
from nlp_service.domain.duplicates import Relation
from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.quality import Disposition
from nlp_service.domain.queue import Stage
from nlp_service.domain.submission import Kind, Submission

CHINA = timezone(timedelta(hours=8))
"""The zone in which the office's days begin."""


def begin_of(day: date) -> datetime:
    """Return the moment at which a day of the office begins."""
    return datetime.combine(day, time(), CHINA)


LONGEST_NAME = 200
"""Characters of a name or number that the office gives."""


class ReplyClass(enum.StrEnum):
    """What a handling unit says came of it; places word the classes differently."""

    A = "A"
    """所提问题已经解决或基本解决"""
    B = "B"
    """正在解决或已列入近期计划"""
    C = "C"
    """列入以后的规划"""
    D = "D"
    """受条件限制暂不能解决，或留作参考"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a submission came from, as far as the office knows; empty where it does not."""

    submitter: str = ""
    district: str = ""
    source: str = ""
    """The channel: a platform, a hotline, an archive. References are unique within it."""

    def __post_init__(self) -> None:
        """Refuse what cannot be a name.

        Raises:
            InvalidSubmission: as ``check_name`` does.
        """
        check_name("提交者", self.submitter)
        check_name("地区", self.district)
        check_name("来源", self.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSubmission:
    """A submission in the store."""

    key: int
    reference: str
    """The office's number; empty where none was given."""
    kind: Kind
    """As stated by the sender; the assessment says what it is taken for."""
    title: str
    text: str
    """Title and body normalised, personal data covered: what is shown, searched and indexed."""
    submitted_at: date | None
    received_at: datetime
    dated_on: date
    """The day that it counts under: of submission or, where that is unknown, of receipt."""
    origin: Origin
    restricted: bool
    """Not to be indexed or displayed openly; only a person lifts it."""
    deleted_at: datetime | None
    merge_key: int | None
    """The merge that it belongs to now."""

    @property
    def body(self) -> str:
        """What stands in ``text`` behind the title."""
        return self.text[len(self.title) + bool(self.title) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A submission as it came in, to the character."""

    title: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAssessment:
    """One assessment of a submission; the newest is the current one, the others are history."""

    key: int
    submission_key: int
    assessed_at: datetime
    bundle: str
    taxonomy: str
    kind: Kind
    topic: str
    subtopic: str
    lead_unit: str
    """Code; empty where none was picked."""
    urgency: int
    """1–4."""
    score: float | None
    """0–100, as ``Quality.score``."""
    needs_review: bool
    current: bool
    answer: Mapping[str, Any]
    """The whole of it, as ``Assessment.as_dict`` gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessedSubmission:
    """A submission and its current assessment."""

    submission: StoredSubmission
    assessment: StoredAssessment


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSubmission:
    """What a list shows of a submission and its current assessment; the texts stay behind."""

    key: int
    reference: str
    kind: Kind
    """What it is taken for."""
    title: str
    received_at: datetime
    dated_on: date
    origin: Origin
    restricted: bool
    merge_key: int | None
    topic: str
    subtopic: str
    lead_unit: str
    assist_units: Sequence[str]
    sectors: Sequence[str]
    urgency: int
    look_first: bool
    """The machine holds that somebody may be in danger, and no person has said how urgent it is."""
    score: float | None
    band: str
    """Of a proposal's quality; empty elsewhere."""
    score_corrected: bool
    """Both follow from levels that a person corrected (``quality.correction``)."""
    doubt: float
    """As ``Assessment.doubt``."""
    needs_review: bool
    """As the machine has it."""
    reviewed_at: datetime | None
    """When a person last confirmed or corrected; None where nobody has. What they said stands in
    the parts above in the machine's stead."""
    confirmed: bool
    """Persons spoke of every part above, so there is nothing left to confirm."""
    disposition: Disposition | None
    """What a person held should be done; None where nobody has said."""
    outcome: Disposition | None
    """What the office decided; None where nothing was recorded."""
    stage: Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFilter:
    """Which submissions a list holds; what is None or empty does not count."""

    kind: Kind | None = None
    topic: str = ""
    subtopic: str = ""
    sector: str = ""
    lead_unit: str = ""
    unit: str = ""
    """Leading or assisting."""
    least_urgency: int | None = None
    """1–4."""
    urgent: bool | None = None
    """Whether it must be looked at first, or is of urgency 3 or 4."""
    least_score: float | None = None
    """0–100."""
    band: str = ""
    dated_from: date | None = None
    dated_until: date | None = None
    """Both days included, here and below."""
    received_from: date | None = None
    received_until: date | None = None
    """Chinese days."""
    received_days: int | None = None
    """Received within so many days, today among them; 1 or more."""
    stage: Stage | None = None
    needs_review: bool | None = None
    reviewed: bool | None = None
    """Whether a person has confirmed or corrected."""
    restricted: bool | None = None
    example: bool | None = None
    """Whether it came with the program."""
    batch: int | None = None
    """The job that brought it in, as long as its results are kept."""
    words: str = ""
    """Each must stand in the normalised text, the reference or the submitter's name; case and
    width do not matter. Of restricted submissions nothing is searched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A stretch of a list, in the order that was asked for."""

    items: Sequence[ListedSubmission]
    next_cursor: str | None
    """Where the next page begins; None behind the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOnce:
    """What became of a submission that was handed in to be stored."""

    key: int
    created: bool
    """False where the same text of the same submitter was there already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the office decided, and what came of it."""

    disposition: Disposition
    handling_unit: str = ""
    """Unit code of the lead unit; empty where nothing was assigned."""
    filing_number: str = ""
    """As the office writes it: 2023年第118号."""
    reply_class: ReplyClass | None = None
    replied_on: date | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be a name or number.

        Raises:
            InvalidSubmission: as ``check_name`` does.
        """
        check_name("承办单位", self.handling_unit)
        check_name("立案编号", self.filing_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """A submission with all that is to be stored of it."""

    submission: Submission
    assessment: Assessment
    origin: Origin = field(default_factory=Origin)
    received_at: datetime | None = None
    """Now, unless an archive knows better."""
    outcome: Outcome | None = None
    """What came of it, where an archive tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedOutcome:
    """An outcome in the store; the newest counts, the others are history."""

    key: int
    submission_key: int
    outcome: Outcome
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadChoice:
    """Who made which submission the lead case (主案), and when."""

    submission_key: int
    chosen_at: datetime
    chosen_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """Submissions handled as one (并案); each keeps its submitter."""

    key: int
    members: Sequence[int]
    """Submission keys, ascending."""
    leads: Sequence[LeadChoice]
    """Every choice of a lead case, oldest first; the last one counts."""
    merged_at: datetime
    merged_by: str
    undone_at: datetime | None
    undone_by: str
    """Empty where it was not undone."""

    @property
    def lead(self) -> int:
        """Key of the lead case."""
        return self.leads[-1].submission_key


@dataclass(frozen=True, slots=True, kw_only=True)
class PairDecision:
    """What a person said of two submissions; the newest counts, the others are history."""

    key: int
    first: int
    second: int
    """Submission keys, ascending."""
    relation: Relation | None
    """None where it takes back what was said before."""
    decided_at: datetime
    decided_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Submissions about the same matter, as links and persons have it now."""

    key: int
    """The lowest of their keys."""
    members: Sequence[int]
    """Submission keys, ascending; one alone is a group, too."""


def check_name(what: str, value: str) -> None:
    """Let pass what may be a name or number: one line, of whatever script and spacing (张　三).

    Raises:
        InvalidSubmission: longer than ``LONGEST_NAME``, or with line breaks or control characters.
    """
    unfit = any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in value)
    if unfit or len(value) > LONGEST_NAME:
        raise InvalidSubmission(
            "invalid_name",
            f"{what}应是不超过 {LONGEST_NAME} 字的一行文字，现有 {len(value)} 字"
            "或含有换行、控制字符。",
        )
