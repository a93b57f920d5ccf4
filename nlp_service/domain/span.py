"""Where something stands in a text."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of the normalised text: ``text[start:end] == quote``."""

    start: int
    end: int
    quote: str
