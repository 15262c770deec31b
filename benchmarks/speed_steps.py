"""Where the CPU seconds of a cold run go: parsing, facts, decoding, linking with inference and reach, rules.

python benchmarks/speed_steps.py FOLDER [--rules N] [--layers]

One process, collector off, CPU seconds. `ast.parse` of the same files is measured in the same process before and after
(the second time is the control: its distance from the first is the noise), and every figure is given against it.
Linking is lazy, so each part of the model is asked for in turn; what the first asker needs is charged to it. With
`--layers` the same run is told by what is done instead: each layer's own time, without that of the layers it calls.
"""

from __future__ import annotations

import argparse
import ast
import gc
import resource
import sys
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "rules")]

from fastlint import engine, running  # noqa: E402
from fastlint.discover import discover  # noqa: E402
from fastlint.faces.cli.arguments import parser  # noqa: E402
from fastlint.faces.cli.session import settings_tree  # noqa: E402
from fastlint.facts import syntax  # noqa: E402
from fastlint.facts.model import ModuleFacts  # noqa: E402
from fastlint.inputs import Inputs, read  # noqa: E402
from fastlint.loader import load  # noqa: E402
from fastlint.project.application.roots import Roots  # noqa: E402
from fastlint.project.event_loop.callbacks import Callbacks  # noqa: E402
from fastlint.project.event_loop.contexts import Contexts  # noqa: E402
from fastlint.project.event_loop.entering import Entering  # noqa: E402
from fastlint.project.event_loop.following import Following  # noqa: E402
from fastlint.project.event_loop.reach import Reach  # noqa: E402
from fastlint.project.event_loop.runs import Runs  # noqa: E402
from fastlint.project.event_loop.sites import Sites  # noqa: E402
from fastlint.project.language.bodies import Body  # noqa: E402
from fastlint.project.language.inference import Inference  # noqa: E402
from fastlint.project.language.names import Names  # noqa: E402
from fastlint.project.model import Project  # noqa: E402
from fastlint.project.packaging.manifests import is_manifest  # noqa: E402

MODEL: dict[str, Callable[[Project], object]] = {
    "application": lambda project: project.applications,
    "event loop": lambda project: project.loop.by_function,
    "flows": lambda project: project.flows.found,
}
"""The parts of the model that cost, in the order in which they are asked for."""


