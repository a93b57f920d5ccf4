"""The one way by which texts enter the store: a chunk at a time, all of it in one transaction.

Whatever is to be kept of a stored text beside itself and its assessment is written in ``_keep``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nlp_service.domain.errors import InvalidSubmission, ReferenceTaken
from nlp_service.domain.records import Filing, Outcome, StoredOnce, check_name
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.stages import Stage, timed
from nlp_service.store.locks import wait_for_turn
from nlp_service.store.opening import Office

Refusal = InvalidSubmission | ReferenceTaken

_LOCK = 0x6E6C705F66696C  # "nlp_fil"


def file_submissions(office: Office, items: Sequence[Filing]) -> Sequence[StoredOnce | Refusal]:
    """Store submissions in the office's transaction; return what became of each, in order.

    What cannot be stored fails alone: its error stands in its place. What is there already only
    gets its assessment, and its outcome where none is known.
    """
    with timed(Stage.STORING):
        return _file(office, items)


def _file(office: Office, items: Sequence[Filing]) -> Sequence[StoredOnce | Refusal]:
    if len(items) > 1:
        _wait_for_other_chunks(office)
    answers = {place: error for place, one in enumerate(items) if (error := _unfit(one))}
    fit = [place for place in range(len(items)) if place not in answers]
    keys = office.submissions.store_new([items[place] for place in fit]) if fit else []
    results: dict[int, StoredOnce | Refusal] = {**answers}
    created: dict[int, Filing] = {}
    for place, key in zip(fit, keys, strict=True):
        if key is None:
            results[place] = _store_known(office, items[place])
        else:
            results[place] = StoredOnce(key=key, created=True)
            created[key] = items[place]
    _keep(office, created)
    return [results[place] for place in range(len(items))]


def with_unit_code(outcome: Outcome, taxonomy: Taxonomy) -> Outcome:
    """Return an outcome with its handling unit by code, where the file gave a name."""
    return replace(outcome, handling_unit=taxonomy.unit_code(outcome.handling_unit))


def _keep(office: Office, created: Mapping[int, Filing]) -> None:
    """Write what belongs to submissions, by key, that this transaction has just made."""
    office.outcomes.note_all({key: one.outcome for key, one in created.items() if one.outcome})


def _store_known(office: Office, item: Filing) -> StoredOnce | Refusal:
    """Store by itself what repeats or contradicts what is there."""
    try:
        stored = office.submissions.store(
            item.submission, item.assessment, origin=item.origin, received_at=item.received_at
        )
    except (ReferenceTaken, InvalidSubmission) as error:
        return error
    if stored.created:  # what it repeated has just been deleted
        _keep(office, {stored.key: item})
    elif item.outcome and office.outcomes.current(stored.key) is None:
        office.outcomes.record(stored.key, item.outcome)
    return stored


def _unfit(item: Filing) -> InvalidSubmission | None:
    try:
        check_name("编号", item.submission.id)
    except InvalidSubmission as error:
        return error
    return None


def _wait_for_other_chunks(office: Office) -> None:
    """Let one chunk after the other be written: two with the same rows would wait in a ring."""
    wait_for_turn(office.connection, _LOCK)
