"""How many requests a caller may make: a bucket each, refilled evenly (GCRA).

Each process counts for itself. The limit protects a process's processors and every process brings
its own; a count in the database would cost each request more than most of what it protects.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

_MOST_BUCKETS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many requests a second in the long run, and so many at once."""

    per_second: float
    at_once: int


OF_SESSIONS = Rate(per_second=10, at_once=120)
"""A person with a quick hand, and pages that ask several things."""

OF_KEYS = Rate(per_second=100, at_once=300)
"""More than the encoder assesses; whoever has more to send sends batches."""


class RateLimiter:
    """The buckets of one process. Safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, identity: str, rate: Rate) -> int:
        """Count a request; return the seconds to wait where there are too many, else 0."""
        now, each = self._clock(), 1 / rate.per_second
        with self._lock:
            full_at = max(self._full_at.get(identity, now), now)
            wait = full_at + each - now - rate.at_once * each
            if wait > 1e-9:
                return math.ceil(wait)
            if len(self._full_at) >= _MOST_BUCKETS:
                self._full_at = {one: at for one, at in self._full_at.items() if at > now}
            self._full_at[identity] = full_at + each
        return 0
