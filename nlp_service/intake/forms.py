"""Make submissions of documents: of a filled-in form with its sections, or of plain text.

A form is told by its labels (案由、提案人、情况分析、具体建议 …), whether they stand in a table, as
headings, or before a colon; the names are those of ``intake.columns``. Contact data of a form does
not enter the body. Where labels are too few to be a form, every line is kept as it is.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from nlp_service.intake.columns import TEXT_FIELDS, Column, Field, on_one_line, tidy
from nlp_service.intake.findings import Findings
from nlp_service.intake.messages import Paragraph, TableRow
from nlp_service.intake.rows import KINDS, Fields, Record

_LABELLED = re.compile(r"\s*([^:：\n]{1,20})[:：][ \t　]*", re.DOTALL)
_BESIDE = re.compile(r"\t+|[ 　]{2,}")
_SENTENCE = re.compile(r"[。！？；，：:;,!?]")
_PROPOSAL = ("案由", "提案案由")
"""Labels that stand on proposals alone."""

_LONGEST_TITLE = 60
_LONGEST_LABEL = 12
_LONGEST_REMARK = 60
"""Characters beside a label that nobody knows: 审查意见 and the like; what is longer is text."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line, or a cell, with the label that it stands under."""

    text: str
    label: str = ""
    meant: Field | None = None
    heading: bool = False
    in_table: bool = False
    open: bool = False
    """A label alone: what it labels comes next."""


@dataclass(slots=True)
class _Draft:
    """A submission that is being put together."""

    values: dict[Field, object] = field(default_factory=dict)
    names: dict[Field, str] = field(default_factory=dict)
    before: list[_Piece] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    begun: bool = False
    """A label for the text was read: what has none from here on belongs to it."""


def read_forms(blocks: Iterable[Paragraph | TableRow], found: Findings) -> Iterator[Record]:
    """Yield the submissions of a document, mostly one; one without any text gives none."""
    pieces = [piece for block in blocks for piece in _pieces(block, found)]
    labels = [piece for piece in pieces if piece.meant is not None]
    if _is_form(labels):
        drafts = _fill(pieces, found)
    else:
        drafts = [_plain(pieces)]
    told = [draft for draft in drafts if draft.text or draft.values.get(Field.TITLE)]
    for number, draft in enumerate(told, start=1):
        draft.values[Field.BODY] = "\n".join(draft.text)
        yield Record(
            line=number,
            where=f"第 {number} 件" if len(told) > 1 else "",
            fields=Fields(values=draft.values, names=draft.names),
        )


def looks_like_title(line: str) -> bool:
    """Say whether a line may be a title: short, and no sentence."""
    return 0 < len(line) <= _LONGEST_TITLE and not _SENTENCE.search(line[-1:])


def _is_form(labels: Sequence[_Piece]) -> bool:
    """Say whether labels make a form: two for the text, or one and who wrote it or what of."""
    texts = {tidy(piece.label) for piece in labels if piece.meant in TEXT_FIELDS}
    others = {piece.meant for piece in labels} & {Field.TITLE, Field.SUBMITTER, Field.CONTACT}
    return len(texts) >= 2 or bool(texts and others)


# --- pieces ------------


def _pieces(block: Paragraph | TableRow, found: Findings) -> Iterator[_Piece]:
    if isinstance(block, TableRow):
        yield from _row_pieces(block.cells, found)
        return
    for line in block.text.split("\n"):
        parts = [part for part in _BESIDE.split(line.strip()) if part]
        beside = [_labelled(part, found) for part in parts]
        if len(parts) > 1 and all(piece.meant for piece in beside):
            yield from beside
        elif line.strip():
            yield _labelled(line.strip(), found, heading=block.heading)


def _labelled(
    text: str, found: Findings, *, heading: bool = False, in_table: bool = False
) -> _Piece:
    """Take the label off a text: 案由：…, a line that is one, or a cell's first line."""
    if meant := found.mapping.of(text):
        return _Piece("", text, meant, heading, in_table, open=True)
    if (told := _LABELLED.match(text)) and (meant := found.mapping.of(told[1])):
        rest = text[told.end() :].strip()
        return _Piece(rest, told[1].strip(), meant, heading, in_table, open=not rest)
    first, _, rest = text.partition("\n")
    if rest and (meant := found.mapping.of(first)):
        return _Piece(rest.strip(), first.strip(), meant, heading, in_table)
    return _Piece(text, heading=heading, in_table=in_table)


