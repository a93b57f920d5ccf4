"""How a long-running command writes its log: lines for people, or JSON for a collector.

No text of a submission gets this far: whoever logs says only what happened, and of an error its
type and place (``api.failures``). So the JSON leaves tracebacks, which quote values, out.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

from nlp_service.settings import LogFormat, Settings

_LINE = "%(asctime)s %(levelname)s %(name)s %(request)s%(message)s"


def configure_logs(settings: Settings) -> None:
    """Let every logger write to standard error as the settings say, from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_add_request)
    handler.setFormatter(
        _json_formatter() if settings.log_format is LogFormat.JSON else logging.Formatter(_LINE)
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    requests = settings.log_format is LogFormat.JSON
    logging.getLogger("nlp_service").setLevel(logging.INFO if requests else logging.WARNING)


def _add_request(record: logging.LogRecord) -> bool:
    """Give a record the number of the request that it belongs to."""
    from nlp_service.api.observing import request_id

    number = request_id.get()
    record.request_id = number
    record.request = f"[{number}] " if number else ""
    return True


def _json_formatter() -> logging.Formatter:
    import structlog

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(allow=["method", "route", "status", "ms", "request_id"]),
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_traceback,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )


def _without_traceback(
    logger: Any, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name in ("exc_info", "stack_info"):
        event.pop(name, None)
    return event
