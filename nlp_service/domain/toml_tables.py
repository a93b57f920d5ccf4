"""Turn TOML tables into frozen dataclasses, refusing what does not fit.

Unknown and missing keys and wrong types are errors that name file, key and reason. No defaults
are invented: a dataclass's own default is the only one.
"""

import tomllib
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from nlp_service.domain.errors import InvalidTaxonomy

Table = Mapping[str, Any]
T = TypeVar("T")


def read_toml(path: Path) -> Table:
    """Read one TOML file.

    Raises:
        InvalidTaxonomy: absent, not UTF-8 or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InvalidTaxonomy(str(path), "-", "文件不存在") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidTaxonomy(str(path), "-", f"不是有效的 UTF-8 TOML：{error}") from None


def build(cls: type[T], table: Table, *, file: Path, key: str) -> T:
    """Make a ``cls`` of a table whose keys are its fields.

    Raises:
        InvalidTaxonomy: a key is missing, unknown, or of another type.
    """
    if not isinstance(table, Mapping):
        raise InvalidTaxonomy(str(file), key, "应为一个表")
    values = _checked(cls, table, file=file, key=key)
    for item in fields(cls):  # type: ignore[arg-type]
        required = item.default is MISSING and item.default_factory is MISSING
        if required and item.name not in values:
            raise InvalidTaxonomy(str(file), f"{key}.{item.name}", "缺少这个键")
    return cls(**values)


def change(entry: T, table: Table, *, file: Path, key: str) -> T:
    """Return the entry with the keys of the table replaced.

    Raises:
        InvalidTaxonomy: a key is unknown, or of another type.
    """
    return replace(entry, **_checked(type(entry), table, file=file, key=key))  # type: ignore[type-var]


def _checked(cls: type, table: Table, *, file: Path, key: str) -> dict[str, Any]:
    hints = get_type_hints(cls)
    known = [item.name for item in fields(cls)]
    for name in table:
        if name not in known:
            raise InvalidTaxonomy(str(file), f"{key}.{name}", f"未知的键，可用：{', '.join(known)}")
    return {
        name: _fit(value, hints[name], file=file, key=f"{key}.{name}")
        for name, value in table.items()
    }


def build_all(cls: type[T], tables: object, *, file: Path, key: str) -> Sequence[T]:
    """Make one ``cls`` of each table of an array of tables; the array may not be empty."""
    if not isinstance(tables, list) or not tables:
        raise InvalidTaxonomy(str(file), key, "应为至少一项的表数组")
    return [
        build(cls, table, file=file, key=_place(key, table, n)) for n, table in enumerate(tables)
    ]


def _place(key: str, table: object, position: int) -> str:
    """Name an entry by its code where it has one: a person finds it faster."""
    code = table.get("code", position) if isinstance(table, Mapping) else position
    return f"{key}[{code}]"


def _fit(value: Any, hint: Any, *, file: Path, key: str) -> Any:
    origin = get_origin(hint)
    if origin is types.UnionType:
        hint = next(option for option in get_args(hint) if option is not type(None))
        return _fit(value, hint, file=file, key=key)
    if origin is Mapping:
        return _fit_values(value, get_args(hint)[1], file=file, key=key)
    if origin is Sequence:
        return _fit_items(value, get_args(hint)[0], file=file, key=key)
    if is_dataclass(hint):
        return build(hint, value, file=file, key=key)  # type: ignore[arg-type]
    if hint is Path and isinstance(value, str):
        return Path(value)
    if issubclass(hint, StrEnum):
        if value not in list(hint):
            raise InvalidTaxonomy(str(file), key, f"应为 {'、'.join(hint)} 之一，现为 {value!r}")
        return hint(value)
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint or (value == "" and not key.endswith(".construction")):
        raise InvalidTaxonomy(str(file), key, f"应为非空的 {hint.__name__}，现为 {value!r}")
    return value


def _fit_values(value: Any, hint: Any, *, file: Path, key: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidTaxonomy(str(file), key, "应为一个表")
    return {name: _fit(item, hint, file=file, key=f"{key}.{name}") for name, item in value.items()}


def _fit_items(value: Any, hint: Any, *, file: Path, key: str) -> Sequence[Any]:
    if is_dataclass(hint):
        return build_all(hint, value, file=file, key=key)  # type: ignore[arg-type]
    if isinstance(value, list) and issubclass(hint, StrEnum):
        return tuple(_fit(item, hint, file=file, key=key) for item in value)
    if not isinstance(value, list) or not all(isinstance(item, hint) for item in value):
        raise InvalidTaxonomy(str(file), key, f"应为 {hint.__name__} 的列表，现为 {value!r}")
    return tuple(value)
