"""A second process that answers questions about what this one had in memory when it was born.

It is forked, so that nothing has to be sent to it; it lives no longer than whoever asks it.
"""

from __future__ import annotations

import os
import signal
import struct
from collections.abc import Callable
from types import TracebackType

from fastlint.writing import Undisturbed

LENGTH = struct.Struct("<q")
"""Before each question and each answer: its length in bytes."""
CHUNK = 1 << 20


class Gone(Exception):
    """The other process could not be started, or ended before it answered."""


class Partner:
    """The other process. `serve` gives, there, the answer to each question; an error in it ends the process.

    Raises Gone when the system allows no more processes.
    """

    def __init__(self, serve: Callable[[bytes], bytes]) -> None:
        with Undisturbed():  # or a child could be born that nobody knows of
            pipes: list[int] = []
            try:
                pipes += os.pipe()
                pipes += os.pipe()
                self._pid = os.fork()
            except OSError as error:
                for pipe in pipes:
                    os.close(pipe)
                raise Gone(str(error)) from None
            asked, asking, answering, answers = pipes[0], pipes[1], pipes[3], pipes[2]
            if self._pid == 0:
                os.close(asking)
                os.close(answers)
                _serve(asked, answering, serve)
            os.close(asked)
            os.close(answering)
            self._asking, self._answers = asking, answers
            self._alive = True

    def __enter__(self) -> Partner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dismiss()

    def ask(self, question: bytes) -> None:
        """Put a question; the answer is to be fetched before the next one is put. Raises Gone."""
        try:
            _send(self._asking, question)
        except OSError as error:
            raise Gone(str(error)) from None

    def answer(self) -> bytes:
        """The answer to the question. Raises Gone."""
        found = _received(self._answers)
        if found is None:
            raise Gone("the other process ended")
        return found

    def dismiss(self) -> None:
        """End the other process, whatever it is at."""
        with Undisturbed():
            if self._alive:
                self._alive = False
                os.close(self._asking)
                os.close(self._answers)
                os.kill(self._pid, signal.SIGKILL)
                os.waitpid(self._pid, 0)


def _serve(asked: int, answering: int, serve: Callable[[bytes], bytes]) -> None:
    """Answer until nobody asks any more; never returns, and leaves the parent's buffers and exit handlers alone."""
    code = 70
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        while (question := _received(asked)) is not None:
            _send(answering, serve(question))
        code = 0
    except BaseException:
        code = 70  # said by the parent, when it happens again there
    finally:
        os._exit(code)


def _send(pipe: int, data: bytes) -> None:
    rest = memoryview(LENGTH.pack(len(data)) + data)
    while rest:
        rest = rest[os.write(pipe, rest) :]


def _received(pipe: int) -> bytes | None:
    """What the other side sent; None when it will send no more."""
    head = _exactly(pipe, LENGTH.size)
    return None if head is None else _exactly(pipe, LENGTH.unpack(head)[0])


def _exactly(pipe: int, length: int) -> bytes | None:
    found = bytearray()
    while len(found) < length:
        part = os.read(pipe, min(CHUNK, length - len(found)))
        if not part:
            return None
        found += part
    return bytes(found)
