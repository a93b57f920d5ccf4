"""Write the draft of the note to a proposal's author (退回完善建议).

Its sentences stand in ``advice.toml`` and are filled with words of the text; nothing is generated.
It says what was seen before it says what was not, and it neither blames nor says what is true.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from nlp_service.domain.quality import Level, Sentence, SentenceRole
from nlp_service.domain.span import Span
from nlp_service.domain.taxonomy import Cap
from nlp_service.quality.advice_table import AdviceTable, DimensionTable, Lack
from nlp_service.quality.checklist import Checked
from nlp_service.quality.evidence import Evidence, EvidenceType, Fact

LONGEST_QUOTE = 36
"""Characters of a quote in the note; what is longer is shortened."""

_QUOTES_A_POINT = 2
_LACKS_A_POINT = 2
_LONGEST_HEAD = 20
_FEWEST_PAIRS = 4  # pairs of characters that a cause must have for a comparison to mean anything
_LIKE = 0.5  # share of a cause's characters from which what is asked may well answer it
_CLAUSE_END = re.compile(r"[。;!?\n]|,(?!(?<=\d,)\d{3})")
_LEAD = re.compile(  # a number, a heading on the same line
    r"(?:[一二三四五六七八九十\d]{1,2}[、.]|\([一二三四五六七八九十\d]{1,2}\))? ?(?:[一-龥]{2,6}:)?"
)
_HALF_WIDTH = re.compile(r"(?<!\d)[,:]|[,:](?!\d)|[;!?()]")
_FULL_WIDTH = str.maketrans(",:;!?()", "，：；！？（）")
_SUGGESTING = (SentenceRole.SUGGESTION, SentenceRole.SLOGAN)


def write_note(
    title: str,
    levels: Sequence[Level],
    checked: Mapping[str, Checked],
    evidence: Sequence[Evidence],
    sentences: Sequence[Sentence],
    *,
    table: AdviceTable,
    caps: Sequence[Cap],
) -> str:
    """Return the note, what would help the total most first; empty where nothing needs mending.

    Args:
        title: as it stands in the document; may be empty.
        levels: of all dimensions.
        checked: by code of dimension, from ``check_dimension``.
        evidence: everything that ``find_evidence`` found.
        sentences: the whole text, in order.
        table: what ``read_advice`` returned.
        caps: the taxonomy's; a dimension at its cap comes first.
    """
    capped = {cap.dimension: cap.total for cap in caps for level in levels if _holds(cap, level)}
    mending = _to_mend(levels, capped, table)
    if not mending:
        return ""
    body = [sentence for sentence in sentences if sentence.start >= len(title)]
    writer = _Writer(table=table, evidence=evidence, sentences=body)
    points = [
        table.note.point.format(
            number=number,
            name=level.name,
            text=writer.point(checked[level.code], table.of(level.code), level.code in capped),
        )
        for number, level in enumerate(mending, start=1)
    ]
    named = table.note.opening.format(title=_printed(title)) if title else table.note.untitled
    already = writer.already([level for level in levels if level not in mending], checked)
    opening = "".join([named, *already, table.note.introduction])
    return "\n".join([opening, *points, table.note.closing])


def _to_mend(
    levels: Sequence[Level], capped: Mapping[str, int], table: AdviceTable
) -> Sequence[Level]:
    """Return the dimensions that the note speaks of, what would help the total most first."""
    mending = [
        level
        for level in levels
        if level.level < table.note.mend_below and table.of(level.code).silent_with not in capped
    ]
    mending.sort(key=lambda level: (capped.get(level.code, 100), -_gain(level, table), level.level))
    return mending[: table.note.most_points]


def _holds(cap: Cap, level: Level) -> bool:
    return cap.dimension == level.code and round(level.level) <= cap.level


def _gain(level: Level, table: AdviceTable) -> float:
    """Return what the total gains by one step up, or by the part of it that is left to mend."""
    return level.weight * min(1.0, table.note.mend_below - level.level)


@dataclass(frozen=True, kw_only=True)
class _Writer:
    """Fills the sentences of the note with words of one text."""

    table: AdviceTable
    evidence: Sequence[Evidence]
    sentences: Sequence[Sentence]

    def already(self, good: Sequence[Level], checked: Mapping[str, Checked]) -> Iterator[str]:
        """Yield what was seen for the weightiest of the dimensions that need no mending."""
        for level in sorted(good, key=lambda level: -level.weight):
            if level.level >= self.table.note.mend_below and self.table.of(level.code).quoted:
                if quotes := self._quoted(checked[level.code].foremost):
                    yield self.table.note.already.format(name=level.name, quotes=quotes)
                    return

    def point(self, checked: Checked, dimension: DimensionTable, capped: bool) -> str:
        """Return what is seen, what speaks against it, what is missing and how to mend it.

        At a cap nothing counts as seen.
        """
        note = self.table.note
        told = [lack for lack in checked.lacks if lack.in_note][:_LACKS_A_POINT]
        seen = "" if capped or not dimension.quoted else self._quoted(checked.foremost)
        parts = [note.seen.format(quotes=seen)] if seen else []
        parts += self._said_against(checked, dimension)
        if missing := [lack.missing for lack in told if not lack.said]:
            wording = note.missing_after_seen if seen else note.missing
            parts.append(wording.format(missing=note.also_missing.join(missing)))
        parts += [lack.said for lack in told if lack.said]
        parts += self._special(dimension.code)
        parts += _hints(told) or [dimension.otherwise]
        return "".join(parts)

    def _quoted(self, spans: Sequence[Span]) -> str:
        """Return the first quotes within their clauses, none twice."""
        in_body = [span for span in spans if self._around(span)]
        clauses = dict.fromkeys(self._clause(span) for span in in_body)
        return "".join(f"“{clause}”" for clause in list(clauses)[:_QUOTES_A_POINT])

    def _clause(self, span: Span) -> str:
        """Return the clause around a quote, or what of it stands nearest to the quote."""
        around = self._around(span) or span
        text, start, end = around.quote, span.start - around.start, span.end - around.start
        begins = max([0, *(mark.end() for mark in _CLAUSE_END.finditer(text, 0, start))])
        after = _CLAUSE_END.search(text, min(end, len(text)))
        ends = after.start() if after else len(text)
        begins += len(lead[0]) if (lead := _LEAD.match(text[begins:start])) else 0
        if end - begins > LONGEST_QUOTE:
            return "…" + _for_reading(text[start:ends], longest=LONGEST_QUOTE)
        return _for_reading(text[begins:ends].rstrip("。;,:!?"), longest=LONGEST_QUOTE)

    def _around(self, span: Span) -> Sentence | None:
        """Return the sentence of the body in which a quote begins."""
        place = bisect_right(self.sentences, span.start, key=lambda each: each.start) - 1
        return self.sentences[place] if place >= 0 else None

    def _said_against(self, checked: Checked, dimension: DimensionTable) -> Iterator[str]:
        """Yield the weightiest of what speaks against it, quoted back."""
        kind = dimension.against[0].type.value if dimension.against else ""
        quotes = dict.fromkeys(each.quote for each in checked.against if each.type == kind)
        if quotes and kind in self.table.note.against:
            shown = [f"“{_for_reading(quote)}”" for quote in list(quotes)[:_QUOTES_A_POINT]]
            yield self.table.note.against[kind].format(quotes="".join(shown))

    def _special(self, code: str) -> Iterator[str]:
        """Yield what only a look at the whole text tells."""
        if code == "Q5" and (items := self._unowned_items):
            head = f"“{_for_reading(_head(items[0]), longest=_LONGEST_HEAD)}”"
            wording = self.table.note.unowned if items[1:] else self.table.note.unowned_one
            yield wording.format(quote=head, count=len(items))
        if code == "Q4" and (cause := self._unanswered_cause):
            yield self.table.note.unanswered.format(quote=f"“{self._clause(cause)}”")

    @cached_property
    def _suggesting(self) -> Sequence[Sentence]:
        return [sentence for sentence in self.sentences if sentence.role in _SUGGESTING]

    @cached_property
    def _unowned_items(self) -> Sequence[str]:
        """Return the items of the suggestions in which nobody is named to act.

        None, where somebody is named before the first item, or for all of them.
        """
        before, items = self._items
        if any(self._owned(sentence) for sentence in before):
            return []
        of_all = self.table.note.of_all
        for sentence in self._suggesting:
            if any(word in sentence.quote for word in of_all) and self._owned(sentence):
                return []
        return [item[0].quote for item in items if not any(map(self._owned, item))]

    @cached_property
    def _items(self) -> tuple[Sequence[Sentence], Sequence[Sequence[Sentence]]]:
        """Return the suggestions before the first item, and the sentences of each item."""
        styles = [self._style(sentence) for sentence in self._suggesting]
        style = next((it for it in styles if it is not None and styles.count(it) > 1), None)
        if style is None:
            return self._suggesting, []
        starts = [number for number, it in enumerate(styles) if it == style]
        ends = [*starts[1:], len(styles)]
        items = [self._suggesting[first:last] for first, last in zip(starts, ends, strict=True)]
        return self._suggesting[: starts[0]], items

    def _style(self, sentence: Sentence) -> int | None:
        """Return in which style of numbering the sentence begins an item."""
        styles = enumerate(self.table.note.items)
        return next((n for n, pattern in styles if re.match(pattern, sentence.quote)), None)

    def _owned(self, sentence: Sentence) -> bool:
        words = sentence.quote
        first, last = (
            bisect_left(self.evidence, place, key=lambda each: each.start)
            for place in (sentence.start, sentence.end)
        )
        for each in self.evidence[first:last]:
            if each.type is EvidenceType.BODY:
                return True
            if each.type is EvidenceType.VAGUENESS:
                words = words.replace(each.quote, "")
        return any(owner in words for owner in self.table.note.owners)

    @cached_property
    def _unanswered_cause(self) -> Evidence | None:
        """Return the first cause that shares no word, nor one of like sense, with what is asked.

        What is asked is everything from the first suggestion on: roles may be mistaken.
        """
        if not self._suggesting:
            return None
        begins = self._suggesting[0].start
        asked = "".join(it.quote for it in self.sentences if it.start >= begins)
        causes = (
            each
            for each in self.evidence
            if each.type is EvidenceType.CAUSE
            and Fact.LISTED not in each.facts
            and each.start < begins
        )
        asked_pairs = self._pairs(asked)
        return next((each for each in causes if self._unanswered(each, asked, asked_pairs)), None)

    def _unanswered(self, cause: Evidence, asked: str, asked_pairs: Set[str]) -> bool:
        sentence = (self._around(cause) or cause).quote
        pairs = self._pairs(sentence)
        likes = [group.words for group in self.table.note.answer if _any_in(group.words, sentence)]
        characters = set("".join(pairs))
        return (
            len(pairs) >= _FEWEST_PAIRS
            and pairs.isdisjoint(asked_pairs)
            and len(characters.intersection(asked)) < _LIKE * len(characters)
            and not any(_any_in(words, asked) for words in likes)
        )

    def _pairs(self, text: str) -> set[str]:
        """Return the pairs of neighbouring characters that carry sense."""
        note = self.table.note
        for word in note.idle_words:
            text = text.replace(word, " ")
        pairs = (text[place : place + 2] for place in range(len(text) - 1))
        idle = set(note.idle_characters)
        return {pair for pair in pairs if pair.isalpha() and idle.isdisjoint(pair)}


def _hints(lacks: Sequence[Lack]) -> Sequence[str]:
    return [lack.hint for lack in lacks]


def _any_in(words: Sequence[str], text: str) -> bool:
    return any(word in text for word in words)


def _head(item: str) -> str:
    """Return the first clause of an item."""
    end = re.search(r"[,。;:!?\n]", item)
    return item[: end.start()] if end and end.start() > 3 else item


def _for_reading(quote: str, *, longest: int | None = None) -> str:
    """Return words to be put in quotation marks, shortened at their end.

    >>> _for_reading('车位(约1,200个)不足,住户说“停不下”', longest=14)
    '车位（约1,200个）不足…'
    """
    if longest is not None and len(quote) > longest:
        quote = quote[: longest - 1].rstrip(",;:、“(") + "…"
    if quote.count("“") != quote.count("”"):
        quote = quote.replace("“", "").replace("”", "")
    return _printed(quote).translate(str.maketrans("“”", "‘’"))


def _printed(text: str) -> str:
    """Return the text with the marks of print instead of half-width ones."""
    return _HALF_WIDTH.sub(lambda mark: mark[0].translate(_FULL_WIDTH), text)
