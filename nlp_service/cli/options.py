"""What several commands share: their options, and the settings and the bundle behind these."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nlp_service.cli.failures import Failure
from nlp_service.domain.submission import Mode

if TYPE_CHECKING:
    from nlp_service.assess import Assessor
    from nlp_service.intake.columns import ColumnMapping
    from nlp_service.settings import Settings

PATH = click.Path(path_type=Path, readable=False)  # what cannot be read is said later

help_option = click.help_option("--help", help="显示这段说明。")
bundle_option = click.option(
    "--bundle", type=PATH, help="模型包的文件夹；默认取 NLP_BUNDLE，未设则为 models/default。"
)
mode_option = click.option(
    "--mode",
    type=click.Choice([mode.value for mode in Mode]),  # of an enum click would take the names
    help="fast 只用线性模型，accurate 与编码器合判，auto（有编码器时的默认）只让它看没把握的。",
)
column_option = click.option(
    "--column",
    multiple=True,
    metavar="用途=列名",
    help="列名认不出来时指明，如 --column 正文=诉求描述；不读的写 --column 不用=列名。可写多次。",
)

_RULES = {
    "log_format": "应为 text 或 json",
    "traces": "应为 true 或 false",
    "port": "应为 0 到 65535 的整数",
    "store": "应为 true 或 false",
    "keys": "应为 名称:SHA-256，几个之间用逗号（nlp-service keys add 会给出）",
    "proxies": "应为 IP 地址或网段，几个之间用逗号，如 127.0.0.1,10.0.0.0/8",
    "encoder_threads": "应为不小于 0 的整数",
    "workers": "应为 0 到 64 的整数",
    "queue_rows": "应为不小于 1 的整数",
    "queue_jobs": "应为不小于 1 的整数",
    "results_days": "应为不小于 1 的整数",
    "file_from": "应为 0 到 100 的数",
    "convert_from": "应为 0 到 100 的数，且不高于 NLP_FILE_FROM",
}
"""Setting -> what it must be."""


def read_settings(options: Mapping[str, object]) -> "Settings":
    """Return the environment's settings; an option that is given overrides its variable.

    Raises:
        Failure: a value is not usable.
    """
    from pydantic import ValidationError

    from nlp_service.settings import Settings

    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0])
        rule = _RULES.get(name, "不可用")
        option = f"（或 --{name}）" if name in ("host", "port", "bundle") else ""
        where = f"NLP_{name.upper()}{option}"
        raise Failure(f"{where}{rule}，现为“{problem['input']}”。") from None


def read_columns(options: Sequence[str]) -> "ColumnMapping":
    """Return what the options say of a file's columns.

    Raises:
        Failure: one is not of the form 用途=列名.
        UnreadableInput: as ``read_mapping`` does.
    """
    from nlp_service.intake.columns import read_mapping

    for option in options:
        if "=" not in option:
            raise Failure(f"--column 应写作 用途=列名，如 正文=诉求描述，现为“{option}”。")
    pairs = [option.split("=", 1) for option in options]
    return read_mapping((meant, name) for meant, name in pairs)


def load_assessor(settings: "Settings") -> "Assessor":
    """Read the bundle; raises what ``read_bundle`` raises."""
    from nlp_service import assess

    return assess.load_assessor(settings)
