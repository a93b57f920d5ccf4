"""Read corpora row by row: a bad row is reported with line and reason and skipped, never guessed.

Files come in through Hugging Face ``datasets``, streamed, so that no text lands in a cache.
"""

import csv
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlp_service.domain.errors import InvalidSubmission
from nlp_service.domain.submission import Kind, Submission
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.text.normalise import clean
from training.config import Source
from training.errors import BadCorpus
from training.examples import CONFIDENCE_WEIGHTS, Example, ReaderLabels, Scheme
from training.schemes import read_scheme

if TYPE_CHECKING:
    from datasets import Features

Row = Mapping[str, Any]

_PARTS = tuple(ReaderLabels.__slots__)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that was left out, and why; the text itself is never repeated."""

    source: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """The good rows of all sources, and what was left out."""

    examples: Sequence[Example]
    bad_rows: Sequence[BadRow]
    skipped: Sequence[str]
    """Optional sources that were not there."""
    schemes: Mapping[str, Scheme]
    """Source name -> its scheme of old categories."""


class _Refused(Exception):
    """Why a row is not taken."""


def read_corpus(
    sources: Sequence[Source], taxonomy: Taxonomy, *, max_bad_share: float = 0.02
) -> Corpus:
    """Read all sources.

    Raises:
        BadCorpus: a file is missing or unreadable, an id occurs twice, or more than
            ``max_bad_share`` of a source's rows are bad.
    """
    examples: list[Example] = []
    bad_rows: list[BadRow] = []
    skipped: list[str] = []
    schemes: dict[str, Scheme] = {}
    for source in sources:
        if source.optional and not source.path.exists():
            skipped.append(source.name)
            continue
        if source.scheme:
            schemes[source.name] = read_scheme(source.scheme, taxonomy)
        good, bad = _read_source(source, taxonomy, schemes.get(source.name))
        if len(bad) > max_bad_share * (len(good) + len(bad)):
            first = "；".join(f"第 {row.line} 行：{row.reason}" for row in bad[:3])
            raise BadCorpus(
                f"{source.path}：{len(good) + len(bad)} 行中有 {len(bad)} 行不合格，超过 "
                f"{max_bad_share:.0%}，已停止。{first}"
            )
        examples += good
        bad_rows += bad
    return Corpus(examples=examples, bad_rows=bad_rows, skipped=skipped, schemes=schemes)


def _read_source(
    source: Source, taxonomy: Taxonomy, scheme: Scheme | None
) -> tuple[list[Example], list[BadRow]]:
    labels_of = _labels_by_id(source.labels) if source.labels else {}
    further = _labels_by_id(source.further_labels) if source.further_labels else {}
    good: list[Example] = []
    bad: list[BadRow] = []
    seen: set[str] = set()
    for line, row in read_rows(source.path):
        try:
            if isinstance(row, str):
                raise _Refused(row)
            if source.split and row.get("split") != source.split:
                continue
            example = _example(row, labels_of, further, source, taxonomy, scheme)
            if example.id in seen:
                raise _Refused(f"编号 {example.id} 重复")
        except _Refused as refusal:
            bad.append(BadRow(source=source.name, line=line, reason=str(refusal)))
        else:
            seen.add(example.id)
            good.append(example)
    return good, bad


def read_rows(path: Path) -> Iterator[tuple[int, Row | str]]:
    """Yield line (or row) number and the row as a mapping; a string says why it is none.

    Raises:
        BadCorpus: no such file, or an ending other than .jsonl, .csv, .parquet.
    """
    from datasets import load_dataset

    if not path.is_file():
        raise BadCorpus(f"没有文件 {path}")
    files = {"train": [str(path)]}
    if path.suffix == ".jsonl":
        lines = load_dataset("text", data_files=files, split="train", streaming=True)
        for number, line in enumerate(lines, start=1):
            if line["text"].strip():
                yield number, _parse(line["text"])
    elif path.suffix == ".csv":
        rows = load_dataset(
            "csv",
            data_files=files,
            split="train",
            streaming=True,
            features=_text_columns(path),
            keep_default_na=False,
        )
        yield from ((number, dict(row)) for number, row in enumerate(rows, start=2))
    elif path.suffix == ".parquet":
        rows = load_dataset("parquet", data_files=files, split="train", streaming=True)
        yield from ((number, dict(row)) for number, row in enumerate(rows, start=1))
    else:
        raise BadCorpus(f"{path}：只读 .jsonl、.csv、.parquet")


def _text_columns(path: Path) -> "Features":
    """Return the columns of a CSV file, all as text: a number like 007 must stay as it is."""
    from datasets import Features, Value

    with path.open(encoding="utf-8-sig", newline="") as file:
        return Features({name: Value("string") for name in next(csv.reader(file), [])})


def _parse(line: str) -> Row | str:
    try:
        row = json.loads(line)
    except ValueError as error:
        return f"不是有效的 JSON：{error}"
    return row if isinstance(row, dict) else "不是 JSON 对象"


def _labels_by_id(path: Path) -> Mapping[str, Row]:
    return {row["id"]: row for _, row in read_rows(path) if not isinstance(row, str)}


def _example(
    row: Row,
    labels_of: Mapping[str, Row],
    further: Mapping[str, Row],
    source: Source,
    taxonomy: Taxonomy,
    scheme: Scheme | None,
) -> Example:
    identity, body = row.get("id"), row.get("body")
    if not isinstance(identity, str) or not identity:
        raise _Refused("缺少 id")
    if not isinstance(body, str):
        raise _Refused("缺少 body")
    try:
        kind = Kind(row.get("kind") or "unknown")
        document = clean(Submission(title=row.get("title") or "", body=body, kind=kind))
    except (ValueError, InvalidSubmission) as error:
        raise _Refused(str(error)) from None
    labelled = labels_of.get(identity) if source.labels else row if _says(row, source) else None
    measured = bool(labelled)
    labelled = labelled or further.get(identity)
    labels = _reader_labels(labelled, taxonomy, in_parts=source.corrections) if labelled else None
    category = row.get("type") or None
    if category and scheme and category not in scheme.topics:
        raise _Refused(f"类别 {category} 不在对照表 {scheme.name} 中")
    return Example(
        id=identity,
        source=source.name,
        kind=kind,
        document=document,
        labels=labels,
        measured=measured and labels is not None and labels.whole,
        old_category=category if scheme else None,
        topic_set=scheme.topics[category] if category and scheme else frozenset(),
    )


def _says(row: Row, source: Source) -> bool:
    """Return whether a row holds labels itself."""
    if source.corrections:
        return any(row.get(part) is not None for part in _PARTS)
    return bool(row.get("topic"))


def _reader_labels(row: Row, taxonomy: Taxonomy, *, in_parts: bool) -> ReaderLabels:
    """Check every code; what may be said in parts may be null."""
    topics = {topic.code for topic in taxonomy.topics}
    units = {unit.code for unit in taxonomy.units}

    def unsaid(key: str) -> bool:
        return in_parts and row.get(key) is None

    def one(key: str, codes: Collection[str]) -> str | None:
        return None if unsaid(key) else _code(row, key, codes)

    def many(key: str, codes: Collection[str]) -> Sequence[str] | None:
        return None if unsaid(key) else _codes(row, key, codes)

    topic = one("topic", topics)
    subtopic = one("subtopic", {subtopic.code for subtopic in taxonomy.subtopics})
    if subtopic is not None and in_parts:
        topic = topic or taxonomy.topic_of(subtopic)
    if subtopic is not None and taxonomy.topic_of(subtopic) != topic:
        raise _Refused(f"子议题 {subtopic} 不属于议题 {topic}")
    return ReaderLabels(
        topic=topic,
        subtopic=subtopic,
        other_topics=many("other_topics", topics),
        sectors=many("sectors", {sector.code for sector in taxonomy.sectors}),
        lead_unit=one("lead_unit", units),
        assist_units=many("assist_units", units),
        request=one("request", {request.code for request in taxonomy.requests}),
        urgency=None if unsaid("urgency") else _urgency(row),
        gates=many("gates", {gate.code for gate in taxonomy.gates}),
        confidence=_confidence(row),
        quality=_quality(row, taxonomy),
    )


def _code(row: Row, key: str, codes: Collection[str]) -> str:
    value = row.get(key)
    if value not in codes:
        raise _Refused(f"{key} 的代码 {value!r} 不在分类体系中")
    return str(value)


def _codes(row: Row, key: str, codes: Collection[str]) -> Sequence[str]:
    """Read a list; a CSV cell holds it as words with blanks between."""
    value = row.get(key) or []
    values = value.split() if isinstance(value, str) else list(value)
    if unknown := [item for item in values if item not in codes]:
        raise _Refused(f"{key} 的代码 {unknown} 不在分类体系中")
    return values


def _urgency(row: Row) -> int:
    urgency = str(row.get("urgency"))
    if urgency not in ("1", "2", "3", "4"):
        raise _Refused(f"urgency 应为 1–4，现为 {urgency}")
    return int(urgency)


def _confidence(row: Row) -> str:
    confidence = row.get("confidence") or "high"
    if confidence not in CONFIDENCE_WEIGHTS:
        raise _Refused(f"confidence 应为 high、medium、low，现为 {confidence!r}")
    return str(confidence)


def _quality(row: Row, taxonomy: Taxonomy) -> Mapping[str, int]:
    """Check the levels of the quality dimensions, where the reader gave any."""
    levels = row.get("quality") or {}
    known = {dimension.code: len(dimension.levels) for dimension in taxonomy.dimensions}
    if not isinstance(levels, Mapping) or any(
        code not in known or level not in range(known[code]) for code, level in levels.items()
    ):
        raise _Refused(f"quality 应为维度到等级的表，现为 {levels!r}")
    return dict(levels)
