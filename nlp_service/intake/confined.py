"""The process in which libraries unpack what strangers made: workbooks, Word files, PDFs, archives.

calamine holds whole sheets, lxml whole trees, and pdfium and Arrow are large programs in C++: none
can be told how much it may take. So they run here, where the system itself limits memory, processor
time and files, with no settings and no secrets; a crash ends this process alone. It is asked over a
socket, file by file, and answers in ``intake.messages``. Started by ``intake.confinement``.
"""

import json
import os
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

from nlp_service.intake.containers import Refused, list_entries, open_container
from nlp_service.intake.docx import read_document
from nlp_service.intake.limits import MEMORY, SECONDS
from nlp_service.intake.messages import Container, End, Entry, Message, Refusal, dump
from nlp_service.intake.parquet import unpack_parquet
from nlp_service.intake.pdf import read_pdf
from nlp_service.intake.xlsx import read_workbook

_MOST_FILES = 64
_MOST_ASKED = 1024
_DAMAGED = "文件已损坏，读不下去；请重新导出或另存一份。"
_TOO_MUCH = f"读取它要占用的内存超过 {MEMORY // 2**20} MiB；请分成几个文件。"


def _open_container(file: BinaryIO) -> Iterator[Message]:
    archive, kind = open_container(file)
    yield Container(kind=kind.value)
    for index, name, reason in list_entries(archive):
        yield Entry(index=index, name=name, reason=reason)


_READERS: Mapping[str, Callable[[BinaryIO], Iterator[Message]]] = {
    "container": _open_container,
    "xlsx": read_workbook,
    "docx": read_document,
    "pdf": read_pdf,
    "parquet": unpack_parquet,
}


def main() -> None:
    """Answer until nobody asks any more."""
    asked = socket.socket(fileno=int(sys.argv[1]))
    _confine()
    with asked, asked.makefile("wb", buffering=2**16) as answer:
        while True:
            words, files, _, _ = socket.recv_fds(asked, _MOST_ASKED, 1)
            if not words:
                return
            _allow_time()
            with os.fdopen(files[0], "rb") as file:
                file.seek(0)
                for message in _answer(json.loads(words), file):
                    answer.write(dump(message))
            answer.flush()


def _answer(reader: str, file: BinaryIO) -> Iterator[Message]:
    try:
        yield from _READERS[reader](file)
        yield End()
    except Refused as error:
        yield Refusal(reason=str(error))
    except MemoryError:
        yield Refusal(reason=_TOO_MUCH)
    except BrokenPipeError:
        raise
    except BaseException:  # a library's own, down to a panic in Rust: the file is at fault
        yield Refusal(reason=_DAMAGED)


def _confine() -> None:
    """Give up what is not needed for reading: memory beyond a limit, writing files, more files."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MOST_FILES, _MOST_FILES))


def _allow_time() -> None:
    """Give the next file its own processor time; the system ends this process beyond it."""
    import resource

    spent = resource.getrusage(resource.RUSAGE_SELF)
    until = int(spent.ru_utime + spent.ru_stime) + SECONDS + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
