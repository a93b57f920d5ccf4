"""What several commands share: their options, and the settings and the bundle behind these."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nlp_service.cli.failures import Failure
from nlp_service.domain.submission import Mode

if TYPE_CHECKING:
    from nlp_service.assess import Assessor
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

_RULES = {
    "port": "应为 0 到 65535 的整数",
    "store": "应为 true 或 false",
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


def load_assessor(settings: "Settings") -> "Assessor":
    """Read the bundle; raises what ``read_bundle`` raises."""
    from nlp_service import assess

    return assess.load_assessor(settings)
