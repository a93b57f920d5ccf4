"""Recall and precision of masking, type by type, on the cases of ``data/gold/privacy``.

A find counts where it covers every letter and digit of what a case marks, and is right where it
covers nothing else. A third of the cases, chosen by a hash of their text, was held out: rules were
written looking at the others, at these by figures alone.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlp_service.domain.privacy import PrivateSpan, PrivateType
from nlp_service.text.mask.masker import Masker
from nlp_service.text.normalise import normalise

GOLD = Path(__file__).parents[1] / "data" / "gold" / "privacy"
_HELD_OUT_OF = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivacyCase:
    """A text and the personal data in it."""

    id: str
    text: str
    """As somebody would write it; ``spans`` count in its normalised form."""
    spans: Sequence[PrivateSpan]
    quotes: Sequence[str]

    @property
    def held_out(self) -> bool:
        """Whether no rule was written with a look at it."""
        return int(hashlib.sha256(self.text.encode()).hexdigest(), 16) % _HELD_OUT_OF == 0


@dataclass(slots=True, kw_only=True)
class PrivacyFigures:
    """Counts of one type."""

    wanted: int = 0
    found: int = 0
    marked: int = 0
    right: int = 0

    @property
    def recall(self) -> float:
        """Share of what is there that was found, 0–1; 1 where nothing is there."""
        return self.found / self.wanted if self.wanted else 1.0

    @property
    def precision(self) -> float:
        """Share of what was marked that is right, 0–1; 1 where nothing was marked."""
        return self.right / self.marked if self.marked else 1.0


def read_cases(folder: Path = GOLD) -> Sequence[PrivacyCase]:
    """Return every case, file by file."""
    return [case for path in sorted(folder.glob("*.jsonl")) for case in _read(path)]


def measure(masker: Masker, cases: Sequence[PrivacyCase]) -> Mapping[PrivateType, PrivacyFigures]:
    """Count what was found in the cases, by type."""
    figures = {each: PrivacyFigures() for each in PrivateType}
    for case in cases:
        text = normalise(case.text)
        found = masker.find(text)
        for one, others, of_gold in (
            *((one, found, True) for one in case.spans),
            *((one, case.spans, False) for one in found),
        ):
            whole = _places(text, [one]) <= _places(
                text, [other for other in others if other.type == one.type]
            )
            row = figures[one.type]
            if of_gold:
                row.wanted, row.found = row.wanted + 1, row.found + whole
            else:
                row.marked, row.right = row.marked + 1, row.right + whole
    return figures


def table(masker: Masker, cases: Sequence[PrivacyCase]) -> Iterator[str]:
    """Yield the lines of the table that ``python -m training privacy`` prints."""
    held_out = [case for case in cases if case.held_out]
    empty = sum(not case.spans for case in cases)
    yield f"{len(cases)} cases, {empty} of them with nothing to cover; {len(held_out)} held out"
    yield f"{'type':10} {'there':>6} {'recall':>7} {'marked':>7} {'precision':>9}   held out"
    every, apart = measure(masker, cases), measure(masker, held_out)
    for each in PrivateType:
        row, held = every[each], apart[each]
        yield (
            f"{each:10} {row.wanted:6} {row.recall:7.3f} {row.marked:7} {row.precision:9.3f}"
            f"   {held.recall:.3f} of {held.wanted}, {held.precision:.3f} of {held.marked}"
        )


def _read(path: Path) -> Iterator[PrivacyCase]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield PrivacyCase(
                id=row["id"],
                text=row["text"],
                spans=[
                    PrivateSpan(start=one["start"], end=one["end"], type=PrivateType(one["type"]))
                    for one in row["spans"]
                ],
                quotes=[one["quote"] for one in row["spans"]],
            )


def _places(text: str, spans: Sequence[PrivateSpan]) -> set[int]:
    return {place for one in spans for place in range(one.start, one.end) if text[place].isalnum()}
