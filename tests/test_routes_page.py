"""`fastlint routes` in its three formats; the page is opened in Chromium and looked at."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from fastlint.__main__ import main
from fastlint.report.routes_table import lines
from fastlint.report.terminal import width
from tests.browser import FLAGS, browser
from tests.checking import ROOT

SHOP = ROOT / "fixtures" / "apps" / "shop"
__all__ = ["browser"]
OPTIONS = ("routes", "--isolated", "--preview")
DARK = "--blink-settings=preferredColorScheme=0"


# ---- the browser, and what it made of the page ----


class Dom(HTMLParser):
    """The elements of a page with their attributes and the text in them, void and closed ones alike."""

    VOID = frozenset({"input", "meta", "link", "img", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[dict[str, Any]] = []
        self._open: list[dict[str, Any]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = {"tag": tag, "text": "", **{name: value or "" for name, value in attrs}}
        self.elements.append(element)
        if tag not in self.VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()["tag"] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element["text"] += data

    def all(self, **wanted: str) -> list[dict[str, Any]]:
        """Those with these attributes; `has` names one that may have any value, `cls` one of the classes."""
        named = {name: value for name, value in wanted.items() if name not in ("has", "cls")}
        return [
            element
            for element in self.elements
            if all(element.get(name) == value for name, value in named.items())
            and ("has" not in wanted or wanted["has"] in element)
            and ("cls" not in wanted or wanted["cls"] in element.get("class", "").split())
        ]

    def texts(self, **wanted: str) -> list[str]:
        return [" ".join(element["text"].split()) for element in self.all(**wanted)]

    @property
    def routes(self) -> list[str]:
        """The routes that the tree shows."""
        return [element["data-route"] for element in self.all(has="data-route")]


def opened(browser: str, page: Path, scratch: Path, address: str, *more: str) -> str:
    profile = scratch / "profile"
    shutil.rmtree(profile, ignore_errors=True)
    command = [browser, *FLAGS, f"--user-data-dir={profile}", *more, f"{page.as_uri()}{address}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def dom(browser: str, page: Path, scratch: Path, address: str = "", *more: str) -> Dom:
    return Dom(opened(browser, page, scratch, address, "--dump-dom", *more))


def made(project: Path, target: Path) -> Path:
    assert main([*OPTIONS, str(project), "--output-format", "html", "--output-file", str(target)]) == 0
    return target


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(SHOP, tmp_path_factory.mktemp("page") / "shop.html")


@pytest.fixture(scope="session")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    target = tmp_path_factory.mktemp("rows") / "shop.json"
    assert main([*OPTIONS, str(SHOP), "--output-format", "json", "--output-file", str(target)]) == 0
    return json.loads(target.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


# ---- the page ----


def test_all_routes_and_an_overview(browser: str, shop: Path, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    page = dom(browser, shop, tmp_path)

    assert len(page.routes) == len(set(page.routes)) == len(rows)
    assert page.texts(id="count") == [f"{len(rows)} routes"]
    assert len(page.all(cls="tile")) == len(rows)
    assert "FST501" in {element["data-code"] for element in page.all(has="data-code")}  # on no single route


def test_filtering_and_selecting(browser: str, shop: Path, tmp_path: Path) -> None:
    page = dom(browser, shop, tmp_path, "#route=post-shipments&filter=shipments")

    assert len(page.routes) == 7
    assert all("shipments" in route for route in page.routes)
    assert page.texts(id="count") == ["7 of 38 routes"]
    assert [element["data-route"] for element in page.all(**{"aria-selected": "true"})] == ["post-shipments"]
    assert page.texts(tag="h2") == ["POST/shipments"]
    assert "shop/routers/shipments.py:15" in page.texts(cls="place")[0]
    # the chain of the blocking call, hop by hop
    assert page.texts(cls="name") == [
        *("POST /shipments", "book_shipment", "ShippingService.book", "wait_for_carrier", "time.sleep"),
    ]
    assert page.texts(cls="where") == [
        *("shop/routers/shipments.py:14", "shop/routers/shipments.py:16", "shop/services/shipping.py:9"),
        "shop/throttle.py:10",
    ]
    assert {element["data-code"] for element in page.all(has="data-code")} >= {"FST101"}
    # what runs: the dependency, the handler, the answer
    assert {"ShippingService", "book_shipment", "Shipment"} <= set(page.texts(tag="text"))
    assert page.texts(tag="td") == ["shipment", "body", "ShipmentCreate", "yes", "the handler"]


def test_a_chain_through_a_dependency_and_a_shared_one(browser: str, shop: Path, tmp_path: Path) -> None:
    page = dom(browser, shop, tmp_path, "#route=get-accounts")

    assert page.texts(cls="name") == ["GET /accounts", "get_current_user", "sqlmodel.Session.exec"]
    drawn = Counter(page.texts(tag="text"))
    assert drawn["get_session"] == 1  # two dependencies need it
    assert {"get_current_user", "get_accounts", "OAuth2PasswordBearer", "list_accounts"} <= drawn.keys()


def test_filters_together(browser: str, shop: Path, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    page = dom(browser, shop, tmp_path, "#method=GET&findings=1&runs=loop")

    wanted = [row for row in rows if row["methods"] == ["GET"] and row["findings"] and row["runs"] == "event loop"]
    assert 0 < len(wanted) == len(page.routes) < len(rows)
    assert sorted(page.texts(**{"aria-pressed": "true"})) == ["Findings only", "GET", "event loop"]
    assert dom(browser, shop, tmp_path, "#filter=no-such-thing").routes == []


@pytest.mark.parametrize(
    ("name", "size", "more"),
    [("desktop", (1400, 900), ()), ("phone", (390, 844), ()), ("dark", (1400, 900), (DARK,))],
)
def test_screenshots(
    browser: str, shop: Path, tmp_path: Path, name: str, size: tuple[int, int], more: tuple[str, ...]
) -> None:
    picture = tmp_path / f"{name}.png"
    window = f"--window-size={size[0]},{size[1]}"
    opened(browser, shop, tmp_path, "#route=post-orders", f"--screenshot={picture}", window, *more)
    data = picture.read_bytes()

    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">II", data[16:24]) == size
    assert len(data) > 20_000  # not an empty page


def test_nothing_is_loaded(shop: Path) -> None:
    text = shop.read_text(encoding="utf-8")

    assert "default-src 'none'" in text
    markup = re.sub(r"<script.*?</script>|<style.*?</style>", "", text, flags=re.DOTALL)
    assert re.findall(r"(?:src|href)=\"(?!#)[^\"]*\"", markup) == []
    assert not re.search(r"@import|url\(", text)
    assert "innerHTML" not in text and "insertAdjacentHTML" not in text


HOSTILE = '''
from fastapi import FastAPI, Query
import time

EVIL = "</script><script>document.title = 'owned'</script>"
app = FastAPI()

@app.get("/</script><script>document.title = 'owned'</script>/{item}")
async def read(item: int, q: str = Query(alias="<img src=x onerror=alert(1)>")) -> int:
    """<img src=x onerror="document.title = 'owned'"> and {{script}} </script>

    More."""
    time.sleep(1)  # </script><!--<script> <img src=x>
    return 1

@app.get("/quote\\"'>\\u202e<b>/&lt;b&gt;")
def other(): ...
'''


@pytest.mark.parametrize("policy", [True, False])
def test_source_is_never_markup(browser: str, tmp_path: Path, policy: bool) -> None:
    project = tmp_path / "<b>project"
    project.mkdir()
    (project / "main.py").write_text(HOSTILE, encoding="utf-8")
    target = made(project, tmp_path / "page.html")
    if not policy:  # escaping has to do without the policy's help
        target.write_text(re.sub(r"<meta http-equiv=.*", "", target.read_text(encoding="utf-8")), encoding="utf-8")
    page = dom(browser, target, tmp_path)
    first, second = page.routes
    for address in ("", f"#route={first}", f"#route={second}&filter=<b>"):
        page = dom(browser, target, tmp_path, address)
        tags = Counter(element["tag"] for element in page.elements)
        assert (tags["script"], tags["img"]) == (2, 0)
        assert not any(element["text"].startswith("document") for element in page.all(tag="script"))
        assert "owned" not in page.texts(tag="title")[0].split(" · ")[-1]
    shown = dom(browser, target, tmp_path, f"#route={first}")
    assert "/</script><script>document.title = 'owned'</script>/{item}" in shown.texts(tag="h2")[0]
    assert shown.texts(cls="about") == ["<img src=x onerror=\"document.title = 'owned'\"> and {{script}} </script>"]
    assert "<img src=x onerror=alert(1)>" in shown.texts(tag="td")
    assert "time.sleep(1) # </script><!--<script> <img src=x>" in shown.texts(cls="line")
    assert "\\u202e" in dom(browser, target, tmp_path, f"#route={second}").texts(tag="h2")[0]


STEPS = """<script>
const said = [];
const active = () => document.activeElement;
const key = (name) =>
  active().dispatchEvent(new KeyboardEvent("keydown", {key: name, bubbles: true, cancelable: true}));
