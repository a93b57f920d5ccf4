"""What an admin puts in force while the service runs, instead of what the settings say."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingLines:
    """Totals, as somebody set them; the newest are in force, the others are history."""

    file_from: float
    """Total, 0–100, from which filing is suggested."""
    convert_from: float
    """Total from which one that is not filed is passed on; at most ``file_from``."""
    set_at: datetime
    set_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """A bundle, as somebody chose it; the newest is in force."""

    label: str
    """Name and version. In which folder it lies each machine knows itself."""
    set_at: datetime
    set_by: str


class Subject(enum.StrEnum):
    """What a ruling is about."""

    NAMES = "names"
    """Names and units of the installation; the content is that of its TOML file."""
    RETENTION = "retention"
    """How long texts are kept; the content is that of its TOML file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What somebody put in the place of a file of the settings; the newest is in force."""

    content: Mapping[str, Any]
    set_at: datetime
    set_by: str
