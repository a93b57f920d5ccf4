"""The words behind tags that were stored without: batches do not look for them, pages show them.

They are found when a page is opened, by the same bundle in the same way, and kept for a while; the
stored answer stays what it is.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from nlp_service.assess import Assessor
from nlp_service.domain.assessment import ScorePath
from nlp_service.domain.records import Original, StoredAssessment
from nlp_service.domain.submission import Kind, Mode, Submission

KEPT = 256
"""Submissions of which the words are kept."""

Tag = Mapping[str, Any]
Spans = Sequence[Mapping[str, Any]]
_SINGLE = ("topic", "subtopic", "request", "urgency")
_SEVERAL = ("other_topics", "sectors", "units", "gates")


class Reasons:
    """Finds words for stored answers. Safe for threads."""

    def __init__(self, assessor: Assessor) -> None:
        self.assessor = assessor
        self._find = lru_cache(maxsize=KEPT)(self._assess)

    def are_missing(self, stored: StoredAssessment) -> bool:
        """Say whether an answer has no words though this bundle, which gave it, could find some."""
        quoting = any(tag["spans"] for tag in _tags(stored.answer))
        return not quoting and stored.bundle == self.assessor.bundle.label

    def complete(
        self, stored: StoredAssessment, original: Original, *, stated: Kind
    ) -> Mapping[str, Any]:
        """Return an answer with the words that carry its tags.

        Args:
            stored: without words.
            original: the submission as it came in.
            stated: its kind as the sender stated it.
        """
        combined = stored.answer["topic"]["path"] == ScorePath.COMBINED
        mode = Mode.ACCURATE if combined and self.assessor.bundle.stage else Mode.FAST
        again = self._find(original.title, original.body, stated, mode)
        if again["text"] != stored.answer["text"]:
            return stored.answer  # cleaned or covered otherwise by now: the words would slip
        found = {(name, tag_code(tag)): tag["spans"] for name, tag in _named(again)}
        return {**stored.answer, **_with_words(stored.answer, found)}

    def _assess(self, title: str, body: str, kind: Kind, mode: Mode) -> Mapping[str, Any]:
        submission = Submission(title=title, body=body, kind=kind)
        return self.assessor.assess(submission, quality=False, mode=mode).as_dict()


def tag_code(tag: Tag) -> str:
    """Return a tag's code; of the urgency its level."""
    return str(tag["code"] if "code" in tag else tag["level"])


def _with_words(answer: Mapping[str, Any], found: Mapping[tuple[str, str], Spans]) -> Tag:
    def complete(name: str, tag: Tag) -> Tag:
        return {**tag, "spans": found.get((name, tag_code(tag)), tag["spans"])}

    single = {name: complete(name, answer[name]) for name in _SINGLE}
    several = {name: [complete(name, tag) for tag in answer[name]] for name in _SEVERAL}
    return {**single, **several}


def _named(answer: Mapping[str, Any]) -> Sequence[tuple[str, Tag]]:
    single = [(name, answer[name]) for name in _SINGLE]
    return single + [(name, tag) for name in _SEVERAL for tag in answer[name]]


def _tags(answer: Mapping[str, Any]) -> Sequence[Tag]:
    """Return the tags that quote words wherever such were looked for."""
    return [answer[name] for name in ("topic", "subtopic", "request")]
