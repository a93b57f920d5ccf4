"""The Assessor: submissions in, assessments out. The whole path of one text, in reading order."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from nlp_service import __version__
from nlp_service.bundle import Bundle
from nlp_service.domain.assessment import (
    Assessment,
    KindSource,
    ReviewReason,
    Role,
    ScorePath,
    Tag,
    UnitTag,
    UrgencyTag,
    Versions,
)
from nlp_service.domain.errors import InvalidSubmission, ModeUnavailable
from nlp_service.domain.submission import Kind, Mode, Submission
from nlp_service.tagging.calibration import TagScores
from nlp_service.tagging.cascade import Cascade, in_order
from nlp_service.tagging.picks import Pick, Picks, pick_labels
from nlp_service.tagging.reasons import Explainer
from nlp_service.tagging.thresholds import Thresholds
from nlp_service.text.normalise import Document, clean

if TYPE_CHECKING:  # a bundle without an encoder starts without its libraries
    from nlp_service.tagging.encoder import TokenShares

CHUNK = 256
"""Texts scored in one matrix product: enough to be fast, few enough to stay in memory caches."""

PERSONAL_MATTER = "G7"
"""为本人或亲属解决个人问题: a ground against filing a proposal, the rule among messages."""

SHORT = 20
"""Characters below which a reader, too, has little to go by."""

_HEAD_NAMES = {
    "topic": "议题",
    "subtopic": "子议题",
    "lead_unit": "主办单位",
    "request": "诉求类型",
    "urgency": "紧急程度",
    "kind": "来件类型",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """How a text was scored and is to be told."""

    path: ScorePath
    thresholds: Thresholds
    explain: bool
    tokens: "TokenShares | None"
    """What the encoder's tokens said, where it read the text and reasons are wanted."""


