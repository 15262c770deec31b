"""Puts files in place in one step: whoever reads one sees the old content or the new, never a part.

A replayed run imports this module, so it must stay light.
"""

import os

made: dict[str, str] | None = None
"""While a run is kept for replay: the files that it wrote by `write`, by absolute path."""


class Undisturbed:
    """Ctrl-C and a request to end wait until the block is done: what it began is ended.

    Handlers are replaced, not signals blocked: where there are other threads, one of them would take the signal.
    """

    def __enter__(self) -> None:
        import signal

        self._came: list[int] = []
        self._before = {}
        for number in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(number)
            if handler is None:  # it was not set by Python and could not be set again
                continue
            try:
                signal.signal(number, lambda came, _: self._came.append(came))
            except ValueError:  # signals come to the main thread only
                return
            self._before[number] = handler

    def __exit__(self, *_: object) -> None:
        import signal

        for number, handler in self._before.items():
            signal.signal(number, handler)
        for came in self._came:
            signal.raise_signal(came)


def replace(path: str, content: bytes, mode: int = 0o600) -> None:
    """Make the content that of the file, with these rights. Raises OSError."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
    with Undisturbed():
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            with open(handle, "wb") as file:
                file.write(content)
            if mode != 0o600:
                os.chmod(temporary, mode)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise


def write(path: str, text: str) -> None:
    """Make the text that of a file that people asked for: it keeps its rights, a pipe or device is written to.

    Raises OSError.
    """
    data = text.encode("utf-8", "backslashreplace")
    if os.path.exists(path) and not os.path.isfile(path):
        with open(path, "wb") as file:
            file.write(data)
        return
    mode = os.stat(path).st_mode & 0o777 if os.path.exists(path) else 0o666 & ~_umask()
    replace(path, data, mode)
    if made is not None:
        made[os.path.abspath(path)] = text


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