const at = () => active().dataset.route || active().dataset.folder || active().id;
const box = document.getElementById("filter");
key("/"); said.push(at());
box.value = "products"; box.dispatchEvent(new Event("input", {bubbles: true}));
said.push(location.hash, document.getElementById("count").textContent);
key("ArrowDown"); said.push(at());
key("ArrowRight"); said.push(at());
key("ArrowLeft"); key("ArrowLeft"); said.push(at(), document.activeElement.getAttribute("aria-expanded"));
key("ArrowRight"); key("ArrowRight"); key("Enter"); said.push(at(), location.hash);
const chip = [...document.querySelectorAll(".chip")].find((one) => one.textContent === "POST");
chip.focus(); chip.click();
said.push(document.activeElement.textContent, location.hash);
document.title = JSON.stringify(said);
</script></body>"""


def test_the_keyboard(browser: str, tmp_path: Path) -> None:
    """Keys are given to the page by a script of the test, for which the policy is taken away."""
    code = "from fastapi import FastAPI\napp = FastAPI()\n"
    for number, (verb, path) in enumerate((("get", ""), ("post", ""), ("get", "/{id}"))):
        code += f"@app.{verb}('/products{path}')\ndef f{number}(): ...\n"
    (tmp_path / "main.py").write_text(code + "@app.get('/health')\ndef health(): ...\n", encoding="utf-8")
    target = made(tmp_path, tmp_path / "page.html")
    text = re.sub(r"<meta http-equiv=.*", "", target.read_text(encoding="utf-8"))
    target.write_text(text.replace("</body>", STEPS), encoding="utf-8")

    assert json.loads(dom(browser, target, tmp_path).texts(tag="title")[0]) == [
        *("filter", "#filter=products", "3 of 4 routes"),
        "/products",
        "get-products",
        *("/products", "false"),
        *("detail", "#route=get-products&filter=products"),
        *("POST", "#route=get-products&filter=products&method=POST"),
    ]


def test_a_thousand_routes(browser: str, tmp_path: Path) -> None:
    code = ["from fastapi import FastAPI", "app = FastAPI()"]
    for number in range(1000):
        code.append(
            f"@app.get('/api/area{number % 40}/thing{number}/{{item}}')\ndef read_{number}(item: int) -> int: ..."
        )
    (tmp_path / "main.py").write_text("\n".join(code), encoding="utf-8")
    target = made(tmp_path, tmp_path / "page.html")

    assert target.stat().st_size < 1_500_000
    page = dom(browser, target, tmp_path)
    assert page.texts(id="count") == ["1000 routes"]
    assert 40 < len(page.all(role="treeitem")) < 200
    assert len(page.all(cls="tile")) == 1000
    page = dom(browser, target, tmp_path, "#filter=thing777")
    assert page.routes == ["get-api-area17-thing777-item"]


# ---- rows ----


def test_rows_say_what_a_route_is(rows: list[dict[str, Any]]) -> None:
    by_path = {(*row["methods"], row["path"]): row for row in rows}
    row = by_path["POST", "/orders"]

    assert row["runs"] == "event loop"
    assert row["endpoint"]["qualname"] == "shop.routers.orders.place_order"
    assert {finding["code"] for finding in row["findings"]} >= {"FST102", "FST103"}
    assert all(finding["chain"][0]["name"] == "POST /orders" for finding in row["findings"] if finding["chain"])
    nodes = {node["name"].rpartition(".")[2]: node for node in row["dependency_tree"]}
    assert {node["name"].rpartition(".")[2] for node in nodes["get_checkout"]["needs"]} == {
        "get_session",
        "get_payments",
    }
    assert by_path["GET", "/accounts/me"]["auth"] == ["OAuth2PasswordBearer"]
    assert by_path["GET", "/health"]["findings"] == [] and by_path["GET", "/health"]["auth"] == []
    signature = [one for one in by_path["POST", "/webhooks/courier"]["parameters"] if one["in"] == "header"]
    assert [one["name"] for one in signature] == ["X-Signature"]


def test_a_shared_dependency_does_not_spread_what_is_said_of_others(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "main.py").write_text(
        "import time\nfrom fastapi import Depends, FastAPI\napp = FastAPI()\n"
        "def shared(): ...\n"
        "@app.get('/slow')\nasync def slow(s=Depends(shared)) -> int:\n    time.sleep(1)\n    return 1\n"
        "@app.get('/fine')\nasync def fine(s=Depends(shared)) -> int:\n    return 1\n",
        encoding="utf-8",
    )
    assert main([*OPTIONS, str(tmp_path), "--select", "FST101", "--output-format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert [(row["path"], [one["code"] for one in row["findings"]]) for row in found] == [
        ("/slow", ["FST101"]),
        ("/fine", []),
    ]


# ---- the table ----


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_the_table_fits_the_terminal(rows: list[dict[str, Any]], columns: int) -> None:
    shown = list(lines(rows, columns))
    text = "\n".join(shown)

    assert max(map(width, shown)) <= columns
    assert "\x1b" not in text
    for row in rows:
        assert row["path"] in text
        assert f"{row['endpoint']['filename']}:{row['endpoint']['line']}" in text
    assert shown[-1].startswith("38 routes: ")
    verbs = tuple(row["methods"][0] for row in rows)
    assert len({re.search(r"event loop|threadpool", line).start() for line in shown if line.startswith(verbs)}) == 1  # type: ignore[union-attr]


def test_the_table_for_a_pipe_has_one_line_a_route(rows: list[dict[str, Any]]) -> None:
    shown = list(lines(rows))

    assert len(shown) == len(rows) + 1
    assert shown[0].split()[:3] == ["METHODS", "PATH", "HANDLER"]
    assert all(row["path"] in line.split() for row, line in zip(rows, shown[1:], strict=True))


def test_colour_only_where_it_is_wanted(rows: list[dict[str, Any]]) -> None:
    coloured = list(lines(rows, 100, colour=True))
    plain = [re.sub(r"\x1b\[[\d;]*m", "", line).rstrip() for line in coloured]

    assert any("\x1b[" in line for line in coloured)
    assert plain == [line.rstrip() for line in lines(rows, 100)]


def test_control_characters_do_not_reach_the_terminal(rows: list[dict[str, Any]]) -> None:
    row = {**rows[0], "path": "/\x1b[31m\u202e/wide/\u4f60\u597d" * 8, "response_model": "\x07"}
    for columns in (None, 80):
        text = "\n".join(lines([row], columns))
        assert "\x1b" not in text and "\u202e" not in text and "\x07" not in text
        assert columns is None or max(map(width, text.split("\n"))) <= columns
