"""Forms of 设置, 分类体系: what a person calls a label, or a unit of their own."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from nlp_service.api.problems import RequestRefused
from nlp_service.domain.audit import Change
from nlp_service.domain.taxonomy import OTHER_TOPIC, Label, Taxonomy, Unit
from nlp_service.web.forms import Form

LONGEST_NAME, LONGEST_DUTY, MOST_DUTIES, MOST_LEADS = 40, 60, 40, 3
UNIT = "unit"

_BETWEEN_DUTIES = re.compile(r"[、；;，,\r\n]+")


def find_label(taxonomy: Taxonomy, code: str) -> tuple[str, Label]:
    """Return a label that an installation may call otherwise, and its section.

    Raises:
        RequestRefused: there is none of that code.
    """
    for section, labels in _sections(taxonomy).items():
        for label in labels:
            if label.code == code != OTHER_TOPIC:
                return section, label
    raise RequestRefused("not_found", f"分类体系里没有可以改名的代码 {code}。")


def read_wanted(form: Form, section: str, taxonomy: Taxonomy) -> Mapping[str, Any]:
    """Return what a form says of a label: all keys that its section lets be changed.

    Raises:
        RequestRefused: something is missing or too long, or names no unit.
    """
    wanted: dict[str, Any] = {"name": _read_name(form, "name", "名称")}
    if section == UNIT:
        wanted["short"] = _read_name(form, "short", "简称") if form.get("short") else wanted["name"]
        wanted["duties"] = _read_duties(form)
    if section == "subtopic":
        wanted["lead_units"] = _read_leads(form, taxonomy)
    return wanted


def only_changed(wanted: Mapping[str, Any], given: Label | None) -> Mapping[str, Any]:
    """Leave out what is as it was given; a label of one's own keeps all."""
    return {
        key: value
        for key, value in wanted.items()
        if given is None or _plain(getattr(given, key)) != value
    }


def change_of(before: Taxonomy, after: Taxonomy, code: str) -> Change:
    """Return what the audit tells of a label: by its code, what is otherwise than before."""
    was, now = _facts_of(before, code), _facts_of(after, code)
    told = {key for key in {**was, **now} if was.get(key) != now.get(key)}

    def only_told(facts: Mapping[str, Any]) -> Mapping[str, Any] | None:
        return {code: {key: facts[key] for key in facts if key in told}} if facts else None

    return Change(before=only_told(was), after=only_told(now))


def refuse_where_default(taxonomy: Taxonomy, code: str) -> None:
    """Refuse to remove a unit that subtopics name.

    Raises:
        RequestRefused: naming one of them.
    """
    for one in taxonomy.subtopics:
        if code in (*one.lead_units, *one.assist_units):
            said = f"它还是子议题 {one.code} {one.name} 的默认单位，先在那里换掉，才能删去。"
            raise RequestRefused("invalid_request", said)


def _facts_of(taxonomy: Taxonomy, code: str) -> Mapping[str, Any]:
    for labels in _sections(taxonomy).values():
        for label in labels:
            if label.code == code:
                told = ("name", "short", "duties", "lead_units")
                return {key: _plain(getattr(label, key)) for key in told if hasattr(label, key)}
    return {}


def refuse_names_taken(taxonomy: Taxonomy, section: str, code: str) -> None:
    """Refuse a name that another label of the same section has.

    Raises:
        RequestRefused: naming the other one.
    """
    labels = _sections(taxonomy)[section]
    mine = next(label for label in labels if label.code == code)
    for other in labels:
        if other.code != code and (both := _names(mine) & _names(other)):
            said = f"“{min(both)}”已是 {other.code} {other.name} 的名称或简称，请换一个。"
            raise RequestRefused("invalid_request", said)


def _sections(taxonomy: Taxonomy) -> Mapping[str, Sequence[Label]]:
    """Return what may be called otherwise, as the sections of a local file are called."""
    return {
        "topic": taxonomy.topics,
        "subtopic": taxonomy.subtopics,
        "sector": taxonomy.sectors,
        UNIT: taxonomy.units,
    }


def _names(label: Label) -> set[str]:
    return {label.name, *([label.short] if isinstance(label, Unit) else [])}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _read_name(form: Form, field: str, called: str) -> str:
    name = " ".join(form.get(field, "").split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise RequestRefused("invalid_request", f"{called}应为 1 到 {LONGEST_NAME} 个字。")
    return name


def _read_duties(form: Form) -> list[str]:
    parts = [part.strip() for part in _BETWEEN_DUTIES.split(form.get("duties", ""))]
    duties = list(dict.fromkeys(part for part in parts if part))
    if not duties:
        raise RequestRefused("invalid_request", "请写明管什么，至少一项，用顿号或换行分开。")
    if len(duties) > MOST_DUTIES or any(
        len(duty) > LONGEST_DUTY or not duty.isprintable() for duty in duties
    ):
        said = f"管什么至多 {MOST_DUTIES} 项，每项至多 {LONGEST_DUTY} 个字。"
        raise RequestRefused("invalid_request", said)
    return duties


def _read_leads(form: Form, taxonomy: Taxonomy) -> list[str]:
    leads = list(dict.fromkeys(code for code in form.getlist("lead_unit") if code))
    known = {unit.code for unit in taxonomy.units}
    if not leads or len(leads) > MOST_LEADS or not known.issuperset(leads):
        said = f"请选一到 {MOST_LEADS} 个默认主办单位。"
        raise RequestRefused("invalid_request", said)
    return leads
