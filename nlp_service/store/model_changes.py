"""Which bundle answers is part of what was done: a start with another one is noted."""

from dataclasses import asdict

from nlp_service.domain.assessment import Versions
from nlp_service.domain.audit import Action, RecordKind
from nlp_service.store.opening import Store

_ONLY = 0
"""Key of the one model that answers."""


def note_model(store: Store, versions: Versions, *, actor: str) -> None:
    """Note which bundle answers, unless it answered before."""
    with store.reading() as office:
        entries = office.audit.of(RecordKind.MODEL, _ONLY)
    before = entries[-1].after if entries else None
    after = asdict(versions)
    if before != after:
        with store.transaction(actor=actor) as office:
            office.audit.note(
                Action.MODEL_CHANGED, RecordKind.MODEL, _ONLY, before=before, after=after
            )
