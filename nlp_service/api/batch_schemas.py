"""The shapes of batch jobs, of their progress and of a result's line."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from nlp_service.api.schemas import AssessmentOut
from nlp_service.api.validation import described
from nlp_service.domain.batches import MOST_PROBLEMS, Batch, BatchState, NotifyState
from nlp_service.domain.people import Caller, Permission
from nlp_service.domain.submission import Kind, Mode
from nlp_service.jobs.addresses import origin_of


class RowProblemOut(BaseModel):
    """A row without an assessment."""

    model_config = described("没有分拣结果的一行和原因，不含来件内容。")

    row: int = Field(description="第几件，从 1 起，整个文件连续编号。")
    where: str = Field(description="在文件中的位置。", examples=["第 5 行"])
    code: str = Field(examples=["empty_text"])
    message: str


class BatchOptionsOut(BaseModel):
    """What is to be done with the rows."""

    model_config = described("任务的选项。")

    mode: Mode | None
    store: bool = Field(description="各行是否作为来件入库。")
    explain: bool
    quality: bool
    kind: Kind = Field(description="没有写明类型的行按什么类型。")
    source: str = Field(description="来源。")
    mapping: Mapping[str, str] = Field(description="人工指定的列：文件的列名 → 所含内容。")
    webhook: str = Field(
        description="结束时通知的地址；空为不通知。路径和参数里可能有口令：完整的地址只给提交任务者和"
        "管理员（manage），其余的人只见协议、主机和端口。"
    )


class BatchProgressOut(BaseModel):
    """How far a job is."""

    model_config = described("任务的进度。")

    key: int = Field(description="任务的编号，用于 /v1/batches/{key}。")
    state: BatchState
    version: int = Field(description="每有变化就增大。")
    read: int = Field(description="文件中已读出的行数。")
    read_whole: bool = Field(description="文件是否已读完；为 true 时 read 就是总行数。")
    finished: int = Field(description="已有结果的行数 = done + refused + quarantined。")
    done: int = Field(description="分拣成功的行数。")
    refused: int = Field(description="不合要求、未分拣或未入库的行数。")
    quarantined: int = Field(description="分拣时出错而隔离的行数；不影响其余各行。")
    rows_per_second: float | None = Field(description="最近一分钟每秒的行数；尚不知道时为 null。")
    seconds_left: float | None = Field(description="预计还要几秒；尚不知道时为 null。")


class BatchJobOut(BatchProgressOut):
    """A job."""

    model_config = described("一项批量任务：一个文件，每行恰有一个结果。")

    name: str = Field(description="文件名。")
    digest: str = Field(description="文件的 SHA-256。")
    size: int = Field(description="文件的字节数。")
    kind: str = Field(description="文件的种类，如 xlsx；尚未打开时为空。")
    columns: Mapping[str, str] = Field(
        description="文件的列名 → 识别为什么内容；略过的列为空；不是表格或尚未打开时没有。"
    )
    options: BatchOptionsOut
    problems: Sequence[RowProblemOut] = Field(
        description=f"没有分拣结果的行，最多列前 {MOST_PROBLEMS} 行。"
    )
    problem: str = Field(description="无法继续的原因；state 不是 failed 时一般为空。")
    retries: int = Field(description="因进程中断而重做的段数。")
    notify_state: NotifyState
    notify_problem: str = Field(description="最近一次通知没有送达的原因。")
    submitted_at: datetime
    submitted_by: str
    started_at: datetime | None
    changed_at: datetime
    finished_at: datetime | None
    results_deleted_at: datetime | None = Field(description="结果满保存期后何时删除；未删为 null。")


class BatchJobListOut(BaseModel):
    """A page of jobs."""

    model_config = described("一页批量任务，最近提交的在前。")

    items: Sequence[BatchJobOut]
    next_before: int | None = Field(description="下一页的 before；最后一页为 null。")


class RowErrorOut(BaseModel):
    """Why a row has no assessment."""

    model_config = described("一行没有分拣结果的原因。")

    code: str
    message: str


class BatchLineOut(BaseModel):
    """A line of a job's results."""

    model_config = described("结果的一行（NDJSON）：ok 有 assessment，其余有 error。")

    row: int = Field(description="第几件，从 1 起。")
    where: str = Field(description="在文件中的位置。")
    status: Literal["ok", "refused", "quarantined", "erased", "withheld"] = Field(
        description="erased：分拣过，后来按保存期限清除了全文；withheld：限阅，不给没有权限的人。"
    )
    id: str | None = Field(default=None, description="该行的编号；只在没有 assessment 时给。")
    assessment: AssessmentOut | None = None
    error: RowErrorOut | None = None


def progress_of(batch: Batch) -> BatchProgressOut:
    """Return the shape of a job's progress."""
    return BatchProgressOut(**_progress(batch))


def batch_of(batch: Batch, *, caller: Caller) -> BatchJobOut:
    """Return the shape of a job, as this caller may see it."""
    options = {**asdict(batch.options), "webhook": _webhook_for(caller, batch)}
    return BatchJobOut(
        **_progress(batch),
        name=batch.file.name,
        digest=batch.file.digest,
        size=batch.file.size,
        kind=batch.kind,
        columns=batch.columns,
        options=BatchOptionsOut(store=options.pop("keep"), **options),
        problems=[RowProblemOut(**asdict(problem)) for problem in batch.tally.problems],
        problem=batch.problem,
        retries=batch.tally.retries,
        notify_state=batch.notify_state,
        notify_problem=batch.notify_problem,
        submitted_at=batch.submitted_at,
        submitted_by=batch.submitted_by,
        started_at=batch.started_at,
        changed_at=batch.changed_at,
        finished_at=batch.finished_at,
        results_deleted_at=batch.results_until,
    )


def _webhook_for(caller: Caller, batch: Batch) -> str:
    """Return where a job's end is told of; of another's job, only which system is told."""
    whole = batch.options.webhook
    if not whole or batch.belongs_to(caller) or caller.may(Permission.MANAGE):
        return whole
    return origin_of(whole)


def _progress(batch: Batch) -> dict[str, Any]:
    tally = batch.tally
    return {
        "key": batch.key,
        "state": batch.state,
        "version": batch.version,
        "read": tally.read,
        "read_whole": tally.read_whole,
        "finished": tally.finished,
        "done": tally.done,
        "refused": tally.refused,
        "quarantined": tally.quarantined,
        "rows_per_second": _rounded(batch.rows_per_s),
        "seconds_left": _rounded(batch.seconds_left),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
