"""A text cut into runs, so that several sorts of marks may overlap in it and each be shown alone.

Cut here, not in the browser: spans count code points, and a browser's strings do not.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from nlp_service.duplicates.shared_wording import SharedWording


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlight:
    """A stretch of a text that a layer marks."""

    start: int
    end: int
    layer: str
    """Name of what is switched on and off together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of a text on which the same marks lie throughout."""

    start: int
    end: int
    text: str
    layers: Sequence[str]
    """Sorted; empty where nothing is marked."""


def cut_runs(text: str, highlights: Iterable[Highlight]) -> Sequence[Run]:
    """Cut a text at every beginning and end of a mark; the runs together are the text.

    What stands outside the text, or nowhere, is passed over.
    """
    marks = [one for one in highlights if 0 <= one.start < one.end <= len(text)]
    edges = sorted({0, len(text)} | {edge for one in marks for edge in (one.start, one.end)})
    opening: dict[int, list[Highlight]] = {}
    for one in marks:
        opening.setdefault(one.start, []).append(one)
    runs: list[Run] = []
    lying: list[Highlight] = []
    for start, end in pairwise(edges):
        lying = [one for one in lying if one.end > start] + opening.get(start, [])
        layers = sorted({one.layer for one in lying})
        runs.append(Run(start=start, end=end, text=text[start:end], layers=layers))
    return runs


def highlights_of(layer: str, spans: Iterable[Mapping[str, Any]]) -> Sequence[Highlight]:
    """Return marks for spans as an assessment's JSON has them."""
    return [Highlight(start=one["start"], end=one["end"], layer=layer) for one in spans]


def places_of(spans: Iterable[Mapping[str, Any]]) -> str:
    """Return spans as ``data-points`` has them: ``12-20 33-40``."""
    return " ".join(f"{one['start']}-{one['end']}" for one in spans)


def shared_places(shared: SharedWording | None) -> Sequence[tuple[int, int]]:
    """Return where a text (query) has another one's wording, as start and end.

    What is boilerplate alone is passed over, as 查重率 does.
    """
    passages = shared.passages if shared else ()
    return [
        (run.query.start, run.query.end)
        for passage in passages
        if passage.own_letters
        for run in passage.runs
    ]


def shared_points(shared: SharedWording | None) -> str:
    """Return the same as ``data-points`` has it."""
    return " ".join(f"{start}-{end}" for start, end in shared_places(shared))
