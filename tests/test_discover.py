from __future__ import annotations

import os
from pathlib import Path

import pytest

from fastlint.discover import Discovered, discover, project_root
from fastlint.settings import Layer, SettingsTree
from tests.made_rules import SOME


def is_manifest(name: str) -> bool:
    return name in ("requirements.txt", "pyproject.toml", "requirements/dev.txt")


def make(folder: Path, *files: str, **texts: str) -> None:
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for name, text in texts.items():
        (folder / name.replace("__", ".")).write_text(text)


def found(*paths: Path | str, overrides: Layer | None = None) -> Discovered:
    tree = SettingsTree(SOME, overrides=overrides)
    result = discover([str(path) for path in paths], tree, is_manifest)
    assert tree.problems == []
    return result


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    make(folder, "pyproject.toml", "main.py", "app/__init__.py", "app/a.py", "app/notes.txt", "requirements.txt")
    return folder


def test_the_whole_project_is_analysed_and_what_was_named_is_asked_for(project: Path) -> None:
    result = found(project / "app")

    assert result.root == str(project)
    assert result.sources == ["app/__init__.py", "app/a.py", "main.py"]
    assert result.manifests == ["pyproject.toml", "requirements.txt"]
    assert result.asked == {"app/__init__.py", "app/a.py"}


def test_files_and_manifests_can_be_named(project: Path) -> None:
    assert found(project / "app" / "a.py", project / "requirements.txt").asked == {"app/a.py", "requirements.txt"}


def test_manifests_are_known_by_their_path_from_the_root(project: Path) -> None:
    make(project, "requirements/dev.txt", "notes/dev.txt")

    assert found(project).manifests == ["pyproject.toml", "requirements.txt", "requirements/dev.txt"]


def test_without_paths_the_working_directory_is_meant(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "app")

    assert found().asked == {"app/__init__.py", "app/a.py"}


@pytest.mark.parametrize(
    "left_out",
    [
        ".hidden.py",
        ".hidden/a.py",
        "node_modules/a.py",
        "build/a.py",
        "app/__pycache__/a.py",
        "venv/a.py",
        "lib/site-packages/a.py",
        "stub.pyi",
    ],
)
def test_what_is_never_code_of_the_project(project: Path, left_out: str) -> None:
    make(project, left_out)

    assert left_out not in found(project).sources


def test_virtual_environments_are_known_by_their_marker(project: Path) -> None:
    make(project, "my-environment/pyvenv.cfg", "my-environment/lib/a.py")

    assert not any("my-environment" in path for path in found(project).sources)


def test_what_git_ignores_is_left_out(project: Path) -> None:
    make(
        project, ".git/HEAD", "gen/a.py", "gen/keep.py", "app/local.py", "app/deep/local.py", "secret.py", "tmp/x/a.py"
    )
    make(project, __gitignore="gen/*\n!gen/keep.py\n/app/local.py\ntmp\n")
    make(project / "app" / "deep", __gitignore="*.py\n!local.py\n")
    (project / ".git" / "info").mkdir()
    (project / ".git" / "info" / "exclude").write_text("secret.py\n")

    assert found(project).sources == ["app/__init__.py", "app/a.py", "app/deep/local.py", "gen/keep.py", "main.py"]
    everything = found(project, overrides=Layer("", respect_gitignore=False)).sources
    assert {"gen/a.py", "app/local.py", "secret.py", "tmp/x/a.py"} <= set(everything)


def test_ignore_files_above_the_project_count_up_to_the_repository(tmp_path: Path) -> None:
    make(tmp_path, ".git/HEAD", "service/pyproject.toml", "service/a.py", "service/local.py", "service/gen/a.py")
    make(tmp_path, __gitignore="local.py\n/service/gen\n")

    assert found(tmp_path / "service").sources == ["a.py"]


def test_an_ignored_project_that_is_named_is_looked_at(tmp_path: Path) -> None:
    make(tmp_path, ".git/HEAD", "work/pyproject.toml", "work/a.py", "work/b.py")
    make(tmp_path, __gitignore="work/\nb.py\n")

    assert found(tmp_path / "work").asked == {"a.py", "b.py", "pyproject.toml"} - {"pyproject.toml"} | {
        "pyproject.toml"
    }


def test_ignore_rules_of_a_worktree(tmp_path: Path) -> None:
    make(tmp_path, "repository/.git/info/exclude", "repository/.git/worktrees/w/HEAD", "w/a.py", "w/secret.py")
    (tmp_path / "repository/.git/info/exclude").write_text("secret.py\n")
    (tmp_path / "repository/.git/worktrees/w/commondir").write_text("../..\n")
    (tmp_path / "w/.git").write_text(f"gitdir: {tmp_path}/repository/.git/worktrees/w\n")

    assert found(tmp_path / "w").sources == ["a.py"]


