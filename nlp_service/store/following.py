"""Follow what others put in force: look every few seconds, as long as a process lives."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nlp_service.domain.errors import NlpServiceError
from nlp_service.domain.failures import describe_failure

log = logging.getLogger(__name__)

LOOKS_EVERY_S = 5.0


@contextmanager
def following(*looks: Callable[[], None]) -> Iterator[None]:
    """Look at once, and then again and again while the block lasts.

    Raises:
        NlpServiceError: what the first look raises; later the last known state counts on.
    """
    over = threading.Event()

    def follow() -> None:
        while not over.wait(LOOKS_EVERY_S):
            for look in looks:
                try:
                    look()
                except NlpServiceError as error:
                    log.debug("没有读到现行的设置：%s", error)
                except Exception as error:  # the next look may do better; an end would be silent
                    log.error("没有读到现行的设置。\n%s", describe_failure(error))

    for look in looks:
        look()
    thread = threading.Thread(target=follow, name="follower", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
