"""Take a large body in: onto the disk first, in a file that has no name.

Memory stays small, and nothing of it is left behind, however the process ends.
"""

import errno
import logging
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from nlp_service.api.problems import RequestRefused

log = logging.getLogger(__name__)

_BLOCK = 2**20
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


async def receive_body(request: Request, folder: Path, *, most: int) -> BinaryIO:
    """Write a body into a nameless file.

    Raises:
        RequestRefused: it is larger than ``most`` bytes, breaks off, or cannot be put on the disk.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = cast(BinaryIO, tempfile.TemporaryFile(dir=folder))
        try:
            await _write_body(request, file, most)
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


async def _write_body(request: Request, file: BinaryIO, most: int) -> None:
    announced = request.headers.get("content-length", "")
    _check_size(int(announced) if announced.isdecimal() else 0, most)
    received, waiting = 0, bytearray()
    async for part in request.stream():
        received += len(part)
        _check_size(received, most)
        waiting += part
        if len(waiting) >= _BLOCK:
            await run_in_threadpool(file.write, bytes(waiting))
            waiting.clear()
    await run_in_threadpool(file.write, bytes(waiting))
    await run_in_threadpool(file.flush)


def _check_size(size: int, most: int) -> None:
    if size > most:
        whole, unit = (most // 2**30, "GiB") if most >= 2**30 else (most // 2**20, "MiB")
        raise RequestRefused("request_too_large", f"文件超过上限 {whole} {unit}，请分成几个文件。")
