"""`fastlint clean`."""

from __future__ import annotations

import argparse
import os

from fastlint.cache.sealed import cleaned, folder_of
from fastlint.faces.cli.session import UsageError, write_lines


def run(options: argparse.Namespace) -> int:
    folder = folder_of(options.cache_dir)
    if folder is None or not os.path.isdir(folder):
        write_lines(["No cache to remove"], None)
        return 0
    try:
        removed = cleaned(folder)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be removed: {error.strerror or error}") from None
    write_lines([f"Removed {removed} file{'s' * (removed != 1)} from {folder}"], None)
    return 0
