"""Worker processes: forked, so that what they work on need not be sent; their results come back over pipes.

A worker that dies takes nothing with it: the item it was at is tried once more in a process of its own, the rest of its
share goes to a new one. Nothing outlives the call, whatever ends it.
"""

from __future__ import annotations

import gc
import os
import selectors
import signal
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from fastlint.writing import Undisturbed

HEADER = struct.Struct("<qq")
"""Before each result: the number of the item and the length in bytes."""
PIPE_SIZE = 1 << 20
CHUNK = 1 << 18
LEAST_SHARE = 250_000
"""Bytes of source for which starting a process pays: measured by `benchmarks/speed.py`."""
CPU_SECONDS = 60
CPU_SECONDS_PER_BYTE = 1 / 20_000
"""What one process may take, some hundred times what it needs: counted in its own work, so load does not matter."""


@dataclass(frozen=True, slots=True)
class Died:
    """What is known of an item whose process died twice: the signal, or 0 and the exit code."""

    signal: int
    code: int

    def __str__(self) -> str:
        if self.signal:
            try:
                name = signal.Signals(self.signal).name
            except ValueError:
                name = f"signal {self.signal}"
            return f"the process that read it was ended by {name}"
        return f"the process that read it ended with code {self.code}"


@dataclass(slots=True)
class _Worker:
    pid: int
    share: list[int]
    pipe: int
    buffer: bytearray = field(default_factory=bytearray)


def sensible(jobs: int | str, sizes: Sequence[int]) -> int:
    """How many processes to use: 1 means none but this one. `auto` weighs the work against their start."""
    if not hasattr(os, "fork") or len(sizes) < 2:
        return 1
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        return 1  # a fork copies locks that other threads hold
    if jobs != "auto":
        return min(int(jobs), len(sizes))
    return max(1, min(_processors(), sum(sizes) // LEAST_SHARE, len(sizes)))


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def shares(sizes: Sequence[int], number: int) -> list[list[int]]:
    """Items dealt out so that all shares weigh about the same, the heaviest first; none is empty."""
    dealt: list[list[int]] = [[] for _ in range(min(number, len(sizes)))]
    weights = [0] * len(dealt)
    for item in sorted(range(len(sizes)), key=lambda item: (-sizes[item], item)):
        lightest = weights.index(min(weights))
        dealt[lightest].append(item)
        weights[lightest] += sizes[item] + 1
    return dealt


def worked(work: Callable[[int], bytes], sizes: Sequence[int], number: int) -> Iterator[tuple[int, bytes | Died]]:
    """What `work` gives for each item, as it comes. `sizes` are the items' weights in bytes."""
    crew = _Crew(work, sizes)
    try:
        for share in shares(sizes, number):
            crew.start(share)
        yield from crew.results()
    finally:
        crew.dismiss()


class _Crew:
    """The workers at work."""

    def __init__(self, work: Callable[[int], bytes], sizes: Sequence[int]) -> None:
        self._work = work
        self._sizes = sizes
        self._selector = selectors.DefaultSelector()
        self._workers: dict[int, _Worker] = {}
        self._suspects: set[int] = set()
        self._waiting: list[list[int]] = []

    def start(self, share: list[int]) -> None:
        """Give the share to a new process, or, when the system allows no more of them, to whoever is free later."""
        with Undisturbed():  # or a child could be born that nobody knows of
            try:
                reading, writing = os.pipe()
            except OSError:
                self._waiting.append(share)
                return
            try:
                _widen(writing)
                pid = os.fork()
            except OSError:
                os.close(reading)
                self._waiting.append(share)
                return
            else:
                if pid == 0:
                    _be_worker(writing, share, self._work, sum(self._sizes[item] for item in share))
                worker = _Worker(pid, share, reading)
                self._workers[pid] = worker
                self._selector.register(reading, selectors.EVENT_READ, worker)
            finally:
                os.close(writing)

    def results(self) -> Iterator[tuple[int, bytes | Died]]:
        while self._workers or self._waiting:
            if not self._workers:
                for item in self._waiting.pop():
                    yield item, self._work(item)
                continue
            for key, _ in self._selector.select():
                worker: _Worker = key.data
                data = os.read(worker.pipe, CHUNK)
                worker.buffer += data
                yield from _complete(worker)
                if not data:
                    yield from self._ended(worker)

    def _ended(self, worker: _Worker) -> Iterator[tuple[int, Died]]:
        self._selector.unregister(worker.pipe)
        os.close(worker.pipe)
        _, status = os.waitpid(worker.pid, 0)
        del self._workers[worker.pid]
        if self._waiting:
            self.start(self._waiting.pop())
        if not worker.share:
            return
        item, *rest = worker.share
        if rest:
            self.start(rest)
        if item not in self._suspects:
            self._suspects.add(item)
            self.start([item])
        elif os.WIFSIGNALED(status):
            yield item, Died(os.WTERMSIG(status), 0)
        else:
            yield item, Died(0, os.waitstatus_to_exitcode(status))

    def dismiss(self) -> None:
        """End all that are left."""
        with Undisturbed():
            for worker in self._workers.values():
                os.kill(worker.pid, signal.SIGKILL)
            for worker in self._workers.values():
                os.close(worker.pipe)
                os.waitpid(worker.pid, 0)
            self._workers.clear()
            self._selector.close()


def _complete(worker: _Worker) -> Iterator[tuple[int, bytes]]:
    """The results that have come in whole, taken off the worker's share."""
    start = 0
    buffer = worker.buffer
    while len(buffer) - start >= HEADER.size:
        item, length = HEADER.unpack_from(buffer, start)
        end = start + HEADER.size + length
        if len(buffer) < end:
            break
        worker.share.remove(item)
        yield item, bytes(memoryview(buffer)[start + HEADER.size : end])
        start = end
    if start:
        worker.buffer = buffer[start:]


def _be_worker(pipe: int, share: list[int], work: Callable[[int], bytes], size: int) -> None:
    """Work through the share; never returns, and leaves the parent's buffers and exit handlers alone."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        gc.disable()
        _limit(size)
        parent = os.getppid()
        for item in share:
            result = work(item)
            _send(pipe, HEADER.pack(item, len(result)))
            _send(pipe, result)
            if os.getppid() != parent:
                break
        code = 0
    except BaseException:
        code = 70  # said by the parent, when it happens again
    finally:
        os._exit(code)


def _send(pipe: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(pipe, rest) :]


def _limit(size: int) -> None:
    import resource

    seconds = int(CPU_SECONDS + size * CPU_SECONDS_PER_BYTE)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    if most == resource.RLIM_INFINITY or seconds < most:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _widen(pipe: int) -> None:
    """A wider pipe where the system has them: fewer changes between processes."""
    import fcntl

    if hasattr(fcntl, "F_SETPIPE_SZ"):
        try:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        except OSError:
            return
