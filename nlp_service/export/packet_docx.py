"""The committee's packet as a Word document, to be printed and put before the committee."""

from collections.abc import Callable, Sequence

from nlp_service.domain.quality import Disposition
from nlp_service.domain.records import CHINA
from nlp_service.export.flat import BETWEEN
from nlp_service.export.official import OfficialDocument
from nlp_service.export.packet import NOTICE, Packet, PacketRow
from nlp_service.export.packet_counts import count_tables, summary

_NUMERALS = "一二三四五六七八九十"
_NONE = "无。"


def write_packet_docx(packet: Packet) -> bytes:
    """Return the packet as a .docx file."""
    document = OfficialDocument(
        title=packet.title, author=packet.made_by, made_at=packet.made_at.astimezone(CHINA)
    )
    document.title(packet.scope.name, "提案审查情况")
    document.under_title(packet.days)
    for numeral, (heading, write) in zip(_NUMERALS, _SECTIONS, strict=False):
        document.heading(f"{numeral}、{heading}")
        write(document, packet)
    document.paragraph(f"说明：{NOTICE}")
    document.signature(packet.made)
    return document.as_bytes()


def _overview(document: OfficialDocument, packet: Packet) -> None:
    for paragraph in summary(packet):
        document.paragraph(paragraph)


def _filed(document: OfficialDocument, packet: Packet) -> None:
    rows = packet.decided(Disposition.FILED)
    _counted(document, len(rows))
    if rows:
        document.table(
            ["序号", "编号", "案由", "提案者", "主办单位", "会办单位", "总分"],
            [
                [n, *_identity(it), it.lead_unit, _joined(it.assist_units), _score(it)]
                for n, it in enumerate(rows, start=1)
            ],
            widths=[10, 20, 42, 16, 22, 28, 12],
        )


def _merged(document: OfficialDocument, packet: Packet) -> None:
    named = packet.decided(Disposition.MERGED)
    if not packet.merges and not named:
        document.paragraph(_NONE)
        return
    document.paragraph("每位提案者仍应分别得到答复。")
    if packet.merges:
        document.table(
            ["序号", "主案", "并入的提案", "全部提案者"],
            [
                [n, it.lead, "\n".join(it.members), _joined(it.submitters)]
                for n, it in enumerate(packet.merges, start=1)
            ],
            widths=[10, 50, 60, 34],
        )
    joined = " ".join(member for merge in packet.merges for member in merge.members)
    if loose := [row.number for row in named if row.number not in joined]:
        document.paragraph(f"已定并案、主案未定的：{_joined(loose)}。")


def _unfiled(disposition: Disposition, why: str) -> Callable[[OfficialDocument, Packet], None]:
    def write(document: OfficialDocument, packet: Packet) -> None:
        rows = packet.decided(disposition)
        _counted(document, len(rows))
        if rows:
            document.table(
                ["序号", "编号", "案由", "提案者", why],
                [[n, *_identity(it), it.reasons] for n, it in enumerate(rows, start=1)],
                widths=[10, 20, 46, 18, 58],
            )

    return write


def _units(document: OfficialDocument, packet: Packet) -> None:
    if not packet.units:
        document.paragraph("尚无立案的提案，立案后在此列出各单位主办、会办的件数和编号。")
        return
    document.table(
        ["承办单位", "主办", "会办", "主办的提案", "会办的提案"],
        [
            [it.name, len(it.leads), len(it.assists), _joined(it.leads), _joined(it.assists)]
            for it in packet.units
        ],
        widths=[36, 12, 12, 48, 48],
    )


def _numbers(document: OfficialDocument, packet: Packet) -> None:
    for place, table in enumerate(count_tables(packet)):
        document.subheading(f"（{_NUMERALS[place]}）{table.title}")
        widths = [22, *(16 if name == "占比" else 12 for name in table.head[1:])]
        document.table(table.head, table.rows, widths=widths)


def _waiting(document: OfficialDocument, packet: Packet) -> None:
    _counted(document, len(packet.open))
    if packet.open:
        document.table(
            ["序号", "编号", "案由", "三问", "总分", "系统建议（未经审定）"],
            [
                [n, it.number, it.title, it.reason_line, _score(it), it.suggestion]
                for n, it in enumerate(packet.open, start=1)
            ],
            widths=[10, 20, 42, 48, 12, 20],
        )


_SECTIONS: Sequence[tuple[str, Callable[[OfficialDocument, Packet], None]]] = (
    ("总体情况", _overview),
    ("立案的提案", _filed),
    ("并案的提案", _merged),
    ("退回完善的提案", _unfiled(Disposition.RETURNED, "须完善之处")),
    ("转意见建议（社情民意、来信）的提案", _unfiled(Disposition.CONVERTED, "理由")),
    ("不予立案的提案", _unfiled(Disposition.NOT_FILED, "理由（审查规定原文）")),
    ("承办单位分工", _units),
    ("统计", _numbers),
    ("尚待审定的提案", _waiting),
)


def _counted(document: OfficialDocument, count: int) -> None:
    document.paragraph(f"共 {count} 件。" if count else _NONE)


def _identity(row: PacketRow) -> Sequence[str]:
    return row.number, row.title, row.submitter


def _joined(parts: Sequence[str]) -> str:
    return BETWEEN.join(parts)


def _score(row: PacketRow) -> str:
    return "" if row.score is None else f"{row.score:.1f}"