def _row_pieces(cells: Sequence[str], found: Findings) -> Iterator[_Piece]:
    """Yield a row's cells, each label with what stands beside it."""
    waiting: _Piece | None = None
    for place, cell in enumerate(cells):
        piece = _labelled(cell.strip(), found, in_table=True)
        if piece.meant is None and waiting is not None:
            yield _Piece(piece.text, waiting.label, waiting.meant, in_table=True)
            waiting = None
            continue
        if waiting is not None:
            yield waiting
        waiting = None
        if piece.open or _is_unknown_label(piece, place, cells):
            waiting = piece if piece.open else _Piece("", piece.text, in_table=True, open=True)
        elif piece.text:
            yield piece
    if waiting is not None:
        yield waiting


def _is_unknown_label(piece: _Piece, place: int, cells: Sequence[str]) -> bool:
    short = 0 < len(tidy(piece.text)) <= _LONGEST_LABEL and not _SENTENCE.search(piece.text[:-1])
    return short and piece.meant is None and place + 1 < len(cells)


# --- drafts ------------


def _plain(pieces: Sequence[_Piece]) -> _Draft:
    """Keep every line; the first is the title if it looks like one."""
    lines = [_whole(piece) for piece in pieces if _whole(piece)]
    draft = _Draft()
    if len(lines) > 1 and (pieces[0].heading or looks_like_title(lines[0])):
        draft.values[Field.TITLE] = lines.pop(0)
    draft.text = lines
    return draft


def _whole(piece: _Piece) -> str:
    """Return a piece as it stood."""
    return (
        f"{piece.label}：{piece.text}" if piece.label and piece.text else piece.label + piece.text
    )


def _fill(pieces: Sequence[_Piece], found: Findings) -> Sequence[_Draft]:
    drafts = [_Draft()]
    waiting: _Piece | None = None
    for piece in pieces:
        draft = drafts[-1]
        if waiting is not None and piece.meant is None and not piece.label:
            piece = _Piece(piece.text, waiting.label, waiting.meant, in_table=waiting.in_table)
        waiting = None
        if piece.meant is Field.TITLE and draft.begun:
            drafts.append(draft := _Draft())
        if piece.open and piece.meant not in (None, *TEXT_FIELDS):
            waiting = piece
        else:
            _add(draft, piece, found)
    for draft in drafts:
        _finish(draft)
    return drafts


def _add(draft: _Draft, piece: _Piece, found: Findings) -> None:
    """Put a piece where it belongs."""
    if piece.meant in TEXT_FIELDS:
        _tell(piece, found)
        _add_text(draft, piece)
    elif piece.meant is None and piece.label:
        _add_unknown(draft, piece, found)
    elif piece.meant is None:
        if draft.begun:
            draft.text.append(piece.text)
        else:
            draft.before.append(piece)
    elif draft.begun and not piece.in_table and piece.meant not in (Field.SUBMITTER, Field.CONTACT):
        draft.text.append(_whole(piece))  # in running text, 时间：… is a part of it
    else:
        _tell(piece, found)
        draft.values.setdefault(piece.meant, piece.text)
        draft.names.setdefault(piece.meant, piece.label)


def _add_text(draft: _Draft, piece: _Piece) -> None:
    draft.begun = True
    draft.names.setdefault(Field.BODY, piece.label)
    if piece.meant is Field.SECTION:
        draft.text.append(f"{on_one_line(piece.label)}：")
    if piece.text:
        draft.text.append(piece.text)


def _add_unknown(draft: _Draft, piece: _Piece, found: Findings) -> None:
    """Keep what stands beside an unknown label only if it is long enough to be text."""
    if len(piece.text) > _LONGEST_REMARK:
        draft.text += [f"{piece.label}：", piece.text]
    else:
        _tell(piece, found)


def _tell(piece: _Piece, found: Findings) -> None:
    found.add_columns([Column(name=on_one_line(piece.label), field=piece.meant)])


def _finish(draft: _Draft) -> None:
    """Find the title where no label told it; the form's own heading is no text."""
    if draft.values.get(Field.KIND) not in KINDS:
        draft.values.pop(Field.KIND, None)
    if tidy(draft.names.get(Field.TITLE, "")) in _PROPOSAL:
        draft.values.setdefault(Field.KIND, "提案")
    draft.values.pop(Field.CONTACT, None)
    before = draft.before
    titled = Field.TITLE in draft.values
    if not titled and before and (before[0].heading or looks_like_title(before[0].text)):
        draft.values[Field.TITLE] = before.pop(0).text
    kept = [piece.text for piece in before if not (titled and looks_like_title(piece.text))]
    draft.text = [*kept, *draft.text]
