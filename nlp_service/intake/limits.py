"""How much of a file is read at most: what lies beyond is refused, with the reason.

CSV, JSON Lines and Parquet are streamed row by row: of them a row has limits, not the file.
Numbers are for an office: a year's messages fit into one workbook, a report into one PDF.
"""

from collections.abc import Mapping

from nlp_service.intake.kinds import FileKind

MIB = 2**20

MOST_BYTES: Mapping[FileKind, int] = {
    FileKind.XLSX: 64 * MIB,
    FileKind.DOCX: 64 * MIB,
    FileKind.PDF: 64 * MIB,
    FileKind.TXT: 8 * MIB,
    FileKind.ZIP: 256 * MIB,
}
"""Bytes of a file as it came; one of 100 MB is no form and no sheet that a person filled in."""

MOST_UNPACKED: Mapping[FileKind, int] = {
    FileKind.XLSX: 256 * MIB,
    FileKind.DOCX: 256 * MIB,
    FileKind.ZIP: 1024 * MIB,
}
"""Bytes of all that a container says it holds."""

MOST_XML = 32 * MIB
"""Bytes of a Word file's main part: lxml needs about ten times that."""

MOST_ENTRIES: Mapping[FileKind, int] = {
    FileKind.XLSX: 5_000,
    FileKind.DOCX: 5_000,
    FileKind.ZIP: 2_000,
}
"""Entries of a container."""

MOST_RATIO = 200
"""Unpacked bytes a packed one, of one larger than ``RATIO_FROM``; real sheets stay below 60."""

RATIO_FROM = 8 * MIB

MOST_CELL = 2**20
"""Characters of one cell; beyond it, in a CSV, a quotation mark was surely left open."""

MOST_LINE = 2 * MIB
"""Characters of one line of a CSV, bytes of one line of JSON Lines: a text many times over."""

MOST_COLUMNS = 1_000
"""Cells of a row that are regarded; a table of more is no table of submissions."""

MOST_PAGES = 300
"""Pages of a PDF."""

MOST_CHARACTERS = 500_000
"""Characters of one document: many times what one submission may have."""

MEMORY = 1024 * MIB
"""Address space of the process that reads workbooks, Word files, PDFs and Parquet."""

SECONDS = 60
"""Processor time that it may take for one file."""

HEADER_ROWS = 20
"""Rows, of those that hold anything, among which a table's column names are looked for."""
