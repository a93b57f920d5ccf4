"""Keep the memory that one step frees for the next one."""

import ctypes
import platform

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4  # of glibc's malloc.h
_MUCH = 2**31 - 1
_PAD = 256 * 2**20


def keep_freed_memory() -> None:
    """Tell glibc not to give memory back while this process lives; other libraries are left alone.

    A step frees hundreds of megabytes and asks for them again. Given back and forth, the system
    must clear every page anew, which took a third of the time of a step on a processor.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    libc = ctypes.CDLL(None)
    libc.mallopt(_M_MMAP_MAX, 0)
    libc.mallopt(_M_TRIM_THRESHOLD, _MUCH)
    libc.mallopt(_M_TOP_PAD, _PAD)
