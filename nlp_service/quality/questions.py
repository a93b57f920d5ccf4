"""Answer the committee's three questions from the levels: yes, no or doubtful (是、否、存疑)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.quality import Answer, Quote, Verdict
from nlp_service.domain.toml_tables import build_all, read_toml
from nlp_service.quality.checklist import Checked
from nlp_service.tagging.linear import Floats

_LIKELY = 0.5


@dataclass(frozen=True, kw_only=True)
class Question:
    """One of the questions and how it is answered."""

    code: str
    question: str
    """In the committee's own words; 是 is the good answer."""
    dimensions: Sequence[str]
    """All of them must be good; one that is bad is enough for no."""
    yes_from: int
    """Yes, where each dimension is likely of at least this level."""
    no_to: int
    """No, where one dimension is likely of at most this level."""


def read_questions(path: Path, codes: Sequence[str]) -> Sequence[Question]:
    """Read ``questions.toml``.

    Raises:
        InvalidTaxonomy: a key or type that does not fit, a dimension that is not among ``codes``.
    """
    questions = build_all(Question, read_toml(path).get("question"), file=path, key="question")
    for question in questions:
        for code in question.dimensions:
            if code not in codes:
                raise InvalidTaxonomy(str(path), f"question.{question.code}", f"没有代码 {code}")
    return questions


def answer(
    question: Question, probabilities: Mapping[str, Floats], checked: Mapping[str, Checked]
) -> Answer:
    """Answer one question.

    Args:
        question: which.
        probabilities: dimension -> probability of each level 0–4.
        checked: dimension -> what was seen and what not.
    """
    levels = [probabilities[code] for code in question.dimensions]
    yes = min(float(level[question.yes_from :].sum()) for level in levels)
    no = max(float(level[: question.no_to + 1].sum()) for level in levels)
    found = [checked[code] for code in question.dimensions]
    return Answer(
        code=question.code,
        question=question.question,
        verdict=_verdict(yes, no),
        probability=round(yes, 4),
        seen=_in_text_order(quote for each in found for quote in each.seen),
        missing=list(dict.fromkeys(missing for each in found for missing in each.missing)),
    )


def _verdict(yes: float, no: float) -> Verdict:
    if yes >= _LIKELY:
        return Verdict.YES
    return Verdict.NO if no >= _LIKELY else Verdict.DOUBTFUL


def _in_text_order(quotes: Iterable[Quote]) -> Sequence[Quote]:
    return sorted(set(quotes), key=lambda quote: (quote.start, quote.end, quote.type))
