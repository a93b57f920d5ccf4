"""Judge the quality of one submission, on the scale of its kind. The whole path, in reading order.

Proposals get the three answers, six levels, a total and a draft note; opinion reports marks by
which they are ranked; messages a list of what one needs in order to act.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp_service.domain.quality import Level, Quality, Quote, Scale, Sentence
from nlp_service.domain.span import requote
from nlp_service.domain.submission import Kind
from nlp_service.domain.taxonomy import Dimension, Taxonomy
from nlp_service.quality.advice import write_note
from nlp_service.quality.checklist import AdviceTable, Checked, ReadProposal, check_dimension
from nlp_service.quality.completeness import CompletenessRules, check_completeness
from nlp_service.quality.damage import find_damage
from nlp_service.quality.evidence import Evidence, find_evidence
from nlp_service.quality.levels import (
    SHORTEST,
    SURE,
    AbsenceCurve,
    LevelCurves,
    LevelModel,
    LowCurve,
    cap_probability,
    heard_share,
    mean_levels,
    mixed_with_nothing,
    total_score,
)
from nlp_service.quality.look import Look, Looker
from nlp_service.quality.marks import MarkRules, mark_report
from nlp_service.quality.meaning import LowerLayers, read_meaning
from nlp_service.quality.questions import Question, answer
from nlp_service.tagging.counting import FeatureCounter
from nlp_service.tagging.linear import Floats, LinearModel
from nlp_service.text.normalise import Document
from nlp_service.text.segment import Segmenter

SEVERAL_MATTERS = "G12"
"""一事多案: a ground that is also a fault of form."""

BEYOND_POWER, OPERABILITY = "G11", "Q5"
"""超出本级事权: by the rubric what is beyond power cannot be done, level 0."""

_BEYOND_SHARE = 0.5
"""How far that lowers: readers gave level 0 to most of our own such texts, but hardly lowered
those of a province, which may ask the state."""


@dataclass(frozen=True, kw_only=True)
class Rulings:
    """A model of the levels, and what held-out readings say that its scores mean."""

    levels: LevelModel
    curves: LevelCurves
    low: LowCurve


@dataclass(frozen=True, kw_only=True)
class QualityModel:
    """Everything fitted."""

    looker: Looker
    absence: AbsenceCurve
    alone: Rulings
    joint: Rulings | None
    """With what an encoder makes of the text; None where none is heard."""


@dataclass(frozen=True, kw_only=True)
class QualityRules:
    """Everything written."""

    advice: AdviceTable
    marks: MarkRules
    completeness: CompletenessRules
    questions: Sequence[Question]


class Judge:
    """Judges texts. Holds no state of any text; safe for threads."""

    def __init__(
        self,
        model: QualityModel,
        rules: QualityRules,
        *,
        taxonomy: Taxonomy,
        words: LinearModel,
        segmenter: Segmenter,
    ) -> None:
        """Make ready.

        Args:
            model: what was fitted.
            rules: what was written.
            taxonomy: for dimensions, caps and bands.
            words: the linear model whose vocabulary the level model weighs.
            segmenter: of that vocabulary.
        """
        self.model, self.rules, self.taxonomy = model, rules, taxonomy
        self._words, self._segmenter = words, segmenter
        self._counter = FeatureCounter(words.vocabulary)
        self._names = model.looker.lexicon.names

    @property
    def evidence_names(self) -> Mapping[str, str]:
        """Return what users call each type of evidence."""
        return {str(code): name for code, name in self._names.items()}

    def judge(
        self,
        document: Document,
        kind: Kind,
        *,
        gates: Mapping[str, float] | None = None,
        encoder: LowerLayers | None = None,
        submitted_at: datetime.date | None = None,
        shown: Document | None = None,
    ) -> Quality:
        """Judge one text.

        Args:
            document: the text.
            kind: by which scale; one of unknown kind is judged as a proposal.
            gates: code -> probability of the grounds for review that were seen.
            encoder: reads the substance of a proposal; None leaves it unheard.
            submitted_at: against which an opinion report's dates are recent.
            shown: the text as it may be quoted to its author, its personal data covered; nothing
                else of it differs.
        """
        if kind is Kind.PUBLIC_MESSAGE:  # of thousands a year, none needs its sentences told apart
            evidence = find_evidence(document, self.model.looker.lexicon)
            items = check_completeness(document, evidence, self.rules.completeness)
            return self._quality(document, evidence, (), Scale.MESSAGE, items=items)
        look = self.model.looker.look(document)
        if kind is Kind.OPINION_REPORT:
            marks = mark_report(
                document, look.evidence, self.rules.marks, submitted_at=submitted_at
            )
            score = round(sum(mark.points for mark in marks), 1)
            return self._quality(
                document,
                look.evidence,
                look.sentences,
                Scale.OPINION_REPORT,
                score=score,
                marks=marks,
            )
        return self._judge_proposal(document, look, gates or {}, encoder, shown or document)

    def probabilities(
        self, document: Document, look: Look, encoder: LowerLayers | None = None
    ) -> Floats:
        """Return the probability of each level of each dimension, (n_dimensions, 5)."""
        substance, model, rulings = look.substance, self.model, self._rulings(encoder)
        levels = rulings.levels
        document_left = substance.document
        words = self._words.weigh(self._counter.count([document_left], self._segmenter))
        heard = heard_share(len(document_left.body))
        scores = levels.scores(
            levels.count_row(substance.counts)[None],
            heard * (words @ levels.word_weights),
            read_meaning(substance.lines, encoder)[None] if encoder else None,
        )
        found = rulings.curves.probabilities(scores)[0]
        absent = model.absence.probability(substance.suggests, len(document.text))
        return mixed_with_nothing(
            found, np.asarray(absent), model.absence.dimensions, self.taxonomy
        )

    def _rulings(self, encoder: LowerLayers | None) -> Rulings:
        return self.model.joint if encoder and self.model.joint else self.model.alone

    def _judge_proposal(
        self,
        document: Document,
        look: Look,
        gates: Mapping[str, float],
        encoder: LowerLayers | None,
        shown: Document,
    ) -> Quality:
        probabilities = mixed_with_nothing(
            self.probabilities(document, look, encoder),
            np.asarray(_BEYOND_SHARE * gates.get(BEYOND_POWER, 0.0)),
            [OPERABILITY],
            self.taxonomy,
        )
        means = mean_levels(probabilities)
        proposal = ReadProposal(
            document, look.evidence, look.sentences, heading=self.rules.advice.heading
        )
        checked = {
            dimension.code: check_dimension(
                dimension.code,
                proposal,
                table=self.rules.advice,
                names=self._names,
                level=float(mean),
                several_matters=SEVERAL_MATTERS in gates,
            )
            for dimension, mean in zip(self.taxonomy.dimensions, means, strict=True)
        }
        levels = [
            _level(dimension, row, checked[dimension.code])
            for dimension, row in zip(self.taxonomy.dimensions, probabilities, strict=True)
        ]
        by_code = {each.code: row for each, row in zip(levels, probabilities, strict=True)}
        score = float(total_score(probabilities, self.taxonomy))
        return self._quality(
            document,
            look.evidence,
            look.sentences,
            Scale.PROPOSAL,
            score=round(score, 1),
            band=self.taxonomy.band(score),
            low=round(self._rulings(encoder).low.probability(score), 4),
            answers=[answer(each, by_code, checked) for each in self.rules.questions],
            levels=levels,
            notes=[
                cap.note
                for cap in self.taxonomy.caps
                if cap_probability(probabilities, cap, self.taxonomy) >= SURE
            ],
            note=write_note(
                shown.title,
                *requote((levels, checked, look.evidence, look.sentences), shown.text),
                table=self.rules.advice,
                caps=self.taxonomy.caps,
            ),
        )

    def _quality(
        self,
        document: Document,
        evidence: Sequence[Evidence],
        sentences: Sequence[Sentence],
        scale: Scale,
        **found: object,
    ) -> Quality:
        nothing: dict[str, object] = {
            "notes": (),
            "score": None,
            "band": "",
            "low": 0.0,
            "answers": (),
            "levels": (),
            "marks": (),
            "items": (),
            "note": "",
        }
        return Quality(
            scale=scale,
            doubts=find_doubts(document, scored=scale is not Scale.MESSAGE),
            evidence=[self._quote(each) for each in evidence],
            sentences=sentences,
            **{**nothing, **found},  # type: ignore[arg-type]
        )

    def _quote(self, evidence: Evidence) -> Quote:
        return Quote(
            start=evidence.start,
            end=evidence.end,
            quote=evidence.quote,
            type=str(evidence.type),
            name=self._names[evidence.type],
            suggested=evidence.suggested,
        )


def find_doubts(document: Document, *, scored: bool) -> Sequence[str]:
    """Say why a judgement of this text cannot be relied on: too short to score, or damaged."""
    found = []
    if scored and len(document.text) < SHORTEST:
        found.append(f"文本不足 {SHORTEST} 字，质量判断依据太少，请人工。")
    if damage := find_damage(document.text):
        found.append(damage)
    return found


def _level(dimension: Dimension, probabilities: Floats, checked: Checked) -> Level:
    mean = float(mean_levels(probabilities))
    nearest = min(int(mean + 0.5), len(dimension.levels) - 1)
    return Level(
        code=dimension.code,
        name=dimension.name,
        weight=dimension.weight,
        level=round(mean, 2),
        meaning=dimension.levels[nearest],
        probability=round(float(probabilities[nearest]), 4),
        seen=checked.seen,
        against=checked.against,
        missing=checked.missing,
    )
