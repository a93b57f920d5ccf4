"""The numbers of a committee's packet: in the five constructions, by band, sector and decision."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nlp_service.domain.adoption import PART_NAMES, AdoptedPart
from nlp_service.domain.quality import DISPOSITION_NAMES, Disposition
from nlp_service.export.packet import (
    CONSTRUCTIONS,
    NO_CONSTRUCTION,
    OPEN,
    Packet,
    PacketRow,
)

Cells = Sequence[str | int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountTable:
    """A small table of numbers."""

    title: str
    head: Sequence[str]
    rows: Sequence[Cells]


def count_tables(packet: Packet) -> Sequence[CountTable]:
    """Return the tables of a packet, the five constructions first."""
    return [by_construction(packet), _by_band(packet), _by_unit(packet), _by_sector(packet)]


def by_construction(packet: Packet) -> CountTable:
    """Return how many proposals fall to each of the five constructions, and what became of them."""
    decisions = [*DISPOSITION_NAMES.values(), OPEN]
    other = [NO_CONSTRUCTION] if _of(packet, NO_CONSTRUCTION) else []
    groups = [(name, _of(packet, name)) for name in [*CONSTRUCTIONS, *other]]
    rows = [_construction_row(_construction_name(name), found, packet) for name, found in groups]
    rows.append(_construction_row("合计", packet.rows, packet))
    return CountTable(
        title="按五大建设和审查意见", head=["五大建设", "收到", "占比", *decisions], rows=rows
    )


def _construction_row(name: str, found: Sequence[PacketRow], packet: Packet) -> Cells:
    counts = Counter(row.decision for row in found)
    decisions = [counts[each] for each in [*DISPOSITION_NAMES.values(), OPEN]]
    return [name, len(found), share(len(found), len(packet.rows)), *decisions]


def _construction_name(name: str) -> str:
    return f"{name}建设" if name in CONSTRUCTIONS else name


def summary(packet: Packet) -> Sequence[str]:
    """Return what is told in sentences, a paragraph each."""
    total, waiting = len(packet.rows), len(packet.open)
    if not total:
        return ["这一届次没有收到提案。"]
    told = [f"共收到提案 {total} 件，已审定 {total - waiting} 件，待审定 {waiting} 件。"]
    if waiting < total:
        told.append(_decided(packet, total - waiting))
    told.append(_constructions(packet))
    return [*told, *_adopted(packet)]


def share(part: int, whole: int) -> str:
    """Return a share as reports write it; of nothing there is none.

    >>> share(64, 156), share(0, 0)
    ('41.0%', '—')
    """
    return f"{100 * part / whole:.1f}%" if whole else "—"


def _decided(packet: Packet, count: int) -> str:
    counts = {each: len(packet.decided(each)) for each in DISPOSITION_NAMES}
    told = "，".join(f"{DISPOSITION_NAMES[each]} {number} 件" for each, number in counts.items())
    filed = counts[Disposition.FILED] + counts[Disposition.MERGED]
    return f"审定的提案中，{told}；立案率（含并案）{share(filed, count)}。"


def _constructions(packet: Packet) -> str:
    told = []
    for name in CONSTRUCTIONS:
        count = len(_of(packet, name))
        told.append(f"{_construction_name(name)} {count} 件，占 {share(count, len(packet.rows))}")
    other = len(_of(packet, NO_CONSTRUCTION))
    rest = f"；另有 {other} 件议题未归类" if other else ""
    return f"按五大建设划分：{'；'.join(told)}{rest}。"


def _adopted(packet: Packet) -> Sequence[str]:
    """Say what was taken over from the machine at once; readers should know it."""
    counted = sum(row.adopted for row in packet.rows)
    bounds = [
        one.most_error
        for one in packet.adoptions
        if one.undone_at is None and one.part is AdoptedPart.DISPOSITION
    ]
    if not counted or not bounds:
        return []
    name = PART_NAMES[AdoptedPart.DISPOSITION]
    return [
        f"其中 {counted} 件的审查意见系批量采纳系统的{name}，未逐件审阅，"
        f"采纳时选定的预期错误率不超过 {max(bounds):.0%}。"
    ]


def _of(packet: Packet, construction: str) -> Sequence[PacketRow]:
    return [row for row in packet.rows if row.construction == construction]


def _by_band(packet: Packet) -> CountTable:
    bands = [band.name for band in packet.taxonomy.bands]
    counts = Counter(row.band if row.band in bands else "未评或限阅" for row in packet.rows)
    rest = ["未评或限阅"] if counts["未评或限阅"] else []
    return _counted("按质量等次", "等次", [(name, counts[name]) for name in [*bands, *rest]])


def _by_unit(packet: Packet) -> CountTable:
    counts = Counter(row.lead_unit or "未标注或限阅" for row in packet.rows)
    return _counted("按主办单位（全部提案）", "主办单位", counts.most_common())


def _by_sector(packet: Packet) -> CountTable:
    counts = Counter(row.sector or "未标注或限阅" for row in packet.rows)
    return _counted("按相关界别（按内容标注）", "界别", counts.most_common())


def _counted(title: str, what: str, counts: Sequence[tuple[str, int]]) -> CountTable:
    total = sum(count for _, count in counts)
    rows: list[Cells] = [[name, count, share(count, total)] for name, count in counts]
    return CountTable(title=title, head=[what, "件数", "占比"], rows=rows)
