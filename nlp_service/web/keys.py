"""The numbers of records in the addresses of pages: none that a database could not hold."""

from typing import Annotated

from fastapi import Path, Query

from nlp_service.api.limits import MAX_KEY

RecordKey = Annotated[int, Path(ge=1, le=MAX_KEY)]
"""Of a record that the path names."""

AskedKey = Annotated[int, Query(ge=1, le=MAX_KEY)]
"""Of a record that the query names."""

AskedKeyOrNone = Annotated[int | None, Query(ge=1, le=MAX_KEY)]
"""The same, where it may be left out."""
