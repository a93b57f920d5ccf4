"""Take the one file out of a form, as browsers and many clients send it (``multipart/form-data``).

What is read goes on at once: of the form nothing is kept but the file's name and media type.
"""

from collections.abc import AsyncIterator, Callable
from typing import Self

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from nlp_service.api.problems import RequestRefused

FORM = "multipart/form-data"

_MOST_FIELDS, _LONGEST_FIELD = 8, 200
"""Fields before a file, and bytes of each: codes and tokens, in ASCII."""

Accept = Callable[[str, str], str]
"""Takes a file's name and media type, refuses what cannot be read; returns the name to go by."""

_BROKEN = "表单（multipart/form-data）不完整或写法不对，请检查后再发一次。"
_NO_FILE = "表单里没有文件，请选一个文件再发（curl 写作 -F file=@来信.xlsx）。"
_TWO_FILES = "表单里有两个以上文件，一次只能发一个；几个文件请压缩成一个 .zip，或分几次发。"
_FIELDS = (
    "表单里除一个文件外还有别的栏，或文件没有带文件名；"
    "选项请写在网址的查询参数里，如 ?source=热线。"
)


class FileForm:
    """A form that holds one file and, where somebody wants them, small fields before it."""

    def __init__(
        self,
        boundary: bytes,
        accept: Accept,
        *,
        name: str = "",
        fields: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        """Of the file; one given before goes before the form's own."""
        self.media_type = ""
        self._accept, self._fields, self._field = accept, fields, ""
        self._headers: dict[bytes, bytes] = {}
        self._header, self._value = b"", b""
        self._content = bytearray()
        self._found = self._in_file = self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._read_header,
                "on_header_value": self._read_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._open_part,
                "on_part_data": self._read_data,
                "on_end": self._end,
            },
        )

    @classmethod
    def announced(
        cls,
        content_type: str,
        accept: Accept,
        *,
        name: str = "",
        fields: dict[str, str] | None = None,
    ) -> Self:
        """Return the form that a Content-Type announces.

        Args:
            content_type: says what separates the form's parts.
            accept: asked when the file begins.
            name: goes before what the form calls the file.
            fields: takes the fields that stand before the file; without it there may be none.

        Raises:
            RequestRefused: it does not say what separates the form's parts.
        """
        try:
            boundary = parse_options_header(content_type)[1][b"boundary"]
            return cls(boundary, accept, name=name, fields=fields)
        except (KeyError, FormParserError):
            raise RequestRefused("invalid_request", _BROKEN) from None

    async def read(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Yield what of the body is the file, as it comes.

        Raises:
            RequestRefused: it is no form, or holds no file, several, or something else.
        """
        async for part in body:
            try:
                self._parser.write(part)
            except FormParserError:
                raise RequestRefused("invalid_request", _BROKEN) from None
            yield bytes(self._content)
            self._content.clear()
        if not self._ended:
            raise RequestRefused("invalid_request", _BROKEN)
        if not self._found:
            raise RequestRefused("invalid_request", _NO_FILE)

    def _begin_part(self) -> None:
        self._headers, self._in_file, self._field = {}, False, ""

    def _read_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _read_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def _open_part(self) -> None:
        said = parse_options_header(self._headers.get(b"content-disposition"))[1]
        if b"filename" not in said:
            self._open_field(said.get(b"name", b"").decode("utf-8", "replace"))
            return
        if not said[b"filename"]:  # a browser's field in which nobody chose a file
            return
        if self._found:
            raise RequestRefused("invalid_request", _TWO_FILES)
        self._found = self._in_file = True
        announced = parse_options_header(self._headers.get(b"content-type"))[0]
        self.media_type = announced.decode("latin-1")
        self.name = self._accept(self.name or _decode_name(said[b"filename"]), self.media_type)

    def _open_field(self, name: str) -> None:
        if self._fields is None or self._found or not name or len(self._fields) == _MOST_FIELDS:
            raise RequestRefused("invalid_request", _FIELDS)
        self._field = name
        self._fields.setdefault(name, "")

    def _read_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._content += data[start:end]
        elif self._fields is not None and self._field:
            self._fields[self._field] += data[start:end].decode("latin-1")
            if len(self._fields[self._field]) > _LONGEST_FIELD:
                raise RequestRefused("invalid_request", _FIELDS)

    def _end(self) -> None:
        self._ended = True


def _decode_name(sent: bytes) -> str:
    """Return a file's name without its folders; some programs on Windows send it in GB18030."""
    try:
        name = sent.decode("utf-8")
    except UnicodeDecodeError:
        name = sent.decode("gb18030", "replace")
    return name.replace("\\", "/").rpartition("/")[2].strip()
