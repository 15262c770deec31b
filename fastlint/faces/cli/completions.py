"""`fastlint completions SHELL`: a script that completes commands, options, formats and rules."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass

from fastlint.faces.cli.session import write_lines

SHELLS = ("bash", "zsh", "fish")
RULE_OPTIONS = frozenset({"select", "ignore", "extend_select", "fixable", "unfixable"})


@dataclass(frozen=True, slots=True)
class Word:
    """An option: all its spellings, what it does, and what may follow.

    `values` are the words that may follow; empty with `takes` set: a file, or anything.
    """

    spellings: tuple[str, ...]
    text: str
    takes: bool
    values: tuple[str, ...] = ()
    rules: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    name: str
    text: str
    words: tuple[Word, ...]
    arguments: tuple[str, ...]
    """What may stand where no option does; empty: files."""
    rules: bool = False


def run(options: argparse.Namespace) -> int:
    from fastlint.faces.cli.arguments import parser

    commands = list(_commands(parser()))
    rules = _rules()
    match options.shell:
        case "bash":
            lines = _bash(commands, rules)
        case "zsh":
            lines = _zsh(commands, rules)
        case _:
            lines = _fish(commands, rules)
    write_lines(lines, None)
    return 0


def _rules() -> list[str]:
    from fastlint.loader import load

    entries = load().entries.values()
    return ["ALL", *(entry.code for entry in entries), *(entry.name for entry in entries)]


def _commands(top: argparse.ArgumentParser) -> Iterator[Command]:
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for choice in action._choices_actions:
                name = choice.dest
                yield _command(name, choice.help or "", action.choices[name])


def _command(name: str, text: str, parser: argparse.ArgumentParser) -> Command:
    words = []
    arguments: tuple[str, ...] = ()
    for action in parser._actions:
        values = tuple(str(value) for value in action.choices or ())
        if not action.option_strings:
            arguments = values
            continue
        takes = action.nargs != 0
        help_text = (action.help or "").partition(" (default")[0]
        words.append(
            Word(tuple(action.option_strings), help_text, takes, values, takes and action.dest in RULE_OPTIONS)
        )
    return Command(name, text, tuple(words), arguments, rules=name == "rule")


def _bash(commands: list[Command], rules: list[str]) -> Iterator[str]:
    names = " ".join(command.name for command in commands)
    yield '# fastlint completions for bash: eval "$(fastlint completions bash)" in ~/.bashrc'
    yield "_fastlint() {"
    yield '    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" command="" word'
    yield '    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do'
    yield f'        case "$word" in {"|".join(command.name for command in commands)}) command=$word; break;; esac'
    yield "    done"
    yield f"    local rules={_quoted(' '.join(rules))}"
    yield "    COMPREPLY=()"
    yield '    case "$command" in'
    for command in commands:
        yield f"    {command.name})"
        yield '        case "$previous" in'
        for word in command.words:
            if not word.takes:
                continue
            pattern = "|".join(word.spellings)
            if word.rules:  # the part after the last comma is completed, the rest stays
                yield f'        {pattern}) local kept=""; [[ $current == *,* ]] && kept="${{current%,*}},"'
                yield '            COMPREPLY=($(compgen -P "$kept" -W "$rules" -- "${current##*,}")); return;;'
            elif word.values:
                values = _quoted(" ".join(word.values))
                yield f'        {pattern}) COMPREPLY=($(compgen -W {values} -- "$current")); return;;'
            else:
                yield f'        {pattern}) COMPREPLY=($(compgen -f -- "$current")); return;;'
        yield "        esac"
        options = " ".join(name for word in command.words for name in word.spellings)
        yield f'        [[ $current == -* ]] && COMPREPLY=($(compgen -W {_quoted(options)} -- "$current")) && return'
        if command.rules:
            yield '        COMPREPLY=($(compgen -W "$rules" -- "$current"));;'
        elif command.arguments:
            yield f'        COMPREPLY=($(compgen -W {_quoted(" ".join(command.arguments))} -- "$current"));;'
        else:
            yield '        COMPREPLY=($(compgen -f -- "$current"));;'
    yield f'    *) COMPREPLY=($(compgen -W {_quoted(names + " --help --version")} -- "$current"));;'
    yield "    esac"
    yield "}"
    yield "complete -o filenames -o bashdefault -F _fastlint fastlint"


def _zsh(commands: list[Command], rules: list[str]) -> Iterator[str]:
    yield "#compdef fastlint"
    yield "# fastlint completions for zsh: fastlint completions zsh > a folder of $fpath, as _fastlint"
    yield "_fastlint() {"
    yield "    local -a commands rules"
    yield "    local context state state_descr line"
    yield "    typeset -A opt_args"
    yield f"    rules=({' '.join(rules)})"
    yield "    commands=("
    for command in commands:
        yield f"        {_quoted(f'{command.name}:{command.text}')}"
    yield "    )"
    yield "    _arguments -C '(- *)--help[show the help]' '--version[show the version]' '1: :->command' '*:: :->rest'"
    yield "    case $state in"
    yield "    command) _describe -t commands command commands;;"
    yield "    rest)"
    yield "        case $line[1] in"
    for command in commands:
        yield f"        {command.name})"
        yield "            _arguments \\"
        for word in command.words:
            for spelling in word.spellings:
                yield f"                {_quoted(_zsh_option(spelling, word))} \\"
        if command.rules:
            yield '                "1:rule:($rules)";;'
        elif command.arguments:
            yield f"                {_quoted('1: :(' + ' '.join(command.arguments) + ')')};;"
        else:
            yield "                '*:file:_files';;"
    yield "        esac;;"
    yield "    esac"
    yield "}"
    yield 'if [ "$funcstack[1]" = "_fastlint" ]; then _fastlint "$@"; else compdef _fastlint fastlint; fi'


def _zsh_option(spelling: str, word: Word) -> str:
    text = re.sub(r"([\[\]:\\])", r"\\\1", word.text)
    shown = f"*{spelling}[{text}]"
    if not word.takes:
        return shown
    if word.rules:
        return f"{shown}:rules:_sequence compadd - $rules"
    if word.values:
        return f"{shown}:value:({' '.join(word.values)})"
    return f"{shown}:value:_files"


def _fish(commands: list[Command], rules: list[str]) -> Iterator[str]:
    yield "# fastlint completions for fish: fastlint completions fish > ~/.config/fish/completions/fastlint.fish"
    yield f"set -g __fastlint_rules {' '.join(rules)}"
    yield "complete -c fastlint -n __fish_use_subcommand -l version -d 'show the version'"
    for command in commands:
        yield f"complete -c fastlint -f -n __fish_use_subcommand -a {command.name} -d {_quoted(command.text)}"
    for command in commands:
        when = f"-n '__fish_seen_subcommand_from {command.name}'"
        if command.rules:
            yield f"complete -c fastlint -f {when} -a '$__fastlint_rules'"
        elif command.arguments:
            yield f"complete -c fastlint -f {when} -a {_quoted(' '.join(command.arguments))}"
        for word in command.words:
            names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in word.spellings)
            follows = ""
            if word.rules:
                follows = " -x -a '(__fish_append , $__fastlint_rules)'"
            elif word.values:
                follows = f" -x -a {_quoted(' '.join(word.values))}"
            elif word.takes:
                follows = " -r"
            yield f"complete -c fastlint {when} {names}{follows} -d {_quoted(word.text)}"


def _quoted(text: str) -> str:
    escaped = text.replace("'", "'\\''")
    return f"'{escaped}'"
