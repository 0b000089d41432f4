"""Fewer rights for this process, for good: what a stranger's program runs in.

It binds the thread that asks for it, and threads and processes that begin later: it is asked for
before any other thread exists.

On Linux since 5.13 (Landlock, https://docs.kernel.org/userspace-api/landlock.html) files can then
be written in the named folders only, since 6.7 no TCP connection can be made or awaited, and since
6.12 no abstract socket and no signal reaches a process outside.
Reading stays possible: interpreter, libraries and the model itself lie all over the system. On
Windows and macOS, and on older kernels, nothing is taken away, and `confine` says so.
"""

import ctypes
import os
import struct
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

WORKER = "DESIGNER_APP_WORKER"
"""Environment variable of a worker of the window: open or confined."""
_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
"""System calls, the same on every architecture."""
_VERSION_FLAG = 1
_NO_NEW_PRIVILEGES = 38
_PATH_BENEATH = 1
_READS = 0b1101
"""Execute, read a file, list a folder: not restricted."""
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""By version of the interface, how many rights on files it knows (version 4 added networks)."""
_NETWORK = 0b11
_NETWORK_SINCE = 4
_SCOPES = 0b11
_SCOPES_SINCE = 6
_ON_FILES = (1 << 0) | (1 << 1) | (1 << 2) | (1 << 14) | (1 << 15)
"""Rights that a rule about a single file may hold."""


def confine(writable: Sequence[Path]) -> str:
    """Let this process and its children write in these folders only; "" where nothing can be done.

    Otherwise what was taken away, in words. Called while there is one thread.
    """
    assert threading.active_count() == 1, "the other threads would keep their rights"
    if not sys.platform.startswith("linux"):
        return ""
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))
    if version < 1:
        return ""
    n_rights = max(n for since, n in _FILE_RIGHTS.items() if since <= version)
    handled = ((1 << n_rights) - 1) & ~_READS
    network = _NETWORK if version >= _NETWORK_SINCE else 0
    told = struct.pack("<QQQ", handled, network, _SCOPES)
    size = 24 if version >= _SCOPES_SINCE else 16 if version >= _NETWORK_SINCE else 8
    rules = libc.syscall(_CREATE, told, ctypes.c_size_t(size), ctypes.c_uint32(0))
    if rules < 0:
        return ""
    try:
        for path in writable:
            _allow(libc, rules, path, handled)
        no_new = libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if no_new != 0 or libc.syscall(_RESTRICT, rules, ctypes.c_uint32(0)) != 0:
            return ""
    finally:
        os.close(rules)
    return "writing outside its folder" + (", and TCP connections" if network else "")


def _allow(libc: ctypes.CDLL, rules: int, path: Path, rights: int) -> None:
    """Let a folder, or a single file such as /dev/null, be written."""
    with suppress(FileNotFoundError):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            mine = rights if path.is_dir() else rights & _ON_FILES
            rule = struct.pack("<Qi", mine, place)
            libc.syscall(_ADD_RULE, rules, _PATH_BENEATH, rule, ctypes.c_uint32(0))
        finally:
            os.close(place)
