"""What CI takes from the README: its set-up commands, and the codes that the shop must print.

python scripts/readme_commands.py README.md                  the commands, a line each
python scripts/readme_commands.py --codes FOLDER OUTPUT      fails unless OUTPUT names every code marked in FOLDER
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

SETUP = re.compile(r"<!-- setup -->\s*```(?:bash|console|shell)\n(.*?)```", re.DOTALL)
MARKED = re.compile(r"# expect: ([FST0-9, ]+)")


def commands(readme: Path) -> list[str]:
    """The fenced blocks that follow `<!-- setup -->`, each as one line."""
    text = readme.read_text(encoding="utf-8")
    return [" ".join(block.replace("\\\n", " ").split()) for block in SETUP.findall(text)]


def missing_codes(folder: Path, output: Path) -> set[str]:
    """The codes marked in the application that the output does not name."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix in (".py", ".txt", ".toml")]
    marked = {
        code for path in files for found in MARKED.findall(path.read_text()) for code in re.findall(r"FST\d+", found)
    }
    if not marked:
        sys.exit(f"nothing is marked in {folder}")
    return marked - set(re.findall(r"FST\d+", output.read_text(encoding="utf-8")))


def main() -> None:
    if sys.argv[1] == "--codes":
        missing = missing_codes(Path(sys.argv[2]), Path(sys.argv[3]))
        if missing:
            sys.exit(f"not reported in the shop: {', '.join(sorted(missing))}")
        print("all marked codes are reported")
    else:
        print("\n".join(commands(Path(sys.argv[1]))))


if __name__ == "__main__":
    main()
