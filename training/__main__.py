"""Commands of the analyst: fit, cross-validate, evaluate, audit."""

import datetime
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nlp_service.domain.errors import NlpServiceError
from training.errors import TrainingError

if TYPE_CHECKING:  # the commands import what they need late, for a quick --help
    from training.results import Report


@click.group()
def main() -> None:
    """训练、评测和检查标注。"""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # corpora are local files


answered_folds_option = click.option(
    "--answered-folds",
    type=click.IntRange(min=1),
    help="编码器在几折上给出留出结果，代替配置里的数；已有的折不再重算。",
)


@main.command("fit")
@click.argument("config", type=click.Path(path_type=Path, exists=True))
@answered_folds_option
@click.option("--out", type=click.Path(path_type=Path), default=Path("models/default"))
@click.option("--report", type=click.Path(path_type=Path), default=Path("var/reports/fit"))
def fit_command(config: Path, answered_folds: int | None, out: Path, report: Path) -> None:
    """按配置训练，交叉验证，写出并核对模型包；成对模型的配置写入已有的模型包。"""
    from training.config import read_config
    from training.fit import fit
    from training.pairs.config import describes_pairs
    from training.prepare import prepare

    if describes_pairs(config):
        _fit_pairs(config, out, report)
        return
    run = read_config(config).with_answered_folds(answered_folds)
    _finish(fit(prepare(run, _say), out, _say), report)


@main.command("cross-validate")
@click.argument("config", type=click.Path(path_type=Path, exists=True))
@answered_folds_option
@click.option("--report", type=click.Path(path_type=Path), default=Path("var/reports/folds"))
def cross_validate_command(config: Path, answered_folds: int | None, report: Path) -> None:
    """交叉验证，并与基准模型在同样的折上比较。"""
    from training.compare import compare_with_peers
    from training.config import read_config
    from training.cross_validate import cross_validate, make_report
    from training.prepare import prepare

    prepared = prepare(read_config(config).with_answered_folds(answered_folds), _say)
    validated = cross_validate(prepared, _say)
    comparisons = compare_with_peers(prepared, validated, _say)
    _finish(make_report(prepared, validated, comparisons), report)


@main.command("evaluate")
@click.argument("bundle", type=click.Path(path_type=Path, exists=True))
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True)
@click.option("--labels", type=click.Path(path_type=Path, exists=True), multiple=True)
@click.option("--split", default=None, help="只用 split 列为此值的行。")
@click.option("--fast", is_flag=True, help="不用模型包里的编码器。")
@click.option("--report", type=click.Path(path_type=Path), default=Path("var/reports/evaluate"))
def evaluate_command(
    bundle: Path, data: Path, labels: tuple[Path, ...], split: str | None, fast: bool, report: Path
) -> None:
    """评测一个模型包，与每位标注者比较。"""
    from training.evaluate import evaluate

    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    _finish(evaluate(bundle, data, labels=labels, split=split, fast=fast, date=today), report)


@main.command("audit")
@click.argument("config", type=click.Path(path_type=Path, exists=True))
@click.option("--out", type=click.Path(path_type=Path), default=Path("var/reports/suspects.csv"))
def audit_command(config: Path, out: Path) -> None:
    """列出可能标错的行，供人核对。"""
    import csv
    from dataclasses import asdict, fields

    from training.audit import Suspect, find_suspects
    from training.config import read_config
    from training.cross_validate import cross_validate
    from training.prepare import prepare

    prepared = prepare(read_config(config), _say)
    suspects = find_suspects(prepared, cross_validate(prepared, _say))
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8-sig", newline="") as file:  # with a mark, for Excel
        writer = csv.DictWriter(file, [item.name for item in fields(Suspect)])
        writer.writeheader()
        writer.writerows(asdict(suspect) for suspect in suspects)
    _say(f"可疑标注 {len(suspects)} 处，已写入 {out}。")


@main.command("privacy")
def privacy_command() -> None:
    """量一量个人信息遮盖的查全率和准确率。"""
    from nlp_service.text.mask.masker import read_masker
    from training.privacy import read_cases, table

    for line in table(read_masker(), read_cases()):
        click.echo(line)


def _fit_pairs(config: Path, bundle: Path, folder: Path) -> None:
    from training.pairs.config import read_pairs_config
    from training.pairs.fit import fit_pair_classifier
    from training.pairs.report import pair_table_lines, write_pair_report

    found = fit_pair_classifier(read_pairs_config(config), bundle, _say)
    write_pair_report(found, folder)
    for line in pair_table_lines(found):
        click.echo(line)
    _say(f"报告：{folder / 'report.html'}，{folder / 'report.json'}")


def _finish(report: "Report", folder: Path) -> None:
    from training.report import table_lines, write_report

    write_report(report, folder)
    for line in table_lines(report):
        click.echo(line)
    _say(f"报告：{folder / 'report.html'}，{folder / 'report.json'}")


def _say(message: str) -> None:
    click.echo(message, err=True)


if __name__ == "__main__":
    try:
        main(standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (TrainingError, NlpServiceError) as error:
        _say(str(error))
        sys.exit(1)
