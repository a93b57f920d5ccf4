"""An installation's own names and units: what is otherwise than in the taxonomy it was given."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from nlp_service.domain.taxonomy import LOCAL_UNIT_PREFIX
from nlp_service.domain.toml_tables import Table, read_toml

SET_BY_ADMIN = Path("设置 › 分类体系")
"""Where errors say that names stand that came from no file."""


@dataclass(frozen=True, slots=True)
class LocalNames:
    """Names as an admin set them, instead of a file; of the same shape."""

    tables: Mapping[str, Mapping[str, Table]]
    """Section (``topic``, ``subtopic``, ``sector``, ``unit``) -> code -> what is otherwise."""

    def of(self, section: str, code: str) -> Table:
        """Return what is otherwise of a label; nothing where it is as it was given."""
        return self.tables.get(section, {}).get(code, {})

    def having(self, section: str, code: str, table: Table) -> Self:
        """Return these names with a label's table in place of what it had; empty: as given."""
        labels = {**self.tables.get(section, {}), code: table}
        changed = {**self.tables, section: {key: value for key, value in labels.items() if value}}
        return type(self)({name: tables for name, tables in changed.items() if tables})

    def only(self, codes: Collection[str]) -> Self:
        """Return these names without those of other labels; units of one's own stay."""
        left = {
            section: {
                code: table
                for code, table in labels.items()
                if code in codes or (section == "unit" and code.startswith(LOCAL_UNIT_PREFIX))
            }
            for section, labels in self.tables.items()
        }
        return type(self)({section: labels for section, labels in left.items() if labels})


def read_local_names(local: Path | LocalNames | None) -> LocalNames:
    """Return names, wherever they stand.

    Raises:
        InvalidTaxonomy: the file is absent or no TOML; whether they fit, ``read_taxonomy`` says.
    """
    if isinstance(local, LocalNames):
        return local
    return LocalNames(read_toml(local) if local else {})
