"""How long each part of the work takes: told to whoever listens, free where nobody does."""

import enum
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Stage(enum.StrEnum):
    """A part of the work that is timed by itself."""

    WORDS = "words"
    """Segmenting, features, the linear model."""
    ENCODER = "encoder"
    """The encoder's pass for tags."""
    QUALITY = "quality"
    EMBEDDING = "embedding"
    """The encoder's pass by which a text is found."""
    DUPLICATES = "duplicates"
    """Looking up a text among the stored ones."""
    STORING = "storing"


Listener = Callable[[Stage, float], None]
"""Is told the stage and its seconds, for one text or one chunk of texts."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell a listener of every stage that ends within the block, in this context alone."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


@contextmanager
def timed(stage: Stage) -> Iterator[None]:
    """Time a block as a stage; one that raises is not told."""
    listener = _listener.get()
    if listener is None:
        yield
        return
    begun = time.perf_counter()
    yield
    listener(stage, time.perf_counter() - begun)
