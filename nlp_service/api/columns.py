"""How a request says what a file's columns stand for, where their names do not."""

import json
from typing import Annotated

from fastapi import Depends, Query

from nlp_service.api.problems import RequestRefused
from nlp_service.domain.errors import UnreadableInput
from nlp_service.intake.columns import ColumnMapping, read_mapping

_RULE = '应为 JSON 对象，如 {"正文": "诉求描述", "不用": ["类型", "备注"]}。'


def read_columns_query(
    columns: Annotated[
        str,
        Query(
            description="列名认不出来时指明：JSON 对象，键是用途（正文、标题、编号、提交人、"
            "提交日期、具体建议、不用……），值是文件里的列名或列名的数组。",
            examples=['{"正文": "诉求描述"}'],
            max_length=4_000,
        ),
    ] = "",
) -> ColumnMapping:
    """Read what the query says of columns; nothing where it says nothing.

    Raises:
        RequestRefused: it is no mapping.
    """
    if not columns.strip():
        return ColumnMapping()
    try:
        named = json.loads(columns)
        pairs = [
            (meant, name)
            for meant, names in named.items()
            for name in ([names] if isinstance(names, str) else names)
        ]
        if not all(isinstance(name, str) for _, name in pairs):
            raise TypeError(named)
        return read_mapping(pairs)
    except UnreadableInput as error:
        raise RequestRefused("invalid_request", f"columns：{error}") from None
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise RequestRefused("invalid_request", f"columns：{_RULE}") from None


ColumnsDep = Annotated[ColumnMapping, Depends(read_columns_query)]
