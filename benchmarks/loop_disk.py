"""A slow disk: a FUSE file system over a folder that, once armed, lets the next operation wait. Needs fusepy, libfuse2.

python benchmarks/loop_disk.py FOLDER MOUNT PORT     (a datagram "any", "read" or "off" to PORT arms and disarms it)
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from fuse import FUSE, FuseOSError, Operations  # type: ignore[import-not-found]

DELAY = 0.3


class Stall:
    """The first operation of the armed kind opens a window; every operation in the window waits for its end."""

    def __init__(self) -> None:
        self.kind = "off"
        self.until = 0.0
        self.lock = threading.Lock()

    def listen(self, port: int) -> None:
        control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        control.bind(("127.0.0.1", port))
        while True:
            message, sender = control.recvfrom(16)
            self.kind, self.until = message.decode(), 0.0
            control.sendto(b"ok", sender)

    def wait(self, operation: str) -> None:
        with self.lock:
            if self.kind == operation or self.kind == "any":
                self.kind, self.until = "off", time.monotonic() + DELAY
            left = self.until - time.monotonic()
        if left > 0:
            time.sleep(left)


def _by_path(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def operation(self: SlowDisk, path: str, *arguments: Any) -> Any:
        self.stall.wait(name)
        try:
            return call(self.root + path, *arguments)
        except OSError as error:
            raise FuseOSError(error.errno) from None

    return operation


def _status(path: str, handle: int | None = None) -> dict[str, Any]:
    found = os.lstat(path)
    names = ("st_mode", "st_size", "st_uid", "st_gid", "st_nlink", "st_atime", "st_mtime", "st_ctime", "st_ino")
    return {name: getattr(found, name) for name in names}


def _truncate(path: str, length: int, handle: int | None = None) -> None:
    os.truncate(path, length)


def _space(path: str) -> dict[str, Any]:
    found = os.statvfs(path)
    return {
        name: getattr(found, name) for name in ("f_bsize", "f_frsize", "f_blocks", "f_bfree", "f_bavail", "f_files")
    }


class SlowDisk(Operations):  # type: ignore[misc]
    """Every operation is passed on to the folder beneath."""

    def __init__(self, root: str, stall: Stall) -> None:
        self.root, self.stall = root, stall

    getattr = _by_path("getattr", _status)
    open = _by_path("open", os.open)
    create = _by_path("create", lambda path, mode, info=None: os.open(path, os.O_RDWR | os.O_CREAT, mode))
    readdir = _by_path("readdir", lambda path, handle: [".", "..", *os.listdir(path)])
    mkdir = _by_path("mkdir", os.mkdir)
    rmdir = _by_path("rmdir", os.rmdir)
    unlink = _by_path("unlink", os.unlink)
    truncate = _by_path("truncate", _truncate)
    chmod = _by_path("chmod", os.chmod)
    chown = _by_path("chown", os.chown)
    statfs = _by_path("statfs", _space)
    utimens = _by_path("utimens", lambda path, times=None: os.utime(path, times))

    def rename(self, old: str, new: str) -> None:
        self.stall.wait("rename")
        os.rename(self.root + old, self.root + new)

    def read(self, path: str, size: int, offset: int, handle: int) -> bytes:
        self.stall.wait("read")
        return os.pread(handle, size, offset)

    def write(self, path: str, content: bytes, offset: int, handle: int) -> int:
        self.stall.wait("write")
        return os.pwrite(handle, content, offset)

    def release(self, path: str, handle: int) -> None:
        os.close(handle)

    def flush(self, path: str, handle: int) -> None:
        self.stall.wait("flush")

    def fsync(self, path: str, datasync: int, handle: int) -> None:
        self.stall.wait("fsync")


if __name__ == "__main__":
    stall = Stall()
    threading.Thread(target=stall.listen, args=(int(sys.argv[3]),), daemon=True).start()
    options = {"direct_io": True, "attr_timeout": 0, "entry_timeout": 0, "negative_timeout": 0, "allow_other": True}
    FUSE(SlowDisk(sys.argv[1], stall), sys.argv[2], foreground=True, nothreads=False, **options)
