"""The folder of the cache and the files in it: each is sealed with a key that only this user's fastlint has.

A file that was damaged, comes from somebody else, from another version of Python, or stands under another name than the
one it was written for, is as good as none: its seal is looked at before anything of it is decoded. A replayed run
imports this module, so it must stay light.
"""

import os
import sys
from _blake2 import blake2b
from _operator import _compare_digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = "1"
"""Changes when what the files hold does."""
SEAL = 32
KEY_VARIABLE = "FASTLINT_CACHE_KEY"
FOLDER_VARIABLE = "FASTLINT_CACHE_DIR"
OFF_VARIABLE = "FASTLINT_NO_CACHE"
TAG = f"fastlint-{FORMAT}-{sys.implementation.cache_tag}"
"""The folder in the cache for what this version of Python can read."""
ENDING = ".fastlint"
NOTES = {
    "CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of fastlint, which makes it anew.\n",
    ".gitignore": "*\n",
}


class Cache:
    """An open cache: its folder and the key."""

    def __init__(self, folder: str, key: bytes) -> None:
        self.folder = folder
        self._key = key

    def read(self, name: str) -> bytes | None:
        """What was written under the name, None when there is nothing that can be trusted."""
        try:
            with open(os.path.join(self.folder, TAG, name), "rb") as file:
                data = file.read()
        except OSError:
            return None
        content = memoryview(data)[SEAL:]
        return bytes(content) if _compare_digest(data[:SEAL], self._seal(name, content)) else None

    def prepare(self) -> bool:
        """Make the folder, marked as a cache for backups and for git; False when nothing can be written there."""
        from fastlint.writing import replace

        folder = os.path.join(self.folder, TAG)
        try:
            os.makedirs(folder, 0o700, exist_ok=True)
            for name, text in NOTES.items():
                path = os.path.join(folder, name)
                if not os.path.exists(path):
                    replace(path, text.encode())
        except OSError:
            return False
        return os.access(folder, os.W_OK)

    def write(self, name: str, content: bytes) -> bool:
        """Put the content in place of what stood under the name, at once; False when it cannot be written."""
        from fastlint.writing import replace

        try:
            replace(os.path.join(self.folder, TAG, name), self._seal(name, content) + content)
        except OSError:
            return False
        return True

    def digest(self, *parts: bytes) -> str:
        """A name for what the parts say, which tells nothing of them."""
        found = blake2b(key=self._key, digest_size=16)
        for part in parts:
            found.update(b"%d:" % len(part))
            found.update(part)
        return found.hexdigest()

    def _seal(self, name: str, content: "bytes | memoryview") -> bytes:
        seal = blake2b(f"{FORMAT}\0{sys.version}\0{name}\0".encode(), key=self._key, digest_size=SEAL)
        seal.update(content)
        return seal.digest()


def folder_of(given: str | None) -> str | None:
    """The folder given, else the one that the environment names, else the user's own; None when there is none."""
    folder = given or os.environ.get(FOLDER_VARIABLE) or user_folder(os.environ)
    return os.path.abspath(folder) if folder else None


def opened(given: str | None) -> Cache | None:
    """The cache that `folder_of` finds, None when it is turned off or there can be none.

    Nothing is written there yet, but the user's key is made when there is none.
    """
    folder = None if os.environ.get(OFF_VARIABLE) else folder_of(given)
    key = None if folder is None else _key()
    return None if folder is None or key is None else Cache(folder, key)


def cleaned(folder: str) -> int:
    """Remove what fastlint keeps in the folder, of all versions, and nothing else; how many files that were.

    Raises OSError.
    """
    removed = 0
    with os.scandir(folder) as entries:
        caches = [entry.path for entry in entries if _is_cache(entry)]
    for path in caches:
        for name in os.listdir(path):
            if name in NOTES or name.endswith((ENDING, f"{ENDING}.tmp")) or (name[0] == "." and name[-4:] == ".tmp"):
                os.unlink(os.path.join(path, name))
                removed += name not in NOTES
        if not os.listdir(path):
            os.rmdir(path)
    if caches and not os.listdir(folder):
        os.rmdir(folder)
    return removed


def _is_cache(entry: "os.DirEntry[str]") -> bool:
    if not entry.name.startswith("fastlint-") or not entry.is_dir(follow_symlinks=False):
        return False
    try:
        with open(os.path.join(entry.path, "CACHEDIR.TAG"), encoding="utf-8") as file:
            return file.read() == NOTES["CACHEDIR.TAG"]
    except (OSError, ValueError):
        return False


def user_folder(environ: "Mapping[str, str]") -> str | None:
    """The user's folder for caches of fastlint, None when the user has none."""
    if sys.platform == "win32":
        return _below(environ.get("LOCALAPPDATA"), "fastlint", "Cache")
    if sys.platform == "darwin":
        return _below(_home(), "Library", "Caches", "fastlint")
    return _below(environ.get("XDG_CACHE_HOME") or _below(_home(), ".cache"), "fastlint")


def key_folder(environ: "Mapping[str, str]") -> str | None:
    """Where the user's key lies: never with the cache, which may be copied about."""
    if sys.platform == "win32":
        return _below(environ.get("LOCALAPPDATA"), "fastlint")
    if sys.platform == "darwin":
        return _below(_home(), "Library", "Application Support", "fastlint")
    return _below(environ.get("XDG_STATE_HOME") or _below(_home(), ".local", "state"), "fastlint")


def _below(folder: str | None, *names: str) -> str | None:
    return os.path.join(folder, *names) if folder and os.path.isabs(folder) else None


def _home() -> str | None:
    home = os.path.expanduser("~")
    return None if home == "~" else home


def _key() -> bytes | None:
    """The key that the environment gives, else the user's own."""
    given = os.environ.get(KEY_VARIABLE)
    if given:
        return blake2b(b"given\0" + given.encode("utf-8", "surrogateescape"), digest_size=32).digest()
    folder = key_folder(os.environ)
    if folder is None:
        return None
    path = os.path.join(folder, "cache-key")
    key = _read_key(path)
    if key is None:
        from fastlint.writing import replace

        try:
            os.makedirs(folder, 0o700, exist_ok=True)
            replace(path, os.urandom(32))
        except OSError:
            return None
        key = _read_key(path)
    return key


def _read_key(path: str) -> bytes | None:
    """The user's key: the content of the file together with when and where this file system made it.

    So a key that came with a repository, a backup or an image is another key: nobody elsewhere could seal with it.
    """
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    except OSError:
        return None
    try:
        found = os.fstat(handle)
        data = os.read(handle, 64)
    except OSError:
        return None
    finally:
        os.close(handle)
    owned = os.name == "nt" or (found.st_uid == os.geteuid() and not found.st_mode & 0o077)
    if len(data) != 32 or not owned:
        return None
    made = f"{found.st_ino}\0{found.st_ctime_ns}\0".encode()
    return blake2b(b"own\0" + made + data, digest_size=32).digest()
