"""Read a taxonomy folder, apply an installation's own names and units, and check it whole.

The format is that of ``data/taxonomy``; the optional override that of ``local.example.toml``.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.local_names import SET_BY_ADMIN, LocalNames, read_local_names
from nlp_service.domain.taxonomy import (
    LOCAL_UNIT_PREFIX,
    OTHER_TOPIC,
    Band,
    Cap,
    Dimension,
    Gate,
    GlossedLabel,
    Label,
    Taxonomy,
    Topic,
    Unit,
    Urgency,
)
from nlp_service.domain.toml_tables import Table, build, build_all, change, read_toml

T = TypeVar("T")
L = TypeVar("L", bound=Label)

FILES = (
    "taxonomy.toml",
    "topics.toml",
    "sectors.toml",
    "units.toml",
    "kinds.toml",
    "requests.toml",
    "urgency.toml",
    "gates.toml",
    "quality.toml",
)
"""The files that make up one taxonomy folder."""

_OVERRIDABLE = ("topic", "subtopic", "sector", "unit")


def read_taxonomy(folder: Path, *, local: Path | LocalNames | None = None) -> Taxonomy:
    """Read the folder, then the installation's own names if there are any.

    Raises:
        InvalidTaxonomy: anything missing, misspelt, duplicated or referring to no code.
    """
    head = read_toml(folder / "taxonomy.toml")
    for key, kind in (("version", str), ("guide", int)):
        if not isinstance(head.get(key), kind):
            raise InvalidTaxonomy(str(folder / "taxonomy.toml"), key, f"应为 {kind.__name__}")
    quality = folder / "quality.toml"
    taxonomy = Taxonomy(
        version=head["version"],
        guide=head["guide"],
        topics=_read(Topic, folder, "topics.toml", "topic"),
        sectors=_read(Label, folder, "sectors.toml", "sector"),
        units=_read(Unit, folder, "units.toml", "unit"),
        kinds=_read(GlossedLabel, folder, "kinds.toml", "kind"),
        requests=_read(GlossedLabel, folder, "requests.toml", "request"),
        urgencies=_read(Urgency, folder, "urgency.toml", "urgency"),
        gates=_read(Gate, folder, "gates.toml", "gate"),
        dimensions=_read(Dimension, folder, "quality.toml", "dimension"),
        caps=_read(Cap, folder, "quality.toml", "cap"),
        bands=[
            Band(from_score=band["from"], name=band["name"])
            for band in _complete(read_toml(quality).get("band"), ("from", "name"), quality)
        ],
    )
    _check(taxonomy, folder)
    if local is None:
        return taxonomy
    source = local if isinstance(local, Path) else SET_BY_ADMIN
    changed = override(taxonomy, read_local_names(local).tables, source=source)
    _check(changed, source)
    return changed


def _read(cls: type[T], folder: Path, file: str, key: str) -> Sequence[T]:
    path = folder / file
    return build_all(cls, read_toml(path).get(key), file=path, key=key)


def _complete(tables: object, keys: Sequence[str], file: Path) -> Sequence[Table]:
    """Check the tables whose keys are not Python names (``from``)."""
    if not isinstance(tables, list) or not tables:
        raise InvalidTaxonomy(str(file), "band", "应为至少一项的表数组")
    for position, table in enumerate(tables):
        for key in keys:
            if key not in table:
                raise InvalidTaxonomy(str(file), f"band[{position}].{key}", "缺少这个键")
    return tables


def override(taxonomy: Taxonomy, tables: Table, *, source: Path) -> Taxonomy:
    """Return the taxonomy with an installation's names, default units and further units.

    Args:
        taxonomy: as it was given.
        tables: section -> code -> keys that are otherwise; further units have all keys.
        source: what errors name.

    Raises:
        InvalidTaxonomy: an unknown section, code or key.
    """
    for section in tables:
        if section not in _OVERRIDABLE:
            raise InvalidTaxonomy(str(source), section, f"只能覆盖 {'、'.join(_OVERRIDABLE)}")
    sections: dict[str, dict[str, Table]] = {key: dict(tables.get(key, {})) for key in _OVERRIDABLE}
    known_units = {unit.code for unit in taxonomy.units}
    local_units = [
        build(Unit, {"code": code, **sections["unit"].pop(code)}, file=source, key=f"unit.{code}")
        for code in list(sections["unit"])
        if code.startswith(LOCAL_UNIT_PREFIX) and code not in known_units
    ]
    renamed_units = _renamed(taxonomy.units, sections["unit"], source, "unit")
    changed = replace(
        taxonomy,
        units=[*map(_remembering, taxonomy.units, renamed_units), *local_units],
        sectors=_renamed(taxonomy.sectors, sections["sector"], source, "sector"),
        topics=_renamed(
            [
                replace(
                    topic,
                    subtopic=_renamed(topic.subtopic, sections["subtopic"], source, "subtopic"),
                )
                for topic in taxonomy.topics
            ],
            sections["topic"],
            source,
            "topic",
        ),
    )
    for section, left in sections.items():
        for code in left:
            raise InvalidTaxonomy(str(source), f"{section}.{code}", "没有这个代码")
    return changed


def _remembering(given: Unit, now: Unit) -> Unit:
    """Return a unit that is still known by the names that it was given."""
    called = (now.name, now.short, *now.former)
    return replace(
        now, former=(*now.former, *(n for n in (given.name, given.short) if n not in called))
    )


def _renamed(labels: Sequence[L], tables: dict[str, Table], path: Path, key: str) -> list[L]:
    """Apply the tables that name one of these labels, and take them out of ``tables``."""
    changed = []
    for label in labels:
        table = tables.pop(label.code, {})
        changed.append(change(label, table, file=path, key=f"{key}.{label.code}"))
    return changed


def _check(taxonomy: Taxonomy, source: Path) -> None:
    """Refuse duplicated codes, references to nothing, and a rubric that does not add up."""
    labels: Iterable[Label] = [
        *taxonomy.topics,
        *(subtopic for subtopic in taxonomy.subtopics if subtopic.code != OTHER_TOPIC),
        *taxonomy.sectors,
        *taxonomy.units,
        *taxonomy.kinds,
        *taxonomy.requests,
        *taxonomy.gates,
        *taxonomy.dimensions,
    ]
    for code, count in Counter(label.code for label in labels).items():
        if count > 1:
            raise InvalidTaxonomy(str(source), code, f"代码重复 {count} 次")
    units = {unit.code for unit in taxonomy.units}
    sectors = {sector.code for sector in taxonomy.sectors}
    for subtopic in taxonomy.subtopics:
        if not subtopic.lead_units:
            raise InvalidTaxonomy(
                str(source), f"{subtopic.code}.lead_units", "至少要有一个主办单位"
            )
        for key, codes, known in (
            ("lead_units", subtopic.lead_units, units),
            ("assist_units", subtopic.assist_units, units),
            ("sectors", subtopic.sectors, sectors),
        ):
            for code in codes:
                if code not in known:
                    raise InvalidTaxonomy(str(source), f"{subtopic.code}.{key}", f"没有代码 {code}")
    if [urgency.level for urgency in taxonomy.urgencies] != [1, 2, 3, 4]:
        raise InvalidTaxonomy(str(source), "urgency.level", "应依次为 1、2、3、4")
    if (total := sum(dimension.weight for dimension in taxonomy.dimensions)) != 100:
        raise InvalidTaxonomy(str(source), "dimension.weight", f"权重合计应为 100，现为 {total}")
