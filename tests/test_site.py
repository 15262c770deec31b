"""The documentation site, built and looked at on a desktop and on a phone."""

from __future__ import annotations

import functools
import http.server
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import FLAGS, browser
from tests.checking import ROOT

__all__ = ["browser"]
PAGES = ("", "tutorial/", "analysis/", "configuration/", "migration/", "rules/", "rules/FST102/", "rules/FST501/")
WIDTHS = (1280, 390)
MEASURING = """<!doctype html><body><script>
const found = [], wanted = WANTED;
function next() {
  if (!wanted.length) { document.body.textContent = "measured " + JSON.stringify(found); return; }
  const [page, width] = wanted.shift(), frame = document.createElement("iframe");
  frame.width = width; frame.height = 900; frame.src = "/" + page;
  frame.onload = () => setTimeout(() => {
    const inside = frame.contentDocument, root = inside.documentElement;
    const broken = [...inside.images].filter(image => !image.naturalWidth).map(image => image.src);
    const headings = inside.querySelectorAll("h1").length;
    const asked = inside.defaultView.performance.getEntriesByType("resource").map(entry => entry.name);
    const outside = asked.filter(name => !name.startsWith(location.origin));
    found.push({page, width, wide: root.scrollWidth, title: inside.title, headings, broken, outside});
    frame.remove(); next();
  }, 200);
  document.body.append(frame);
}
next();
</script>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site, built with warnings as errors and served from this machine."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    wanted = json.dumps([[page, width] for page in PAGES for width in WIDTHS])
    (folder / "measure.html").write_text(MEASURING.replace("WANTED", wanted), encoding="utf-8")
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def test_pages_fit_the_screen_and_ask_nobody_else(browser: str, site: str, tmp_path: Path) -> None:
    command = [browser, *FLAGS, f"--user-data-dir={tmp_path}", "--virtual-time-budget=60000", "--dump-dom"]
    done = subprocess.run([*command, f"{site}/measure.html"], capture_output=True, text=True, timeout=300, check=False)
    measured = re.search(r"measured (\[.*\])", done.stdout)
    assert measured is not None, done.stderr[-2000:]
    found = json.loads(measured[1].replace("&amp;", "&"))

    assert [(each["page"], each["width"]) for each in found] == [(page, width) for page in PAGES for width in WIDTHS]
    assert [each for each in found if each["wide"] > each["width"]] == []
    assert [each for each in found if each["headings"] != 1 or not each["title"] or each["broken"]] == []
    assert [each for each in found if each["outside"]] == []
