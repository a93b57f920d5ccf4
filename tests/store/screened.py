"""Proposals for the tests of screening: with a total, grounds and a suggestion, in no time."""

from dataclasses import replace

from nlp_service.domain.assessment import GateTag
from nlp_service.domain.quality import (
    Answer,
    Disposition,
    DispositionAdvice,
    Quality,
    Scale,
    Verdict,
)
from nlp_service.domain.span import Span

QUESTIONS = {
    "necessary": "是否必要（可提可不提的不提）",
    "researched": "是否经过深入调研（没经过深入调研的不提）",
    "concrete": "建议是否具体、可操作（建议不具体、没有可操作性的不提）",
}


def judged(
    assessment,
    *,
    score,
    low,
    suggests=Disposition.FILED,
    gates=(),
    verdicts=("yes", "yes", "yes"),
    doubts=(),
):
    """An assessment with a quality, as the Assessor would give it."""
    answers = [
        Answer(
            code=code,
            question=question,
            verdict=Verdict(verdict),
            probability=0.5,
            seen=[],
            missing=[] if verdict == "yes" else ["走访、座谈等调研"],
        )
        for (code, question), verdict in zip(QUESTIONS.items(), verdicts, strict=True)
    ]
    quality = Quality(
        scale=Scale.PROPOSAL,
        score=score,
        band="一般" if score >= 60 else "建议退回完善",
        low=low,
        answers=answers,
        levels=[],
        marks=[],
        items=[],
        notes=[],
        doubts=doubts,
        evidence=[],
        sentences=[],
        note="请补充调研。" if score < 60 else "",
    )
    advice = DispositionAdvice(disposition=suggests, name="建议", reasons=["总分若干。"])
    return replace(
        assessment,
        quality=quality,
        disposition=advice,
        gates=[_gate(code) for code in gates],
    )


def _gate(code):
    return GateTag(
        code=code,
        name="",
        probability=0.9,
        spans=[Span(start=0, end=2, quote="原句")],
        rule="",
        restricted=False,
        found_by=["rule"],
    )