class Decoding:
    """Counts the time that bringing encoded bodies back takes."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.bodies = 0
        self._body = syntax.FunctionDef.body.fget
        syntax.FunctionDef.body = property(self._counted)  # type: ignore[assignment,method-assign]

    def _counted(self, node: syntax.FunctionDef) -> Any:
        if node._decoded is not None:
            return node._decoded
        start = time.process_time()
        body = self._body(node)  # type: ignore[misc]
        self.seconds += time.process_time() - start
        self.bodies += 1
        return body


LAYERS: dict[str, tuple[tuple[type, tuple[str, ...]], ...]] = {
    "decoding and looking at bodies": ((Body, ("__getattr__",)), (ModuleFacts, ("body",))),
    "the application": ((Project, ("applications",)), (Roots, ("roots",))),
    "what names mean": ((Names, ("lookup", "member")),),
    "what expressions are": ((Inference, ("infer",)),),
    "what calls run": ((Runs, ("of",)), (Sites, ("of",)), (Callbacks, ("called",))),
    "reaching": (
        (Reach, ("entries", "ways", "way", "_explore")),
        (Following, ("taken", "cost")),
        (Entering, ("brought",)),
        (Contexts, ("nearest", "_titles", "titles", "way")),
    ),
}
"""The methods by which a layer is entered."""


class Layers:
    """Adds up the own time of each layer while the model is built and asked."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys((*LAYERS, "else"), 0.0)
        self._open = ["else"]
        self.entered: dict[str, int] = dict.fromkeys(self.seconds, 0)
        self._since = time.process_time()
        for layer, entered in LAYERS.items():
            for owner, names in entered:
                for name in names:
                    found = vars(owner)[name]
                    if isinstance(found, cached_property):
                        found.func = self._charged(layer, found.func)
                    elif isinstance(found, property) and found.fget is not None:
                        setattr(owner, name, property(self._charged(layer, found.fget)))
                    else:
                        setattr(owner, name, self._charged(layer, found))

    def switch(self) -> None:
        now = time.process_time()
        self.seconds[self._open[-1]] += now - self._since
        self._since = now

    def _charged(self, layer: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def charged(*args: Any) -> Any:
            self.switch()
            self.entered[layer] += 1
            self._open.append(layer)
            try:
                return method(*args)
            finally:
                self.switch()
                self._open.pop()

        return charged

    def cost(self) -> float:
        """Seconds that one entry adds to its layer by being measured."""
        empty = self._charged("else", lambda: None)
        number = 200_000
        before = self.seconds["else"]
        for _ in range(number):
            empty()
        return (self.seconds["else"] - before) / number


def inputs_of(folder: str) -> Inputs:
    options = parser().parse_args(["check", "--isolated", folder])
    tree = settings_tree(options, load())
    return read(discover(options.paths, tree, is_manifest), tree)


def parse_all(inputs: Inputs) -> float:
    start = time.process_time()
    for source in inputs.sources.values():
        try:
            ast.parse(source.data)
        except (SyntaxError, ValueError, RecursionError):
            continue
    return time.process_time() - start


def timed_rules(seconds: dict[str, float]) -> Iterator[None]:
    """While it is open, the time of each rule is added up."""
    guarded = running._guarded

    def measured(entry: Any, *rest: Any) -> Any:
        start = time.process_time()
        found = list(guarded(entry, *rest))
        seconds[entry.code] = seconds.get(entry.code, 0.0) + time.process_time() - start
        return found

    running._guarded = measured
    yield
    running._guarded = guarded


def run(folder: str) -> tuple[dict[str, float], dict[str, float], float, int]:
    """Seconds by step, seconds by rule, seconds of `ast.parse`, bodies decoded."""
    inputs = inputs_of(folder)
    parse = parse_all(inputs)
    decoding = Decoding()
    steps: dict[str, float] = {}
    start = time.process_time()
    found = engine.linked(inputs)
    steps["facts"] = time.process_time() - start
    for name, ask in MODEL.items():
        start = time.process_time()
        ask(found[0])
        steps[name] = time.process_time() - start
    rules: dict[str, float] = {}
    timing = timed_rules(rules)
    next(timing)
    start = time.process_time()
    engine._check(inputs, found, fixes=False)
    steps["rules and report"] = time.process_time() - start
    next(timing, None)
    steps["(of these: decoding)"] = decoding.seconds
    steps["(control: parsing again)"] = parse_all(inputs)
    return steps, rules, parse, decoding.bodies


def by_layer(folder: str) -> dict[str, float]:
    """Seconds by layer, from the facts to the report, without what measuring them costs."""
    inputs = inputs_of(folder)
    layers = Layers()
    found = engine.linked(inputs)
    layers.switch()
    layers.seconds["facts and linking files"] = layers.seconds.pop("else")
    layers.seconds["else"] = 0.0
    for ask in MODEL.values():
        ask(found[0])
    layers.switch()
    layers.seconds["other parts of the model"] = layers.seconds.pop("else")
    layers.seconds["else"] = 0.0
    engine._check(inputs, found, fixes=False)
    layers.switch()
    layers.seconds["rules and report"] = layers.seconds.pop("else")
    layers.seconds["else"] = 0.0
    once = layers.cost()
    del layers.seconds["else"]
    return {name: max(0.0, spent - once * layers.entered.get(name, 0)) for name, spent in layers.seconds.items()}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder")
    options.add_argument("--rules", type=int, default=10, help="slowest rules shown")
    options.add_argument("--layers", action="store_true", help="own times of the layers instead")
    given = options.parse_args()
    gc.disable()
    if given.layers:
        layers = by_layer(given.folder)
        whole = sum(layers.values())
        for name, seconds in sorted(layers.items(), key=lambda item: -item[1]):
            print(f"  {name:32} {seconds:7.2f} s {seconds / whole:6.1%}")
        return
    steps, rules, parse, bodies = run(given.folder)
    total = sum(seconds for name, seconds in steps.items() if not name.startswith("("))
    print(f"ast.parse {parse:.2f} s; everything {total:.2f} s = {total / parse:.2f} x; {bodies} bodies decoded")
    for name, seconds in steps.items():
        print(f"  {name:26} {seconds:7.2f} s {seconds / parse:6.2f} x {seconds / total:6.1%}")
    for code, seconds in sorted(rules.items(), key=lambda item: -item[1])[: given.rules]:
        print(f"    {code} {seconds:7.3f} s {seconds / total:6.1%}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
