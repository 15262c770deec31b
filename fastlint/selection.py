"""Which rules run: selectors are codes, prefixes of codes, names or `ALL`; the more specific one wins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fastlint.registry import ALL, Registry, did_you_mean

UNCONDITIONAL = frozenset({"FST000", "FST001"})
"""What says that fastlint could not look: not off because a prefix or `ALL` was ignored, or others were selected."""

NAME_SPECIFICITY = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """One layer of selection: a settings file or the command line. `select` None leaves what was chosen before."""

    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()


def specificity(selector: str) -> int:
    """How exactly a known selector names rules: a name, in small letters, names one."""
    if selector == ALL:
        return 0
    return len(selector) if selector[:1].isupper() else NAME_SPECIFICITY


def unknown_selector(selector: str, registry: Registry) -> str | None:
    """Why `selector` selects nothing, or None when it does."""
    if registry.matching(selector):
        return None
    return f"unknown rule '{selector}'{did_you_mean(selector, registry.spellings)}"


def codes(selectors: Iterable[str], registry: Registry) -> frozenset[str]:
    """The codes that selectors name."""
    return frozenset(entry.code for selector in selectors for entry in registry.matching(selector))


def chosen(choices: Sequence[Choice], registry: Registry, *, preview: bool) -> frozenset[str]:
    """The codes of the rules that are on after all layers.

    Later layers win over earlier ones; within one, the more specific selector wins, and `ignore` over `select` when
    they are equally specific. Rules in preview only count with `preview`.
    """
    on = {code for code, entry in registry.entries.items() if entry.default}
    for choice in choices:
        if choice.select is not None:
            on = set()
        steps = [
            (specificity(selector), True, selector) for selector in (*(choice.select or ()), *choice.extend_select)
        ]
        steps += [(specificity(selector), False, selector) for selector in choice.ignore]
        for _, wanted, selector in sorted(steps, key=lambda step: (step[0], not step[1])):
            found = {entry.code for entry in registry.matching(selector)}
            on = on | found if wanted else on - (found if _exact(selector, registry) else found - UNCONDITIONAL)
        if choice.select is not None:
            on |= UNCONDITIONAL - ignored_by_name(choice.ignore, registry)
    on.add("FST001")
    return frozenset(code for code in on if preview or not registry.entries[code].preview)


def _exact(selector: str, registry: Registry) -> bool:
    return registry.get(selector) is not None


def ignored_by_name(selectors: Iterable[str], registry: Registry) -> frozenset[str]:
    """The codes among selectors that name one rule."""
    return frozenset(entry.code for selector in selectors if (entry := registry.get(selector)))


def ignored(selectors: Iterable[str], registry: Registry) -> frozenset[str]:
    """The codes that per-file ignores silence: a file that cannot be read only when it is named exactly."""
    wanted = tuple(selectors)
    exact = ignored_by_name(wanted, registry) - {"FST001"}
    return (codes(wanted, registry) - UNCONDITIONAL) | exact


def without_effect(choices: Sequence[Choice], registry: Registry, *, preview: bool) -> list[str]:
    """Selectors that only name rules in preview though preview is off."""
    if preview:
        return []
    wanted = [selector for choice in choices for selector in (*(choice.select or ()), *choice.extend_select)]
    return [
        selector
        for selector in dict.fromkeys(wanted)
        if selector != ALL and all(entry.preview for entry in registry.matching(selector))
    ]
