"""What stands near a stretch of text, in the same sentence: it says what a number is."""

import re

_ENDS = re.compile(r"[。;!?\n]")


def before(text: str, place: int, size: int) -> str:
    """Return at most so many characters before a place, from the last end of a sentence on."""
    window = text[max(0, place - size) : place]
    ends = list(_ENDS.finditer(window))
    return window[ends[-1].end() :] if ends else window


def behind(text: str, place: int, size: int) -> str:
    """Return at most so many characters from a place on, up to the next end of a sentence."""
    window = text[place : place + size]
    end = _ENDS.search(window)
    return window[: end.start()] if end else window


def last_of(window: str, **patterns: re.Pattern[str]) -> str:
    """Return the name of the pattern that matches nearest to the window's end; empty for none."""
    best, where = "", -1
    for name, pattern in patterns.items():
        for found in pattern.finditer(window):
            if found.end() > where:
                best, where = name, found.end()
    return best
