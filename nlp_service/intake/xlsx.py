"""Read a workbook: its sheets, their merged ranges, and their rows of cells as text.

calamine reads the stored values, so a formula is what it last gave and nothing is computed. It
holds a whole sheet, from its first cell to its last, which is why it runs confined.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from nlp_service.intake.cells import as_text
from nlp_service.intake.containers import Refused
from nlp_service.intake.limits import MOST_COLUMNS
from nlp_service.intake.messages import Merge, Message, Row, Sheet

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

_MOST_MERGES = 100_000


def read_workbook(file: BinaryIO) -> Iterator[Message]:
    """Yield each visible sheet with what is in it; blank rows are left out, lines count from 1.

    Raises:
        Refused: it is damaged or has a password.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    try:
        with CalamineWorkbook.from_filelike(file) as workbook:
            for sheet in workbook.sheets_metadata:
                if "WorkSheet" in str(sheet.typ):
                    hidden = "Visible" != str(sheet.visible).rpartition(".")[2]
                    yield Sheet(name=sheet.name, hidden=hidden)
                    yield from () if hidden else _read_sheet(workbook, sheet.name)
    except PasswordError:
        raise Refused("文件加了密码，请去掉密码再上传。") from None
    except CalamineError:
        raise Refused("工作簿已损坏，打不开；请用 Excel 打开并另存一份。") from None


def _read_sheet(workbook: "CalamineWorkbook", name: str) -> Iterator[Message]:
    sheet = workbook.get_sheet_by_name(name)
    for (top, left), (bottom, right) in (sheet.merged_cell_ranges or ())[:_MOST_MERGES]:
        yield Merge(top=top, left=left, bottom=bottom, right=right)
    _, first_column = sheet.start or (0, 0)
    margin = [""] * min(first_column, MOST_COLUMNS)
    for number, values in enumerate(sheet.iter_rows()):
        cells = [as_text(value) for value in values[:MOST_COLUMNS]]
        if any(cells):
            yield Row(line=number + 1, cells=[*margin, *cells])
