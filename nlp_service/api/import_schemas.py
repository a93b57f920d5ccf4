"""The shapes of imports of archives, and of the lines by which an import tells its progress."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from nlp_service.api.problems import Problem
from nlp_service.api.validation import described
from nlp_service.domain.imports import MOST_REFUSALS, Import, ImportState


class RefusedRowOut(BaseModel):
    """A row that was not stored."""

    model_config = described("未存入的一行和原因，不含来件内容。")

    line: int = Field(description="这一行在文件中的行号，从 1 起；工作簿、文档和压缩包则是第几件。")
    where: str = Field(description="在文件中的位置，供人查看。", examples=["工作表“一月”第 5 行"])
    code: str = Field(examples=["empty_text"])
    message: str


class ProgressOut(BaseModel):
    """How far an import is."""

    model_config = described("导入的进度。")

    key: int = Field(description="导入的编号，用于 /v1/imports/{key}。")
    state: ImportState
    lines: int = Field(description="文件的行数；工作簿、文档和压缩包则是件数。")
    mark: int = Field(description="已处理到的行；此前的都已写入数据库。")
    read: int = Field(description="已读的件数 = stored + known + refused。")
    stored: int = Field(description="新存入的件数。")
    known: int = Field(description="早已入库的件数。")
    refused: int = Field(description="未存入的件数。")


class ImportOut(ProgressOut):
    """An import."""

    model_config = described("一次档案导入：同一文件、同一来源只有一次，中断后可以接着导入。")

    digest: str = Field(description="文件的 SHA-256。")
    name: str
    source: str
    problem: str = Field(description="无法继续的原因；state 不是 failed 时为空。")
    refusals: Sequence[RefusedRowOut] = Field(
        description=f"未存入的行，最多列 {MOST_REFUSALS} 行。"
    )
    started_at: datetime
    started_by: str
    changed_at: datetime = Field(description="最近一次写入的时刻。")
    finished_at: datetime | None


class ImportListOut(BaseModel):
    """A page of imports."""

    model_config = described("一页导入，最近开始的在前。")

    items: Sequence[ImportOut]
    next_before: int | None = Field(description="下一页的 before；最后一页为 null。")


class ImportLineOut(BaseModel):
    """One line of the answer to an import."""

    model_config = described("导入答复的一行（NDJSON）：先是进度，最后一行是 summary 或 error。")

    progress: ProgressOut | None = None
    summary: ImportOut | None = None
    error: Problem | None = None


def progress_of(now: Import) -> ProgressOut:
    """Return the shape of an import's progress."""
    return ProgressOut(key=now.key, state=now.state, lines=now.lines, **_counts(now))


def import_of(now: Import) -> ImportOut:
    """Return the shape of an import."""
    return ImportOut(
        key=now.key,
        state=now.state,
        lines=now.lines,
        **_counts(now),
        digest=now.digest,
        name=now.name,
        source=now.source,
        problem=now.problem,
        refusals=[
            RefusedRowOut(**{**asdict(row), "where": row.place}) for row in now.tally.refusals
        ],
        started_at=now.started_at,
        started_by=now.started_by,
        changed_at=now.changed_at,
        finished_at=now.finished_at,
    )


def _counts(now: Import) -> dict[str, Any]:
    tally = now.tally
    return {
        "mark": tally.mark,
        "read": tally.read,
        "stored": tally.stored,
        "known": tally.known,
        "refused": tally.refused,
    }