class Assessor:
    """Assesses submissions with one bundle. Holds no state of any text; safe for threads."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._cascade = Cascade(
            model=bundle.model,
            segmenter=bundle.segmenter,
            calibration=bundle.calibration,
            tables=bundle.tables,
            thresholds=bundle.thresholds,
            stage=bundle.stage,
        )
        self._heads = bundle.model.heads
        self._place_of = {
            (head, code): place
            for head, codes in self._heads.items()
            for place, code in enumerate(codes)
        }
        signs = [sign for urgency in bundle.taxonomy.urgencies for sign in urgency.signs]
        self._signs = re.compile("|".join(map(re.escape, signs)) if signs else "(?!)")
        self.versions = Versions(
            service=__version__,
            bundle=bundle.label,
            taxonomy=bundle.taxonomy.version,
            segmenter=bundle.segmenter.label,
        )

    def assess(
        self, submission: Submission, *, explain: bool = True, mode: Mode | None = None
    ) -> Assessment:
        """Assess one submission; with ``explain`` every tag quotes the words that carried it.

        Without a mode it is ``accurate`` where the bundle has an encoder.

        Raises:
            InvalidSubmission: nothing readable is left after cleaning.
            ModeUnavailable: the mode needs an encoder that the bundle does not have.
        """
        mode = self._mode(mode, usual=Mode.ACCURATE)
        return self._assess_chunk([submission], explain=explain, mode=mode)[0]

    def assess_many(
        self,
        submissions: Sequence[Submission],
        *,
        explain: bool = False,
        mode: Mode | None = None,
    ) -> Iterator[Assessment]:
        """Assess many, in order; gates quote their sentence even without ``explain``.

        Without a mode it is ``auto`` where the bundle has an encoder.

        Raises:
            InvalidSubmission: at the chunk that holds a text which is empty after cleaning.
            ModeUnavailable: as in ``assess``.
        """
        mode = self._mode(mode, usual=Mode.AUTO)
        rest = iter(submissions)
        while chunk := list(islice(rest, CHUNK)):
            yield from self._assess_chunk(chunk, explain=explain, mode=mode)

    def assess_each(
        self,
        items: Sequence[Submission | InvalidSubmission],
        *,
        explain: bool = False,
        mode: Mode | None = None,
    ) -> Sequence[Assessment | InvalidSubmission]:
        """Return one answer an item, in order: what cannot be assessed stands as its error.

        All good ones go through ``assess_many`` together. Only when one of them turns out to be
        empty is each looked at by itself first.
        """
        submissions = [item for item in items if isinstance(item, Submission)]
        try:
            answers = iter(list(self.assess_many(submissions, explain=explain, mode=mode)))
        except InvalidSubmission:
            checked = [_unless_empty(item) for item in items]
            return self.assess_each(checked, explain=explain, mode=mode)
        return [next(answers) if isinstance(item, Submission) else item for item in items]

    def scores(self, documents: Sequence[Document], mode: Mode = Mode.FAST) -> TagScores:
        """Return the calibrated probability of every label, one row a document."""
        return in_order(self._cascade.score(documents, mode))

    def _mode(self, wanted: Mode | None, *, usual: Mode) -> Mode:
        if self.bundle.stage is None:
            if wanted in (Mode.ACCURATE, Mode.AUTO):
                raise ModeUnavailable(
                    f"当前模型包 {self.bundle.label} 没有编码器，不能用 {wanted} 方式；"
                    "请改用 fast，或换一个带编码器的模型包。"
                )
            return Mode.FAST
        return wanted or usual

    def _assess_chunk(
        self, submissions: Sequence[Submission], *, explain: bool, mode: Mode
    ) -> Sequence[Assessment]:
        documents = [clean(submission) for submission in submissions]
        assessments: dict[int, Assessment] = {}
        for part in self._cascade.score(documents, mode, explain=explain):
            part_picks = pick_labels(
                part.scores, self._heads, part.thresholds.show, self.bundle.tables
            )
            tokens: Sequence[TokenShares | None] = part.tokens or [None] * len(part.places)
            for place, picks, said in zip(part.places, part_picks, tokens, strict=True):
                way = _Way(path=part.path, thresholds=part.thresholds, explain=explain, tokens=said)
                assessments[place] = self._assessment(
                    submissions[place], documents[place], picks, way
                )
        return [assessments[place] for place in range(len(documents))]

    def _assessment(
        self, submission: Submission, document: Document, picks: Picks, way: _Way
    ) -> Assessment:
        stated = submission.kind is not Kind.UNKNOWN
        kind = submission.kind if stated else Kind(picks.kind[0])
        if kind is not Kind.PUBLIC_MESSAGE:
            picks = _without_urgency(picks)
        explainer = self._explainer(document, way) if way.explain or picks.gates else None

        def tag(head: str, pick: Pick) -> Tag:
            return self._tag(head, pick, way.path, explainer if way.explain else None)

        def tags(head: str, some: Sequence[Pick]) -> Sequence[Tag]:
            return [tag(head, pick) for pick in some]

        reasons = self._reasons(document, picks, way.thresholds, kind=kind, kind_stated=stated)
        return Assessment(
            id=submission.reference,
            kind=kind,
            kind_source=KindSource.STATED if stated else KindSource.PREDICTED,
            kind_probability=1.0 if stated else picks.kind[1],
            topic=tag("topic", picks.topic),
            other_topics=tags("other_topics", picks.other_topics),
            subtopic=tag("subtopic", picks.subtopic),
            sectors=tags("sectors", picks.sectors),
            units=[
                _with_role(tag("lead_unit", picks.lead_unit), Role.LEAD),
                *(
                    _with_role(unit, Role.ASSIST)
                    for unit in tags("assist_units", picks.assist_units)
                ),
            ],
            request=tag("request", picks.request),
            urgency=self._urgency(tag("urgency", picks.urgency)),
            gates=[self._gate(pick, way.path, explainer) for pick in picks.gates],
            needs_review=bool(reasons),
            reasons=reasons,
            text=document.text,
            versions=self.versions,
        )

    def _explainer(self, document: Document, way: _Way) -> Explainer:
        return Explainer(
            document,
            self.bundle.model,
            self.bundle.segmenter,
            stage=self.bundle.stage,
            tokens=way.tokens,
        )

    def _tag(self, head: str, pick: Pick, path: ScorePath, explainer: Explainer | None) -> Tag:
        code, probability = pick
        name = "" if head == "urgency" else self.bundle.taxonomy.name(code)
        spans = explainer.phrases(head, self._place_of[head, code]) if explainer else ()
        return Tag(code=code, name=name, probability=probability, spans=spans, path=path)

    def _gate(self, pick: Pick, path: ScorePath, explainer: Explainer | None) -> Tag:
        """Return a ground for review with the one sentence that a person should read."""
        gate = self._tag("gates", pick, path, None)
        place = self._place_of["gates", gate.code]
        return replace(gate, spans=explainer.sentence("gates", place) if explainer else ())

    def _urgency(self, tag: Tag) -> UrgencyTag:
        level = int(tag.code)
        return UrgencyTag(
            level=level,
            name=self.bundle.taxonomy.urgency(level).name,
            probability=tag.probability,
            spans=tag.spans if level > 1 else (),
            path=tag.path,
        )

    def _reasons(
        self,
        document: Document,
        picks: Picks,
        thresholds: Thresholds,
        *,
        kind: Kind,
        kind_stated: bool,
    ) -> Sequence[ReviewReason]:
        """Say why a person should look before anything is done with the tags."""
        reasons: list[ReviewReason] = []
        if kind is Kind.PUBLIC_MESSAGE:
            reasons += self._urgent_reasons(document, picks, thresholds)
        if len(document.text) < SHORT:
            reasons.append(
                ReviewReason(code="short_text", message=f"文本不足 {SHORT} 字，依据太少，待人工。")
            )
        for head, threshold in thresholds.sure.items():
            probability = getattr(picks, head)[1]
            if probability < threshold and not (head == "kind" and kind_stated):
                needed = f"低于 {threshold:.2f}" if threshold <= 1 else "一律由人判定"
                message = f"{_HEAD_NAMES[head]}把握 {probability:.2f}，{needed}，待人工。"
                reasons.append(ReviewReason(code=f"uncertain_{head}", message=message))
        for code, _ in picks.gates:
            if code == PERSONAL_MATTER and kind is Kind.PUBLIC_MESSAGE:
                continue  # citizens write of their own matters; only a proposal may not
            name = self.bundle.taxonomy.name(code)
            reasons.append(
                ReviewReason(code=f"gate_{code}", message=f"可能属于“{name}”，请人工审查。")
            )
        return reasons

    def _urgent_reasons(
        self, document: Document, picks: Picks, thresholds: Thresholds
    ) -> Sequence[ReviewReason]:
        """Say that somebody may be in danger: the model missed most emergencies of few words."""
        reasons = []
        if sign := self._signs.search(document.text):
            message = f"文中有“{sign.group()}”字样，请先看。"
            reasons.append(ReviewReason(code="urgent_words", message=message))
        if picks.urgent >= thresholds.urgent:
            message = f"可能较急或紧急（把握 {picks.urgent:.2f}），请先看。"
            reasons.append(ReviewReason(code="urgent", message=message))
        return reasons


def _with_role(tag: Tag, role: Role) -> UnitTag:
    return UnitTag(
        code=tag.code,
        name=tag.name,
        probability=tag.probability,
        spans=tag.spans,
        path=tag.path,
        role=role,
    )


def _unless_empty(item: Submission | InvalidSubmission) -> Submission | InvalidSubmission:
    if isinstance(item, InvalidSubmission):
        return item
    try:
        clean(item)
    except InvalidSubmission as error:
        return error
    return item


def _without_urgency(picks: Picks) -> Picks:
    """Set urgency 1 where no citizen wrote: the guide grades only public messages."""
    return replace(picks, urgency=("1", 1.0), urgent=0.0)
