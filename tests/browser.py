"""A browser to look at pages with; tests that need one say so when they are skipped."""

from __future__ import annotations

import os
import shutil

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--hide-scrollbars", "--window-size=1280,900"),
)


@pytest.fixture(scope="session")
def browser() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is not None:
        return found
    reason = f"no browser to look at the page with: none of {', '.join(BROWSERS)} is installed"
    if os.environ.get("FASTLINT_BROWSER") == "1":
        pytest.fail(reason)
    pytest.skip(f"{reason} (Debian: apt-get install chromium; FASTLINT_BROWSER=1 makes this a failure)")
