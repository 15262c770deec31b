"""What holds for all tests: their caches are their own."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from fastlint.cache.sealed import FOLDER_VARIABLE, KEY_VARIABLE, OFF_VARIABLE


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("user")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "LOCALAPPDATA"):
            patch.setenv(name, os.fspath(folder / name))
        for name in (FOLDER_VARIABLE, KEY_VARIABLE, OFF_VARIABLE):
            patch.delenv(name, raising=False)
        yield
