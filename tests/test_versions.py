"""Which versions a project targets, and what rules that hold from a version on make of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlint.project.packaging.manifests import ManifestFile, Manifests, read
from fastlint.project.packaging.releases import BELOW, releases
from fastlint.project.packaging.versions import Versions

LOCK = 'version = 1\nrequires-python = ">=3.12"\n\n[[package]]\nname = "fastapi"\nversion = "{}"\n'


def manifests(**texts: str) -> Manifests:
    names = {"requirements": "requirements.txt", "pyproject": "pyproject.toml", "lock": "uv.lock", "setup": "setup.cfg"}
    return read([ManifestFile(names.get(key, key), text.encode()) for key, text in texts.items()])


def versions(found: Manifests | None = None, *, target: str | None = None) -> Versions:
    return Versions(found or Manifests(), target, None, "")


def targets(found: Versions, package: str) -> list[str]:
    return [str(version) for version in found.target(package)]


def installed(root: Path, *names: str, python: str = "3.12.4", folder: str = ".venv") -> Path:
    site = root / folder / "lib" / "python3.12" / "site-packages"
    for name in names:
        (site / name).mkdir(parents=True)
    (root / folder / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {python}\n")
    (root / folder / "bin").mkdir()
    (root / folder / "bin" / "python").write_text("raise SystemExit('run')")
    return root / folder


def test_without_any_manifest_it_is_the_newest_known() -> None:
    found = versions()

    assert targets(found, "fastapi") == ["0.165.0"]
    assert targets(found, "starlette") == ["1.10.0"]
    assert targets(found, "pydantic") == ["2.14.3"]
    assert (found.gate("fastapi>=0.137"), found.gate("fastapi<0.137"), found.gate("python>=3.12")) == (
        "all",
        "none",
        "all",
    )


def test_the_option_counts_before_everything(tmp_path: Path) -> None:
    installed(tmp_path, "fastapi-0.120.0.dist-info")
    found = Versions(
        manifests(lock=LOCK.format("0.150.0"), requirements="fastapi==0.140.0\n"), "0.110.0", None, str(tmp_path)
    )

    assert targets(found, "fastapi") == ["0.110.0"]


def test_the_option_may_be_a_range() -> None:
    assert versions(target=">=0.117,<0.119").gate("fastapi>=0.118") == "some"
    assert targets(versions(target=">=0.117,<0.118"), "fastapi") == ["0.117.0", "0.117.1"]


def test_the_lock_counts_before_the_environment_and_the_range(tmp_path: Path) -> None:
    installed(tmp_path, "fastapi-0.120.0.dist-info")
    texts = {"lock": LOCK.format("0.150.0"), "pyproject": '[project]\ndependencies = ["fastapi>=0.100"]\n'}

    assert targets(Versions(manifests(**texts), None, None, str(tmp_path)), "fastapi") == ["0.150.0"]


def test_the_environment_counts_before_the_range(tmp_path: Path) -> None:
    installed(tmp_path, "fastapi-0.120.4.dist-info", "Starlette-0.48.0.dist-info", "broken-x.y.dist-info", "fastapi")
    found = Versions(manifests(requirements="fastapi>=0.100\n"), None, None, str(tmp_path))

    assert targets(found, "fastapi") == ["0.120.4"]
    assert targets(found, "starlette") == ["0.48.0"]
    assert found.installed("STARLETTE") == "0.48.0"
    assert found.installed("broken") is None
    assert found.gate("python>=3.12") == "all"
    assert found.gate("python>=3.13") == "none"


@pytest.mark.parametrize("named", ["env", "env/bin/python"])
def test_the_environment_may_be_named_by_itself_or_its_interpreter(tmp_path: Path, named: str) -> None:
    installed(tmp_path, "fastapi-0.111.0.dist-info")
    installed(tmp_path, "fastapi-0.112.0.dist-info", folder="env")

    assert targets(Versions(Manifests(), None, str(tmp_path / named), str(tmp_path)), "fastapi") == ["0.112.0"]


def test_windows_environments_and_eggs(tmp_path: Path) -> None:
    (tmp_path / "venv" / "Lib" / "site-packages" / "fastapi-0.112.0.dist-info").mkdir(parents=True)
    (tmp_path / "venv" / "Lib" / "site-packages" / "sqlmodel-0.0.20-py3.12.egg-info").mkdir()

    found = Versions(Manifests(), None, None, str(tmp_path))
    assert targets(found, "fastapi") == ["0.112.0"]


def test_an_environment_without_the_package_says_nothing(tmp_path: Path) -> None:
    installed(tmp_path, "ruff-0.17.0.dist-info")
    found = Versions(manifests(requirements="fastapi==0.115.3\n"), None, None, str(tmp_path))

    assert targets(found, "fastapi") == ["0.115.3"]


@pytest.mark.parametrize(
    ("requirement", "gate", "expected"),
    [
        *(("fastapi>=0.137", "fastapi>=0.137", "all"), ("fastapi>=0.136", "fastapi>=0.137", "some")),
        *(("fastapi<0.137", "fastapi>=0.137", "none"), ("fastapi==0.115.*", "fastapi>=0.115.5", "some")),
        *(("fastapi~=0.118.0", "fastapi>=0.106,<0.118", "none"), ("fastapi", "fastapi>=0.137", "all")),
        *(("fastapi!=0.160.0", "fastapi>=0.137", "all"), ("fastapi>=0.166", "fastapi>=0.137", "all")),
        *(("fastapi==0.200.1", "fastapi>=0.200.1", "all"), ("fastapi==0.112.0rc1", "fastapi>=0.112", "all")),
        *(("fastapi @ git+https://git.example.com/f.git", "fastapi>=0.137", "all"), ("flask", "fastapi<0.137", "none")),
    ],
)
def test_ranges_of_manifests(requirement: str, gate: str, expected: str) -> None:
    assert versions(manifests(requirements=f"{requirement}\n")).gate(gate) == expected


def test_manifests_of_one_folder_agree_and_those_of_several_add_up() -> None:
    together = manifests(requirements="fastapi>=0.100\n", pyproject='[project]\ndependencies = ["fastapi<0.102"]\n')
    apart = manifests(**{"a/requirements.txt": "fastapi==0.100.0\n", "b/requirements.txt": "fastapi==0.165.0\n"})
    opposed = manifests(requirements="fastapi==0.100.0\n", pyproject='[project]\ndependencies = ["fastapi==0.165.0"]\n')

    assert targets(versions(together), "fastapi") == ["0.100.0", "0.100.1", "0.101.0", "0.101.1"]
    assert targets(versions(apart), "fastapi") == ["0.100.0", "0.165.0"]
    assert targets(versions(opposed), "fastapi") == ["0.100.0", "0.165.0"]


def test_constraints_narrow_and_groups_do_not() -> None:
    found = manifests(
        requirements="-c constraints.txt\nfastapi>=0.100\n",
        pyproject='[dependency-groups]\ndev = ["fastapi==0.90.0"]\n',
        **{"constraints.txt": "fastapi<0.101\n"},
    )

    assert targets(versions(found), "fastapi") == ["0.100.0", "0.100.1"]


def test_the_locks_nearest_to_the_root_count() -> None:
    found = manifests(**{"lock": LOCK.format("0.150.0"), "examples/old/uv.lock": LOCK.format("0.90.0")})
    apart = manifests(**{"a/uv.lock": LOCK.format("0.150.0"), "b/uv.lock": LOCK.format("0.90.0")})

    assert targets(versions(found), "fastapi") == ["0.150.0"]
    assert targets(versions(apart), "fastapi") == ["0.90.0", "0.150.0"]


@pytest.mark.parametrize(
    ("fastapi", "starlette", "pydantic"),
    [
        *(("0.95.2", "0.27.0", "1.10.27"), ("0.100.0", "0.27.0", "2.14.3"), ("0.107.0", "0.28.0", "2.14.3")),
        *(("0.108.0", "0.32.0", "2.14.3"), ("0.109.2", "0.36.3", "2.14.3"), ("0.110.3", "0.37.2", "2.14.3")),
        *(("0.112.4", "0.38.6", "2.14.3"), ("0.115.0", "0.38.6", "2.14.3"), ("0.115.6", "0.41.3", "2.14.3")),
        *(("0.115.14", "0.46.2", "2.14.3"), ("0.116.1", "0.47.3", "2.14.3"), ("0.116.2", "0.48.0", "2.14.3")),
        *(("0.119.1", "0.48.0", "2.14.3"), ("0.121.0", "0.49.3", "2.14.3"), ("0.124.0", "0.50.0", "2.14.3")),
        *(("0.128.0", "0.50.0", "2.14.3"), ("0.132.1", "0.52.1", "2.14.3"), ("0.133.0", "1.10.0", "2.14.3")),
    ],
)
def test_what_an_installation_of_fastapi_brings_along(fastapi: str, starlette: str, pydantic: str) -> None:
    """The newest versions that the metadata of that release allows."""
    found = versions(manifests(requirements=f"fastapi=={fastapi}\n"))

    assert targets(found, "starlette") == [starlette]
    assert targets(found, "pydantic") == [pydantic]


def test_what_is_required_directly_counts_before_what_comes_along() -> None:
    found = versions(manifests(requirements="fastapi==0.110.0\nstarlette==0.36.3\npydantic<2\n"))

    assert targets(found, "starlette") == ["0.36.3"]
    assert found.gate("pydantic>=2") == "none"


@pytest.mark.parametrize(
    ("text", "gate", "expected"),
    [
        *(
            (">=3.12", "python>=3.12", "all"),
            (">=3.11", "python>=3.12", "some"),
            (">=3.8,<3.12", "python>=3.12", "none"),
        ),
        *(("==3.11.*", "python>=3.11", "all"), (">=3.11.4", "python>=3.11", "all"), ("<3.12", "python<3.12", "all")),
    ],
)
def test_python_of_a_manifest(text: str, gate: str, expected: str) -> None:
    found = manifests(pyproject=f'[project]\nrequires-python = "{text}"\n')

    assert versions(found).gate(gate) == expected


def test_python_of_a_lock_and_of_poetry() -> None:
    assert versions(manifests(lock=LOCK.format("0.165.0"))).gate("python>=3.12") == "all"
    poetry = manifests(pyproject='[tool.poetry.dependencies]\npython = "^3.11"\n')
    assert (versions(poetry).gate("python>=3.11"), versions(poetry).gate("python>=3.12")) == ("all", "some")


@pytest.mark.parametrize(
    ("applies", "words"),
    [
        *(("fastapi>=0.137", "FastAPI 0.137 and later"), ("starlette<1.0", "Starlette before 1.0")),
        *(("fastapi>=0.106,<0.118", "FastAPI 0.106 and later, before 0.118"), ("pydantic>2", "Pydantic later than 2")),
        *(("python<=3.11", "Python up to 3.11"), ("sqlalchemy==2.0.1", "sqlalchemy 2.0.1"), ("fastapi", "FastAPI")),
    ],
)
def test_ranges_in_words(applies: str, words: str) -> None:
    assert versions().describe(applies) == words


def test_a_package_of_which_nothing_is_known_is_in_every_range() -> None:
    assert versions().gate("sqlalchemy>=2") == "all"
    assert versions(manifests(requirements="sqlalchemy==1.4.1\n")).gate("sqlalchemy>=2") == "none"
    assert (
        versions(manifests(lock='[[package]]\nname = "sqlalchemy"\nversion = "2.1.9"\n')).gate("sqlalchemy>=2") == "all"
    )


def test_bad_ranges_and_versions_are_passed_over(tmp_path: Path) -> None:
    found = manifests(lock=LOCK.format("not.a.version"), pyproject='[project]\nrequires-python = "whatever"\n')

    assert targets(versions(found), "fastapi") == ["0.165.0"]
    assert Versions(found, None, str(tmp_path / "missing"), str(tmp_path)).gate("fastapi>=0.137") == "all"


def test_every_bound_of_the_table_leaves_a_known_release() -> None:
    from packaging.specifiers import SpecifierSet

    for package, steps in BELOW.items():
        for _, bound in steps:
            allowed = list(SpecifierSet(f"<{bound}" if bound else "").filter(releases(package)))
            assert allowed, (package, bound)
