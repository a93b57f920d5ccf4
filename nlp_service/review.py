"""Say why a person should look at a submission before anything is done with its tags."""

import re
from collections.abc import Iterator, Sequence

from nlp_service.domain.assessment import ReviewReason
from nlp_service.domain.quality import Quality
from nlp_service.domain.submission import Kind
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.quality.gates import FoundGate
from nlp_service.tagging.picks import Picks
from nlp_service.tagging.thresholds import Thresholds
from nlp_service.text.normalise import Document

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


class Reviewer:
    """Finds the reasons. Holds no state of any text; safe for threads."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy
        signs = [sign for urgency in taxonomy.urgencies for sign in urgency.signs]
        self._signs = re.compile("|".join(map(re.escape, signs)) if signs else "(?!)")

    def reasons(
        self,
        document: Document,
        picks: Picks,
        gates: Sequence[FoundGate],
        quality: Quality | None,
        thresholds: Thresholds,
        *,
        kind: Kind,
        kind_stated: bool,
    ) -> Sequence[ReviewReason]:
        """Return the reasons, what cannot wait first."""
        return [
            *(self._urgent(document, picks, thresholds) if kind is Kind.PUBLIC_MESSAGE else ()),
            *_unsure(document, picks, thresholds, kind_stated=kind_stated),
            *self._gates(gates, kind),
            *_unjudged(quality),
        ]

    def _urgent(
        self, document: Document, picks: Picks, thresholds: Thresholds
    ) -> Iterator[ReviewReason]:
        """Say that somebody may be in danger: the model missed most emergencies of few words."""
        if sign := self._signs.search(document.text):
            message = f"文中有“{sign.group()}”字样，请先看。"
            yield ReviewReason(code="urgent_words", message=message)
        if picks.urgent >= thresholds.urgent:
            message = f"可能较急或紧急（把握 {picks.urgent:.2f}），请先看。"
            yield ReviewReason(code="urgent", message=message)

    def _gates(self, gates: Sequence[FoundGate], kind: Kind) -> Iterator[ReviewReason]:
        for gate in gates:
            if gate.code == PERSONAL_MATTER and kind is Kind.PUBLIC_MESSAGE:
                continue  # citizens write of their own matters; only a proposal may not
            message = f"可能属于“{self._taxonomy.name(gate.code)}”，请人工审查。"
            yield ReviewReason(code=f"gate_{gate.code}", message=message)


def _unsure(
    document: Document, picks: Picks, thresholds: Thresholds, *, kind_stated: bool
) -> Iterator[ReviewReason]:
    if len(document.text) < SHORT:
        message = f"文本不足 {SHORT} 字，依据太少，待人工。"
        yield ReviewReason(code="short_text", message=message)
    for head, threshold in thresholds.sure.items():
        probability = getattr(picks, head)[1]
        if probability < threshold and not (head == "kind" and kind_stated):
            needed = f"低于 {threshold:.2f}" if threshold <= 1 else "一律由人判定"
            message = f"{_HEAD_NAMES[head]}把握 {probability:.2f}，{needed}，待人工。"
            yield ReviewReason(code=f"uncertain_{head}", message=message)


def _unjudged(quality: Quality | None) -> Iterator[ReviewReason]:
    """Say that a text is too short or too damaged to be judged without a person."""
    for doubt in quality.doubts if quality else ():
        yield ReviewReason(code="quality_unsure", message=doubt)