def test_excluded_files_are_taken_when_named_unless_forced(project: Path) -> None:
    make(project, "build/a.py", "old/b.py", "old/in/c.py")
    (project / "pyproject.toml").write_text('[tool.fastlint]\nextend-exclude = ["old"]\n')

    assert "build/a.py" in found(project / "build" / "a.py").asked
    assert found(project / "old").asked == {"old/b.py", "old/in/c.py"}
    force = Layer("", force_exclude=True)
    assert found(project / "build" / "a.py", overrides=force).asked == frozenset()
    assert found(project / "old", overrides=force).asked == frozenset()
    assert found(project / "old" / "in" / "c.py", project / "main.py", overrides=force).asked == {"main.py"}
    assert "old/b.py" not in found(project).sources


def test_ignored_files_are_taken_when_named(project: Path) -> None:
    make(project, ".git/HEAD", "local.py")
    make(project, __gitignore="local.py\n")

    assert found(project / "local.py").asked == {"local.py"}


def test_scripts_without_extension_are_taken_when_named_others_passed_over(project: Path) -> None:
    make(project, "serve", "README.md")
    result = found(project / "serve", project / "README.md")

    assert result.asked == {"serve"}
    assert result.passed_over == [str(project / "README.md")]
    assert "serve" not in found(project).sources


def test_missing_paths_are_told_and_the_rest_is_done(project: Path) -> None:
    result = found(project / "nope.py", project / "main.py")

    assert result.missing == [(str(project / "nope.py"), "no such file or folder")]
    assert result.asked == {"main.py"}


def test_special_files_are_not_read(project: Path) -> None:
    os.mkfifo(project / "pipe.py")

    assert "pipe.py" not in found(project).sources
    assert found(project / "pipe.py").missing == [(str(project / "pipe.py"), "not a regular file")]


def test_links_out_of_the_root_are_not_followed(project: Path, tmp_path: Path) -> None:
    make(tmp_path, "outside/secret.py", "outside.py")
    (project / "out").symlink_to(tmp_path / "outside")
    (project / "out.py").symlink_to(tmp_path / "outside.py")

    assert found(project).sources == ["app/__init__.py", "app/a.py", "main.py"]


def test_links_in_the_root_name_nothing_twice_and_circles_end(project: Path) -> None:
    (project / "app" / "again").symlink_to(project)
    (project / "app" / "self").symlink_to(project / "app" / "self")
    (project / "alias").symlink_to(project / "app")
    (project / "alias.py").symlink_to(project / "main.py")
    (project / "broken.py").symlink_to(project / "nothing.py")

    assert found(project).sources == ["app/__init__.py", "app/a.py", "main.py"]


def test_a_link_to_what_was_not_reached_otherwise_is_followed(project: Path) -> None:
    make(project, "build/shared/a.py")
    (project / "shared").symlink_to(project / "build" / "shared")

    assert "shared/a.py" in found(project).sources


def test_nested_settings_exclude_below_them(project: Path) -> None:
    make(project, "service/pyproject.toml", "service/gen/a.py", "gen/a.py")
    (project / "service" / "pyproject.toml").write_text('[tool.fastlint]\nexclude = ["gen"]\n')

    assert "gen/a.py" in found(project).sources
    assert "service/gen/a.py" not in found(project).sources


def test_the_root_is_the_nearest_marked_folder(tmp_path: Path) -> None:
    make(tmp_path, ".git/HEAD", "a/setup.cfg", "a/x/y.py", "b/z.py")

    assert project_root([str(tmp_path / "a" / "x")]) == str(tmp_path / "a")
    assert project_root([str(tmp_path / "b" / "z.py")]) == str(tmp_path)
    assert project_root([str(tmp_path / "a"), str(tmp_path / "b")]) == str(tmp_path)


def test_without_a_marker_the_folder_given_is_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unmarked(monkeypatch, tmp_path)
    make(tmp_path, "a/x.py", "a/in/y.py", "b/z.py")

    assert found(tmp_path / "a").root == str(tmp_path / "a")
    assert found(tmp_path / "a" / "x.py").sources == ["in/y.py", "x.py"]


def test_projects_without_a_common_marker_are_walked_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unmarked(monkeypatch, tmp_path)
    make(tmp_path, "a/pyproject.toml", "a/src/x.py", "b/setup.cfg", "b/y.py", "other/z.py")
    result = found(tmp_path / "a" / "src", tmp_path / "b")

    assert result.root == str(tmp_path)
    assert result.sources == ["a/src/x.py", "b/y.py"]


def test_a_loose_file_in_the_home_folder_is_looked_at_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unmarked(monkeypatch, tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    make(tmp_path, "x.py", "music/y.py")

    assert found(tmp_path / "x.py").sources == ["x.py"]


def unmarked(monkeypatch: pytest.MonkeyPatch, top: Path) -> None:
    """No folder above `top` counts as a project."""
    import fastlint.discover as module

    original = module.marked

    def marked(folder: str) -> str | None:
        result = original(folder)
        return result if result is not None and result.startswith(str(top)) else None

    monkeypatch.setattr(module, "marked", marked)


def test_an_empty_folder(tmp_path: Path) -> None:
    make(tmp_path, "empty/pyproject.toml")
    (tmp_path / "empty" / "pyproject.toml").unlink()

    result = found(tmp_path / "empty")

    assert (result.sources, result.manifests, result.asked) == ([], [], frozenset())
