"""Which bundle shall answer: chosen by a person, by name and version, and taken up by each process.

Each machine looks for it beside the bundle of its settings; where nobody has chosen, or it is not
there, that one answers.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, insert, select

from nlp_service.bundle import find_bundles, read_manifest
from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import BundleError
from nlp_service.domain.in_force import ModelChoice
from nlp_service.settings import Settings
from nlp_service.store.audit import Audit
from nlp_service.store.tables import model_choices

if TYPE_CHECKING:
    from nlp_service.store.opening import Store

log = logging.getLogger(__name__)

_ONLY = 1
"""Key, in the audit, of what was chosen; 0 is what answers (``store.model_changes``)."""


class ModelChoices:
    """The choices, in the caller's transaction."""

    def __init__(self, connection: Connection, audit: Audit) -> None:
        self._connection, self._audit = connection, audit

    def history(self, *, limit: int = 20) -> Sequence[ModelChoice]:
        """Return what was chosen, the newest first."""
        newest = select(model_choices).order_by(model_choices.c.key.desc()).limit(limit)
        return [_read(row) for row in self._connection.execute(newest)]

    def choose(self, label: str, *, before: str) -> None:
        """Choose a bundle; ``before`` is the one that answered until now."""
        row = {"label": label, "set_at": datetime.now(UTC), "set_by": self._audit.actor}
        self._connection.execute(insert(model_choices).values(row))
        self._audit.note(
            Action.MODEL_CHOSEN,
            RecordKind.MODEL,
            _ONLY,
            before={"bundle": before},
            after={"bundle": label},
        )


def chosen_folder(store: "Store", settings: Settings) -> Path | None:
    """Return where the chosen bundle lies; None where none is chosen, or this machine has it not.

    Raises:
        StoreError: the database refuses.
    """
    with store.reading() as office:
        found = office.model_choices.history(limit=1)
    return folder_of(settings, found[0].label) if found else None


def folder_of(settings: Settings, label: str) -> Path | None:
    """Return where a bundle lies, by its name and version: beside that of the settings."""
    beside = [path for path in find_bundles(settings.bundle.parent) if path != settings.bundle]
    return next((path for path in (settings.bundle, *beside) if _label(path) == label), None)


def _label(folder: Path) -> str:
    try:
        manifest = read_manifest(folder)
        return f"{manifest['name']}-{manifest['version']}"
    except (BundleError, KeyError):
        return ""


def _read(row: Row[Any]) -> ModelChoice:
    return ModelChoice(label=row.label, set_at=row.set_at, set_by=row.set_by)
