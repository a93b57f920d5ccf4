"""What a person says in the forms of a submission's page, read into the words of the domain.

One form speaks of one part (``part``); the field of the part bears its name in ``Findings``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from nlp_service.api.problems import RequestRefused
from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import Outcome, ReplyClass
from nlp_service.domain.reviews import Findings
from nlp_service.domain.submission import Kind
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.web.forms import Form


def read_correction(form: Form, held: Findings) -> Findings:
    """Return what a form says of its part; nothing where it names none. Codes are unchecked.

    Args:
        form: as it came.
        held: what counts so far: what stays chosen keeps its place in the order.

    Raises:
        RequestRefused: a part that no form has, or a value that it cannot have.
    """
    part = form.get("part", "")
    if not part:
        return Findings()
    read = _READERS.get(part)
    if read is None:
        raise RequestRefused("invalid_request", f"没有“{part[:20]}”这一项，请刷新页面后再试。")
    try:
        return read(form, held)
    except ValueError:
        raise RequestRefused("invalid_request", "所填的值不在可选之列，请重新选择。") from None


def read_outcome(form: Form, taxonomy: Taxonomy) -> Outcome:
    """Return the outcome that a form records.

    Raises:
        RequestRefused: a value that it cannot have.
        InvalidSubmission: the unit or the number is no name.
    """
    reply, day = form.get("reply_class", ""), form.get("replied_on", "")
    try:
        return Outcome(
            disposition=Disposition(form.get("disposition", "")),
            handling_unit=taxonomy.unit_code(form.get("handling_unit", "").strip()),
            filing_number=form.get("filing_number", "").strip(),
            reply_class=ReplyClass(reply) if reply else None,
            replied_on=date.fromisoformat(day) if day else None,
        )
    except ValueError:
        raise RequestRefused(
            "invalid_request",
            "请选定处理方式；答复类别为 A–D，答复日期写成 2026-03-05。",
        ) from None


def read_key(form: Form, name: str) -> int | None:
    """Return the number of a record that a form names; None where it names none.

    Raises:
        RequestRefused: it is no such number.
    """
    value = form.get(name, "").strip()
    if not value:
        return None
    if not (value.isascii() and value.isdigit()) or not 0 < int(value[:20]) < 2**63:
        raise RequestRefused("invalid_request", f"{name} 应是一个库中编号。")
    return int(value)


def _one(name: str) -> Callable[[Form, Findings], Findings]:
    return lambda form, held: _said(name, _chosen(form, name))


def _chosen(form: Form, name: str) -> str:
    """Return the one value of a field that must have one."""
    if value := form.get(name, ""):
        return value
    raise ValueError(name)


def _several(name: str) -> Callable[[Form, Findings], Findings]:
    return lambda form, held: _said(name, _ordered(form.getlist(name), getattr(held, name)))


def _said(name: str, value: object) -> Findings:
    return Findings.from_dict({name: value})


def _ordered(chosen: Sequence[str], before: Sequence[str] | None) -> Sequence[str]:
    """Return codes, those that were held before in that order, then the new ones."""
    kept = [code for code in before or () if code in chosen]
    return [*kept, *(code for code in chosen if code not in kept)]


def _topic(form: Form, held: Findings) -> Findings:
    """Read a topic; it is no other topic any more."""
    topic = _chosen(form, "topic")
    said = Findings(topic=topic)
    if topic in (held.other_topics or ()):
        said = replace(said, other_topics=[one for one in held.other_topics or () if one != topic])
    return said


def _other_topics(form: Form, held: Findings) -> Findings:
    chosen = [code for code in form.getlist("other_topics") if code != held.topic]
    return Findings(other_topics=_ordered(chosen, held.other_topics))


def _lead_unit(form: Form, held: Findings) -> Findings:
    """Read a lead unit; it does not assist as well."""
    lead = form.get("lead_unit", "")
    said = Findings(lead_unit=lead)
    if lead and lead in (held.assist_units or ()):
        said = replace(said, assist_units=[one for one in held.assist_units or () if one != lead])
    return said


def _assist_units(form: Form, held: Findings) -> Findings:
    chosen = [code for code in form.getlist("assist_units") if code != held.lead_unit]
    return Findings(assist_units=_ordered(chosen, held.assist_units))


def _levels(form: Form, held: Findings) -> Findings:
    """Return the levels that were changed; with none changed, all that the form shows."""
    shown = {code: int(value) for code, value in form.items() if code.startswith("Q")}
    before = held.levels or {}
    changed = {code: level for code, level in shown.items() if before.get(code) != level}
    return Findings(levels=changed or shown)


_READERS: Mapping[str, Callable[[Form, Findings], Findings]] = {
    "kind": lambda form, held: Findings(kind=Kind(form.get("kind", ""))),
    "topic": _topic,
    "subtopic": _one("subtopic"),
    "other_topics": _other_topics,
    "sectors": _several("sectors"),
    "lead_unit": _lead_unit,
    "assist_units": _assist_units,
    "request": _one("request"),
    "urgency": lambda form, held: Findings(urgency=int(form.get("urgency", ""))),
    "gates": _several("gates"),
    "levels": _levels,
    "disposition": lambda form, held: Findings(
        disposition=Disposition(_chosen(form, "disposition"))
    ),
}
