"""Names for what persons and the machine hold: codes in the words of the office.

An old answer may hold a code that the taxonomy has no more: then the code itself is shown.
"""

from collections.abc import Sequence
from typing import Any

from nlp_service.domain.quality import DISPOSITION_NAMES, Disposition
from nlp_service.domain.reviews import Findings
from nlp_service.domain.submission import Kind
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.web.wording import KINDS, PARTS

NONE_SAID = "无"


def name_code(code: str, taxonomy: Taxonomy) -> str:
    """Return the name of any code; what the taxonomy does not know stays as it is."""
    try:
        return taxonomy.name(code)
    except KeyError:
        return code


def name_value(part: str, code: str, taxonomy: Taxonomy) -> str:
    """Return the name of one value of a part of ``Findings``."""
    if part == "kind":
        return KINDS[Kind(code)]
    if part == "disposition":
        return DISPOSITION_NAMES[Disposition(code)]
    if part == "urgency":
        known = {str(each.level): each.name for each in taxonomy.urgencies}
        return f"{code} 级 {known.get(code, '')}".rstrip()
    return name_code(code, taxonomy)


def say_part(part: str, value: Any, taxonomy: Taxonomy) -> str:
    """Return what is held of a part in one line."""
    if part == "levels":
        levels = [f"{name_code(code, taxonomy)} {level} 级" for code, level in value.items()]
        return "、".join(levels) or NONE_SAID
    several = value if isinstance(value, list | tuple) else [value]
    names = [name_value(part, str(one), taxonomy) for one in several if one not in (None, "")]
    return "、".join(names) or NONE_SAID


def say_findings(said: Findings, parts: Sequence[str], taxonomy: Taxonomy) -> str:
    """Return some parts of what is held in one line: 议题：教育；诉求：建议."""
    return "；".join(
        f"{PARTS[part]}：{say_part(part, getattr(said, part), taxonomy)}" for part in parts
    )
