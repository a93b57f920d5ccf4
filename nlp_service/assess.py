"""The Assessor: submissions in, assessments out. The whole path of one text, in reading order."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from nlp_service import __version__
from nlp_service.bundle import Bundle
from nlp_service.domain.assessment import (
    Assessment,
    KindSource,
    ReviewReason,
    Role,
    Span,
    Tag,
    UnitTag,
    UrgencyTag,
    Versions,
)
from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.submission import Kind, Submission
from nlp_service.tagging.calibration import TagScores, tag_scores
from nlp_service.tagging.counting import FeatureCounter
from nlp_service.tagging.picks import Pick, Picks, pick_labels
from nlp_service.tagging.reasons import Explainer
from nlp_service.text.normalise import Document, clean

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

Quote = Callable[[str, str], Sequence[Span]]
"""Head and label code -> the words that carried the label."""


class Assessor:
    """Assesses submissions with one bundle. Holds no state of any text; safe for threads."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self._counter = FeatureCounter(bundle.model.vocabulary)
        self._heads = bundle.model.heads
        self._columns = {head: bundle.model.columns(head) for head in self._heads}
        self._column_of = {
            (head, code): self._columns[head].start + place
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

    def assess(self, submission: Submission, *, explain: bool = True) -> Assessment:
        """Assess one submission; with ``explain`` every tag quotes the words that carried it.

        Raises:
            InvalidSubmission: nothing readable is left after cleaning.
        """
        return next(self._assess_chunk([submission], explain=explain))

    def assess_many(
        self, submissions: Sequence[Submission], *, explain: bool = False
    ) -> Iterator[Assessment]:
        """Assess many, in order; gates quote their sentence even without ``explain``.

        Raises:
            InvalidSubmission: at the chunk that holds a text which is empty after cleaning.
        """
        rest = iter(submissions)
        while chunk := list(islice(rest, CHUNK)):
            yield from self._assess_chunk(chunk, explain=explain)

    def assess_each(
        self, items: Sequence[Submission | InvalidSubmission], *, explain: bool = False
    ) -> Sequence[Assessment | InvalidSubmission]:
        """Return one answer an item, in order: what cannot be assessed stands as its error.

        All good ones go through ``assess_many`` together. Only when one of them turns out to be
        empty is each looked at by itself first.
        """
        submissions = [item for item in items if isinstance(item, Submission)]
        try:
            answers = iter(list(self.assess_many(submissions, explain=explain)))
        except InvalidSubmission:
            return self.assess_each([_unless_empty(item) for item in items], explain=explain)
        return [next(answers) if isinstance(item, Submission) else item for item in items]

    def scores(self, documents: Sequence[Document]) -> TagScores:
        """Return the calibrated probability of every label, one row a document."""
        model = self.bundle.model
        counts = self._counter.count(documents, self.bundle.segmenter)
        margins = model.margins(model.weigh(counts))
        return tag_scores(
            {head: margins[:, columns] for head, columns in self._columns.items()},
            self.bundle.calibration,
            self.bundle.tables,
        )

    def _assess_chunk(
        self, submissions: Sequence[Submission], *, explain: bool
    ) -> Iterator[Assessment]:
        documents = [clean(submission) for submission in submissions]
        bundle = self.bundle
        all_picks = pick_labels(
            self.scores(documents), self._heads, bundle.thresholds.show, bundle.tables
        )
        for submission, document, picks in zip(submissions, documents, all_picks, strict=True):
            yield self._assessment(submission, document, picks, explain=explain)

    def _assessment(
        self, submission: Submission, document: Document, picks: Picks, *, explain: bool
    ) -> Assessment:
        stated = submission.kind is not Kind.UNKNOWN
        kind = submission.kind if stated else Kind(picks.kind[0])
        if kind is not Kind.PUBLIC_MESSAGE:
            picks = _without_urgency(picks)
        explainer = (
            Explainer(document, self.bundle.model, self.bundle.segmenter)
            if explain or picks.gates
            else None
        )

        def quote(head: str, code: str) -> Sequence[Span]:
            return explainer.phrases(self._column_of[head, code]) if explain and explainer else ()

        def quote_sentence(head: str, code: str) -> Sequence[Span]:
            return explainer.sentence(self._column_of[head, code]) if explainer else ()

        reasons = self._reasons(document, picks, kind=kind, kind_stated=stated)
        return Assessment(
            id=submission.reference,
            kind=kind,
            kind_source=KindSource.STATED if stated else KindSource.PREDICTED,
            kind_probability=1.0 if stated else picks.kind[1],
            topic=self._tag("topic", picks.topic, quote),
            other_topics=self._tags("other_topics", picks.other_topics, quote),
            subtopic=self._tag("subtopic", picks.subtopic, quote),
            sectors=self._tags("sectors", picks.sectors, quote),
            units=self._units(picks, quote),
            request=self._tag("request", picks.request, quote),
            urgency=self._urgency(picks.urgency, quote),
            gates=self._tags("gates", picks.gates, quote_sentence),
            needs_review=bool(reasons),
            reasons=reasons,
            text=document.text,
            versions=self.versions,
        )

    def _tag(self, head: str, pick: Pick, quote: Quote) -> Tag:
        code, probability = pick
        return Tag(
            code=code,
            name=self.bundle.taxonomy.name(code),
            probability=probability,
            spans=quote(head, code),
        )

    def _tags(self, head: str, picks: Sequence[Pick], quote: Quote) -> Sequence[Tag]:
        return [self._tag(head, pick, quote) for pick in picks]

    def _units(self, picks: Picks, quote: Quote) -> Sequence[UnitTag]:
        ranked = [("lead_unit", Role.LEAD, picks.lead_unit)]
        ranked += [("assist_units", Role.ASSIST, pick) for pick in picks.assist_units]
        return [
            UnitTag(
                code=code,
                name=self.bundle.taxonomy.name(code),
                probability=probability,
                spans=quote(head, code),
                role=role,
            )
            for head, role, (code, probability) in ranked
        ]

    def _urgency(self, pick: Pick, quote: Quote) -> UrgencyTag:
        level, probability = int(pick[0]), pick[1]
        return UrgencyTag(
            level=level,
            name=self.bundle.taxonomy.urgency(level).name,
            probability=probability,
            spans=quote("urgency", pick[0]) if level > 1 else (),
        )

    def _reasons(
        self, document: Document, picks: Picks, *, kind: Kind, kind_stated: bool
    ) -> Sequence[ReviewReason]:
        """Say why a person should look before anything is done with the tags."""
        reasons = self._urgent_reasons(document, picks) if kind is Kind.PUBLIC_MESSAGE else []
        if len(document.text) < SHORT:
            reasons.append(
                ReviewReason(code="short_text", message=f"文本不足 {SHORT} 字，依据太少，待人工。")
            )
        for head, threshold in self.bundle.thresholds.sure.items():
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

    def _urgent_reasons(self, document: Document, picks: Picks) -> list[ReviewReason]:
        """Say that somebody may be in danger: the model missed most emergencies of few words."""
        reasons = []
        if sign := self._signs.search(document.text):
            message = f"文中有“{sign.group()}”字样，请先看。"
            reasons.append(ReviewReason(code="urgent_words", message=message))
        if picks.urgent >= self.bundle.thresholds.urgent:
            message = f"可能较急或紧急（把握 {picks.urgent:.2f}），请先看。"
            reasons.append(ReviewReason(code="urgent", message=message))
        return reasons


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
