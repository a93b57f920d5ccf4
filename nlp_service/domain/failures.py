"""Tell of what nobody expected, without the messages: they may quote a submission."""

import traceback
from collections.abc import Iterator


def describe_failure(error: BaseException) -> str:
    """Return the types and frames of an exception and its causes, without their messages."""
    return "".join(
        f"{type(link).__name__}\n{''.join(traceback.format_tb(link.__traceback__))}"
        for link in _chain(error)
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
