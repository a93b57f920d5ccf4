"""Take a large file in: onto the disk first, in a file that has no name.

It is the whole body, or the one file of a form. Memory stays small, and nothing of it is left
behind, however the process ends.
"""

import errno
import logging
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from nlp_service.api.deps import media_type_of
from nlp_service.api.forms import FORM, Accept, FileForm
from nlp_service.api.problems import RequestRefused

log = logging.getLogger(__name__)

_BLOCK = 2**20
_MOST_AROUND = 2**16
"""Bytes of a form beside its file."""
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """A file that was sent; whoever gets it closes it."""

    content: BinaryIO
    name: str
    media_type: str
    """Announced, without parameters; empty where it was not."""


async def receive_file(
    request: Request,
    folder: Path,
    *,
    name: str,
    accept: Accept,
    most: int,
    fields: dict[str, str] | None = None,
) -> ReceivedFile:
    """Take in the file that a request brings, as its body or in a form.

    Args:
        request: whose body was not read yet.
        folder: where the file lies while it is needed.
        name: what the query calls it; goes before what the form calls it.
        accept: asked before anything of the file is read.
        most: bytes of the file.
        fields: takes what else a form says before its file; without it a form may say nothing.

    Raises:
        RequestRefused: it is not accepted, is larger, breaks off, or cannot be put on the disk.
    """
    media_type = media_type_of(request)
    if media_type == FORM:
        _check_announced(request, most + _MOST_AROUND)
        announced = request.headers["content-type"]
        form = FileForm.announced(announced, accept, name=name, fields=fields)
        body = _limited(request.stream(), most + _MOST_AROUND)
        content = await _keep(form.read(body), folder, most=most)
        return ReceivedFile(content=content, name=form.name, media_type=form.media_type)
    name = accept(name, media_type)
    _check_announced(request, most)
    content = await _keep(request.stream(), folder, most=most)
    return ReceivedFile(content=content, name=name, media_type=media_type)


async def _keep(parts: AsyncIterator[bytes], folder: Path, *, most: int) -> BinaryIO:
    """Write what comes into a nameless file."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = cast(BinaryIO, tempfile.TemporaryFile(dir=folder))
        try:
            await _write(_limited(parts, most), file)
        except BaseException:
            file.close()
            raise
        return file
    except OSError as error:
        log.error("%s: %s", folder, error.strerror)
        full = error.errno in _DISK_FULL
        raise RequestRefused("store_full" if full else "store_unavailable") from error
    except ClientDisconnect as error:
        raise RequestRefused("invalid_request", "文件没有传完，请再发一次。") from error


async def _write(parts: AsyncIterator[bytes], file: BinaryIO) -> None:
    waiting = bytearray()
    async for part in parts:
        waiting += part
        if len(waiting) >= _BLOCK:
            await run_in_threadpool(file.write, bytes(waiting))
            waiting.clear()
    await run_in_threadpool(file.write, bytes(waiting))
    await run_in_threadpool(file.flush)


async def _limited(parts: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    received = 0
    async for part in parts:
        received += len(part)
        _check_size(received, most)
        yield part


def _check_announced(request: Request, most: int) -> None:
    announced = request.headers.get("content-length", "")
    _check_size(int(announced) if announced.isdecimal() else 0, most)


def _check_size(size: int, most: int) -> None:
    if size > most:
        whole, unit = (most // 2**30, "GiB") if most >= 2**30 else (most // 2**20, "MiB")
        raise RequestRefused("request_too_large", f"文件超过上限 {whole} {unit}，请分成几个文件。")
