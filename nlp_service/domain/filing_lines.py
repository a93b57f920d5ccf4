"""The totals from which filing and passing on are suggested, as the office set them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingLines:
    """What somebody set; the newest is in force, the others are history."""

    file_from: float
    """Total, 0–100, from which filing is suggested."""
    convert_from: float
    """Total from which one that is not filed is passed on; at most ``file_from``."""
    set_at: datetime
    set_by: str
