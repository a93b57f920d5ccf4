"""The Assessor: submissions in, assessments out. The whole path of one text, in reading order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from nlp_service import __version__
from nlp_service.bundle import Bundle, read_bundle
from nlp_service.domain.assessment import (
    Assessment,
    GateTag,
    KindSource,
    Role,
    ScorePath,
    Tag,
    UrgencyTag,
    Versions,
)
from nlp_service.domain.errors import InvalidSubmission, ModeUnavailable
from nlp_service.domain.local_names import LocalNames
from nlp_service.domain.quality import DispositionAdvice, Quality, Scale
from nlp_service.domain.span import Span, requote
from nlp_service.domain.submission import Kind, Mode, Submission
from nlp_service.quality.disposition import FilingPolicy, GateFinding, suggest_disposition
from nlp_service.quality.gates import FoundGate
from nlp_service.review import Reviewer
from nlp_service.settings import Settings
from nlp_service.stages import Stage, timed
from nlp_service.tagging.calibration import TagScores
from nlp_service.tagging.cascade import Cascade, in_order
from nlp_service.tagging.linear import Floats
from nlp_service.tagging.picks import Pick, Picks, pick_labels
from nlp_service.tagging.reasons import Explainer
from nlp_service.tagging.thresholds import Thresholds
from nlp_service.text.mask.masker import read_masker
from nlp_service.text.normalise import Document, clean

if TYPE_CHECKING:  # a bundle without an encoder starts without its libraries
    from nlp_service.tagging.encoder import TokenShares

CHUNK = 256
"""Texts scored in one matrix product: enough to be fast, few enough to stay in memory caches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wishes:
    """What is to be told of each text."""

    explain: bool
    quality: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """How a text was scored and is to be told."""

    path: ScorePath
    thresholds: Thresholds
    wishes: _Wishes
    tokens: "TokenShares | None"
    """What the encoder's tokens said, where it read the text and reasons are wanted."""
    gates: Floats
    """The linear model's probability of each ground for review."""
    mode: Mode


def load_assessor(settings: Settings) -> "Assessor":
    """Read the bundle that the settings name; raises what ``read_bundle`` raises."""
    bundle = read_bundle(
        settings.bundle,
        local_taxonomy=settings.local_taxonomy,
        encoder_threads=settings.encoder_threads,
    )
    policy = FilingPolicy(file_from=settings.file_from, convert_from=settings.convert_from)
    return Assessor(bundle, policy=policy)


