"""Cover, and uncover, what an answer that was stored before masking says in its text and quotes.

Only the migration needs it: what is stored since then was covered by the Assessor.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from nlp_service.domain.privacy import PrivateSpan
from nlp_service.text.mask.covering import cover
from nlp_service.text.mask.masker import Masker

_SPAN = frozenset(("start", "end", "quote"))


def cover_answer(answer: Mapping[str, Any], masker: Masker) -> dict[str, Any]:
    """Return an answer with its text and quotes covered, and with what was found.

    Free wording, as the note to the author, has no offsets: there the found words themselves are
    covered, and whatever else of the kind stands in it.
    """
    text = answer["text"]
    found = masker.find(text)
    covered = cover(text, found)
    words = {text[one.start : one.end]: covered[one.start : one.end] for one in found}
    again = _walk(answer, covered, words, masker) if found else dict(answer)
    again["text"] = covered
    return _with_privacy(again, found)


def uncover_answer(answer: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Return an answer as it was before: its quotes cut from the uncovered text again.

    Free wording stays covered. A text of another length is none that it was made of: then the
    answer stays as it is but for the list of what was found.
    """
    again = dict(answer)
    again.pop("privacy", None)
    if len(text) != len(answer.get("text", "")):
        return again
    return {**_requoted(again, text), "text": text}


def _with_privacy(answer: Mapping[str, Any], found: Sequence[PrivateSpan]) -> dict[str, Any]:
    """Return the answer with the list where new answers have it: behind the text."""
    listed = [{"start": one.start, "end": one.end, "type": str(one.type)} for one in found]
    again: dict[str, Any] = {}
    for name, value in answer.items():
        again[name] = value
        if name == "text":
            again["privacy"] = listed
    return again


def _walk(value: Any, text: str, words: Mapping[str, str], masker: Masker) -> Any:
    if isinstance(value, str):
        return _cover_words(value, words, masker)
    if isinstance(value, list):
        return [_walk(part, text, words, masker) for part in value]
    if not isinstance(value, dict):
        return value
    again = {
        name: part if name == "text" else _walk(part, text, words, masker)
        for name, part in value.items()
    }
    if value.keys() >= _SPAN:
        again["quote"] = text[value["start"] : value["end"]]
    return again


def _cover_words(value: str, words: Mapping[str, str], masker: Masker) -> str:
    for word, covered in words.items():
        value = value.replace(word, covered)
    return cover(value, masker.find(value))


def _requoted(value: Any, text: str) -> Any:
    if isinstance(value, list):
        return [_requoted(part, text) for part in value]
    if not isinstance(value, dict):
        return value
    again = {name: _requoted(part, text) for name, part in value.items()}
    if value.keys() >= _SPAN:
        again["quote"] = text[value["start"] : value["end"]]
    return again
