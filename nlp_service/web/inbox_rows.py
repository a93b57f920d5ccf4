"""What the inbox shows of each submission: a heading, a stretch of its text, names for codes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from nlp_service.domain.queue import EXAMPLE_SOURCE, URGENT_FROM
from nlp_service.domain.records import CHINA, ListedSubmission
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.store.opening import Office
from nlp_service.text.normalise import normalise
from nlp_service.web.naming import name_code
from nlp_service.web.wording import day

HEADING, EXCERPT = 60, 150
"""Characters."""
_BEFORE_HIT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A stretch of a text."""

    text: str
    hit: bool
    """It is what was looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One submission of the list."""

    item: ListedSubmission
    heading: Sequence[Stretch]
    """Title, or the beginning of the text; empty where the submission is restricted."""
    excerpt: Sequence[Stretch]
    topic: str
    subtopic: str
    """Empty where it is called as its topic is."""
    lead_unit: str
    assist_units: Sequence[str]
    urgency: str
    urgent: bool
    example: bool
    """It came with the program."""
    received: str
    """The day, of today's the hour."""


def make_rows(
    office: Office, items: Sequence[ListedSubmission], taxonomy: Taxonomy, *, words: str = ""
) -> Sequence[Row]:
    """Return the rows of listed submissions, in order; words that were looked for are marked."""
    texts = office.submissions.texts([item.key for item in items if not item.restricted])
    return [_row(item, texts.get(item.key, ""), taxonomy, words) for item in items]


def short_unit_names(taxonomy: Taxonomy) -> Mapping[str, str]:
    """Return what each unit is called for short, by its code."""
    return {unit.code: unit.short or unit.name for unit in taxonomy.units}


def _row(item: ListedSubmission, text: str, taxonomy: Taxonomy, words: str) -> Row:
    heading, rest = _parted("" if item.restricted else item.title, text)
    hits = _pattern(words)
    units = short_unit_names(taxonomy)
    subtopic = name_code(item.subtopic, taxonomy) if item.subtopic else ""
    topic = name_code(item.topic, taxonomy)
    return Row(
        item=item,
        heading=_marked(heading, hits),
        excerpt=_marked(_around_hit(rest, hits), hits),
        topic=topic,
        subtopic="" if subtopic == topic else subtopic,
        lead_unit=units.get(item.lead_unit, item.lead_unit),
        assist_units=[units.get(code, code) for code in item.assist_units],
        urgency=taxonomy.urgency(item.urgency).name,
        urgent=item.urgency >= URGENT_FROM,
        example=item.origin.source == EXAMPLE_SOURCE,
        received=_received(item.received_at),
    )


def _received(moment: datetime) -> str:
    here = moment.astimezone(CHINA)
    return f"今天 {here:%H:%M}" if here.date() == datetime.now(CHINA).date() else day(here)


def _parted(title: str, text: str) -> tuple[str, str]:
    """Return a heading and what follows it, in one line."""
    rest = " ".join(text[len(title) :].split())
    if title:
        return title, rest
    end = re.search(r"[。!?;]", rest[:HEADING])
    cut = end.end() if end else HEADING
    heading = rest[:cut] + ("" if end or len(rest) <= cut else "…")
    return heading, rest[cut:].lstrip()


def _around_hit(text: str, hits: re.Pattern[str] | None) -> str:
    found = hits.search(text) if hits else None
    start = max(0, found.start() - _BEFORE_HIT) if found else 0
    end = start + EXCERPT
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _pattern(words: str) -> re.Pattern[str] | None:
    looked_for = sorted(normalise(words).split(), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, looked_for)), re.IGNORECASE) if looked_for else None


def _marked(text: str, hits: re.Pattern[str] | None) -> Sequence[Stretch]:
    return list(_stretches(text, hits)) if text else []


def _stretches(text: str, hits: re.Pattern[str] | None) -> Iterator[Stretch]:
    done = 0
    for found in hits.finditer(text) if hits else ():
        if found.start() > done:
            yield Stretch(text=text[done : found.start()], hit=False)
        yield Stretch(text=found.group(), hit=True)
        done = found.end()
    if done < len(text):
        yield Stretch(text=text[done:], hit=False)
