"""``nlp-service models``: which bundles lie in a folder, and which of them load."""

from collections.abc import Sequence
from pathlib import Path

import click

from nlp_service.cli.failures import Failure
from nlp_service.cli.options import PATH, help_option
from nlp_service.cli.tables import table_lines
from nlp_service.domain.errors import NlpServiceError

_HEADER = ("文件夹", "名称", "日期", "大小", "分类体系", "分词器", "能否载入")


@click.command("models", options_metavar="[选项]")
@click.option("--folder", type=PATH, default=Path("models"), help="默认为 models。")
@help_option
def models_command(folder: Path) -> None:
    """列出一个文件夹下的模型包，并逐个试着载入。"""
    from nlp_service.bundle import find_bundles

    rows = [_describe(path) for path in find_bundles(folder)]
    if not rows:
        raise Failure(f"{folder} 下没有模型包，请用 --folder 指明它们所在的文件夹。")
    for line in table_lines([_HEADER, *rows]):
        click.echo(line)


def _describe(folder: Path) -> Sequence[str]:
    """Return what stands in a bundle's row of the table."""
    from nlp_service.bundle import read_bundle, read_manifest

    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    name = released = taxonomy = segmenter = "—"
    try:
        manifest = read_manifest(folder)
        name = f"{manifest['name']}-{manifest['version']}"
        released = manifest.get("released", "—")
        segmenter = "{name}-{version}".format(**manifest["segmenter"])
        taxonomy = read_bundle(folder).taxonomy.version
        state = "√"
    except NlpServiceError as error:
        state = str(error)
    except Exception as error:  # a manifest of another making; the list goes on all the same
        state = f"清单与当前程序不符（{type(error).__name__}）。"
    return folder.name, name, released, f"{size / 1e6:.1f} MB", taxonomy, segmenter, state