class Assessor:
    """Assesses submissions with one bundle. Holds no state of any text; safe for threads."""

    def __init__(self, bundle: Bundle, *, policy: FilingPolicy | None = None) -> None:
        """Make ready; the policy says which proposals would be filed, and may be replaced."""
        self.policy = policy or FilingPolicy()
        self.take(bundle)
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
        self.masker = read_masker()
        self.versions = Versions(
            service=__version__,
            bundle=bundle.label,
            taxonomy=bundle.taxonomy.version,
            segmenter=bundle.segmenter.label,
        )

    def take(self, bundle: Bundle) -> None:
        """Go by what the same bundle is with other local names (``Bundle.called``)."""
        self.bundle = bundle
        self._gates = {gate.code: gate for gate in bundle.taxonomy.gates}
        self._reviewer = Reviewer(bundle.taxonomy)

    def rename(self, local_names: LocalNames) -> None:
        """Call labels and units by other local names from now on.

        Raises:
            InvalidTaxonomy: they do not fit; nothing has changed.
            BundleError: the folder of the bundle is no more what it was.
        """
        self.take(self.bundle.called(local_names))

    @property
    def evidence_names(self) -> Mapping[str, str]:
        """What users call each type of evidence; empty where the bundle judges no quality."""
        return self.bundle.quality.judge.evidence_names if self.bundle.quality else {}

    @property
    def questions(self) -> Mapping[str, str]:
        """The committee's questions by their codes, in the order in which they are asked."""
        asked = self.bundle.quality.judge.rules.questions if self.bundle.quality else ()
        return {question.code: question.question for question in asked}

    def assess(
        self,
        submission: Submission,
        *,
        explain: bool = True,
        quality: bool = True,
        mode: Mode | None = None,
    ) -> Assessment:
        """Assess one submission; with ``explain`` every tag quotes the words that carried it.

        Without a mode it is ``accurate`` where the bundle has an encoder.

        Raises:
            InvalidSubmission: nothing readable is left after cleaning.
            ModeUnavailable: the mode needs an encoder that the bundle does not have.
        """
        mode = self._mode(mode, usual=Mode.ACCURATE)
        wishes = _Wishes(explain=explain, quality=quality)
        return self._assess_chunk([submission], wishes, mode)[0]

    def assess_many(
        self,
        submissions: Sequence[Submission],
        *,
        explain: bool = False,
        quality: bool = True,
        mode: Mode | None = None,
    ) -> Iterator[Assessment]:
        """Assess many, in order; gates quote their sentence even without ``explain``.

        Without a mode it is ``auto`` where the bundle has an encoder.

        Raises:
            InvalidSubmission: at the chunk that holds a text which is empty after cleaning.
            ModeUnavailable: as in ``assess``.
        """
        mode = self._mode(mode, usual=Mode.AUTO)
        wishes = _Wishes(explain=explain, quality=quality)
        rest = iter(submissions)
        while chunk := list(islice(rest, CHUNK)):
            yield from self._assess_chunk(chunk, wishes, mode)

    def assess_each(
        self,
        items: Sequence[Submission | InvalidSubmission],
        *,
        explain: bool = False,
        quality: bool = True,
        mode: Mode | None = None,
    ) -> Sequence[Assessment | InvalidSubmission]:
        """Return one answer an item, in order: what cannot be assessed stands as its error.

        All good ones go through ``assess_many`` together. Only when one of them turns out to be
        empty is each looked at by itself first.
        """
        submissions = [item for item in items if isinstance(item, Submission)]
        try:
            found = self.assess_many(submissions, explain=explain, quality=quality, mode=mode)
            answers = iter(list(found))
        except InvalidSubmission:
            checked = [_unless_empty(item) for item in items]
            return self.assess_each(checked, explain=explain, quality=quality, mode=mode)
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
        self, submissions: Sequence[Submission], wishes: _Wishes, mode: Mode
    ) -> Sequence[Assessment]:
        documents = [clean(submission) for submission in submissions]
        assessments: dict[int, Assessment] = {}
        for part in self._cascade.score(documents, mode, explain=wishes.explain):
            part_picks = pick_labels(
                part.scores, self._heads, part.thresholds.show, self.bundle.tables
            )
            for row, (place, picks) in enumerate(zip(part.places, part_picks, strict=True)):
                way = _Way(
                    path=part.path,
                    thresholds=part.thresholds,
                    wishes=wishes,
                    tokens=part.tokens[row] if part.tokens else None,
                    gates=part.gates[row],
                    mode=mode,
                )
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
        found = self._find_gates(document, picks, way)
        explain = way.wishes.explain
        unquoted = any(not gate.hits for gate in found)
        explainer = self._explainer(document, way) if explain or unquoted else None

        def tag(head: str, pick: Pick) -> Tag:
            return self._tag(head, pick, way.path, explainer if explain else None)

        def tags(head: str, some: Sequence[Pick]) -> Sequence[Tag]:
            return [tag(head, pick) for pick in some]

        gates = [self._gate(gate, way.path, explainer) for gate in found]
        masked = self.masker.mask(document)
        quality = self._judge(submission, document, kind, gates, way, shown=masked.document)
        reasons = self._reviewer.reasons(
            document, picks, found, quality, way.thresholds, kind=kind, kind_stated=stated
        )
        assessment = Assessment(
            id=masked.reference(submission),
            kind=kind,
            kind_source=KindSource.STATED if stated else KindSource.PREDICTED,
            kind_probability=1.0 if stated else picks.kind[1],
            topic=tag("topic", picks.topic),
            other_topics=tags("other_topics", picks.other_topics),
            subtopic=tag("subtopic", picks.subtopic),
            sectors=tags("sectors", picks.sectors),
            units=[
                tag("lead_unit", picks.lead_unit).as_unit(Role.LEAD),
                *(unit.as_unit(Role.ASSIST) for unit in tags("assist_units", picks.assist_units)),
            ],
            request=tag("request", picks.request),
            urgency=self._urgency(tag("urgency", picks.urgency)),
            gates=gates,
            restricted=any(gate.restricted for gate in gates),
            quality=quality,
            disposition=self._disposition(quality, found),
            needs_review=bool(reasons),
            reasons=reasons,
            text=masked.document.text,
            privacy=masked.found,
            versions=self.versions,
        )
        return requote(assessment, assessment.text) if masked.found else assessment

    def _find_gates(self, document: Document, picks: Picks, way: _Way) -> Sequence[FoundGate]:
        """Return the grounds for review that are shown, the likeliest first."""
        if self.bundle.quality is None:
            return [
                FoundGate(code=code, probability=probability, strength=None, by_model=True, hits=())
                for code, probability in picks.gates
            ]
        return self.bundle.quality.gates.find(
            document,
            dict(zip(self._heads["gates"], way.gates.tolist(), strict=True)),
            show=self.bundle.thresholds.show["gates"],
        )

    def _judge(
        self,
        submission: Submission,
        document: Document,
        kind: Kind,
        gates: Sequence[GateTag],
        way: _Way,
        *,
        shown: Document,
    ) -> Quality | None:
        if self.bundle.quality is None or not way.wishes.quality:
            return None
        stage = self.bundle.stage
        with timed(Stage.QUALITY):
            return self.bundle.quality.judge.judge(
                document,
                kind,
                gates={gate.code: gate.probability for gate in gates},
                encoder=stage.encoder if stage and way.mode is not Mode.FAST else None,
                submitted_at=submission.submitted_at,
                shown=shown,
            )

    def _disposition(
        self, quality: Quality | None, gates: Sequence[FoundGate]
    ) -> DispositionAdvice | None:
        if quality is None or self.bundle.quality is None or quality.scale is not Scale.PROPOSAL:
            return None
        return suggest_disposition(
            quality,
            [
                GateFinding(code=gate.code, strength=gate.strength, probability=gate.probability)
                for gate in gates
            ],
            policy=self.policy,
            wording=self.bundle.quality.dispositions,
            rules=self.bundle.taxonomy.gates,
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

    def _gate(self, found: FoundGate, path: ScorePath, explainer: Explainer | None) -> GateTag:
        """Return a ground for review with what the rule found, or the sentence to be read."""
        gate = self._gates[found.code]
        spans: Sequence[Span] = [
            Span(start=hit.start, end=hit.end, quote=hit.quote) for hit in found.hits
        ]
        if not spans and explainer:
            spans = explainer.sentence("gates", self._place_of["gates", found.code])
        by = {"rule": found.strength is not None, "model": found.by_model}
        return GateTag(
            code=gate.code,
            name=gate.name,
            probability=found.probability,
            spans=spans,
            path=path,
            rule=gate.rule,
            restricted=gate.restricted,
            found_by=[name for name, found_it in by.items() if found_it],
        )

    def _urgency(self, tag: Tag) -> UrgencyTag:
        level = int(tag.code)
        return UrgencyTag(
            level=level,
            name=self.bundle.taxonomy.urgency(level).name,
            probability=tag.probability,
            spans=tag.spans if level > 1 else (),
            path=tag.path,
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
