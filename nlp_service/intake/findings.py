"""What was found out about a file while it was read: filled by the readers, shown by the report."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from nlp_service.intake.columns import Column, ColumnMapping, Field, tidy
from nlp_service.intake.kinds import FileKind

MOST_NOTES = 50
"""Notes that are kept of a file."""

MOST_COLUMNS_TOLD = 200


@dataclass(slots=True, kw_only=True)
class Findings:
    """A file, as far as it was read."""

    name: str
    kind: FileKind | None
    """None where that cannot be told."""
    mapping: ColumnMapping = field(default_factory=ColumnMapping)
    encoding: str = ""
    """Of text; empty for other kinds."""
    columns: dict[str, Field | None] = field(default_factory=dict)
    """Each column's name -> what it was read as; None where it was passed over."""
    notes: list[str] = field(default_factory=list)

    def note(self, words: str) -> None:
        """Remember something that is worth a look, once."""
        if words not in self.notes and len(self.notes) < MOST_NOTES:
            self.notes.append(words)

    def add_columns(self, columns: Sequence[Column]) -> None:
        """Remember columns; the same one of another sheet or object counts once."""
        for column in columns:
            known = column.name in self.columns
            if column.name and (known or len(self.columns) < MOST_COLUMNS_TOLD):
                self.columns[column.name] = self.columns.get(column.name) or column.field

    def missing(self) -> Sequence[str]:
        """Return the names of the mapping that the file does not have."""
        found = {tidy(name) for name in self.columns}
        return [name for name in self.mapping.fields if name not in found]
