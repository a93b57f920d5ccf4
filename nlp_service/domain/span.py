"""Where something stands in a text."""

from dataclasses import dataclass, is_dataclass, replace
from typing import Any, TypeVar, cast

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of the normalised text: ``text[start:end] == quote``."""

    start: int
    end: int
    quote: str


def requote(value: T, text: str) -> T:
    """Return a value with every quote in it cut anew from a text in which all stands as before.

    Args:
        value: a dataclass, or a list, tuple or mapping of such, however deep.
        text: as long as the one that was quoted, with some characters covered.
    """
    return cast(T, _requoted(value, text))


def _requoted(value: Any, text: str) -> Any:
    if isinstance(value, Span):
        return replace(value, quote=text[value.start : value.end])
    if isinstance(value, list | tuple):
        return type(value)(_requoted(part, text) for part in value)
    if isinstance(value, dict):
        return {key: _requoted(part, text) for key, part in value.items()}
    if not is_dataclass(value) or isinstance(value, type):
        return value
    parts = {name: getattr(value, name) for name in value.__dataclass_fields__}
    again = {name: _requoted(part, text) for name, part in parts.items()}
    changed = {name: part for name, part in again.items() if part != parts[name]}
    return replace(value, **changed) if changed else value
