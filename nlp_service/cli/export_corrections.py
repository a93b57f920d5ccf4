"""``nlp-service export-corrections``: what persons said, as training reads it."""

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nlp_service.cli.acting import command_line_actor
from nlp_service.cli.options import PATH, help_option, read_settings

if TYPE_CHECKING:
    from nlp_service.domain.reviews import ReviewedText


@click.command("export-corrections", options_metavar="[选项]")
@click.argument("output", type=PATH, metavar="文件.jsonl")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="只要这一天（含）以后审核过的。")
@click.option("--corrected", is_flag=True, help="只要与机器不同的，不要全部确认的。")
@help_option
def export_corrections_command(output: Path, since: datetime | None, corrected: bool) -> None:
    """把人工确认和更正过的来件导出为训练数据，每行一件；限阅的来件不导出。

    人没有谈到的项为 null，训练时不算数。在训练配置中加一个 [[source]]，path 指向这个文件即可。
    """
    from nlp_service.domain.audit import Export
    from nlp_service.store.opening import open_store

    count = 0
    with (
        open_store(read_settings({})) as store,
        store.transaction(actor=command_line_actor()) as office,
        output.open("w", encoding="utf-8") as file,
    ):
        for text in office.reviews.reviewed_texts(since=since.date() if since else None):
            if corrected and not text.corrected:
                continue
            file.write(json.dumps(as_row(text), ensure_ascii=False) + "\n")
            count += 1
        office.audit.note_export(Export.CORRECTIONS, {"count": count})
    click.echo(f"导出 {count} 件到 {output}。")


def as_row(text: "ReviewedText") -> dict[str, Any]:
    """Return a reviewed text as training reads it: the person's labels, the machine's beside."""
    said = text.person
    return {
        "id": f"reviewed-{text.submission_key}",
        "kind": said.kind or text.kind,
        "title": text.title,
        "body": text.body,
        "submitted_at": text.submitted_at,
        "topic": said.topic,
        "subtopic": said.subtopic,
        "other_topics": said.other_topics,
        "sectors": said.sectors,
        "lead_unit": said.lead_unit or None,
        "assist_units": said.assist_units,
        "request": said.request,
        "urgency": said.urgency,
        "gates": said.gates,
        "quality": said.levels,
        "disposition": said.disposition,
        "machine": text.machine.as_dict(),
        "corrected": text.corrected,
        "bundle": text.bundle,
    }
