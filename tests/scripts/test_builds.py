"""The two programs of a gate: revisions, each built in a tree of its own."""

import json
import shutil
import subprocess

import pytest

from skein_scripts.base.errors import MeasureError, ScriptError, UsageError
from skein_scripts.gate import builds, measured


@pytest.fixture
def repository(tmp_path):
    """A project whose program builds and whose tests and other targets do not."""
    root = tmp_path / "project"
    root.mkdir()
    preset = {"name": "release", "generator": "Ninja",
              "binaryDir": "${sourceDir}/build/${presetName}"}  # fmt: skip
    (root / "CMakePresets.json").write_text(json.dumps({
        "version": 3, "configurePresets": [preset],
        "buildPresets": [{"name": "release", "configurePreset": "release"}],
    }))  # fmt: skip
    (root / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.22)\nproject(p LANGUAGES NONE)\ninclude(CTest)\n"
        "if(BUILD_TESTING)\n  message(FATAL_ERROR configured)\nendif()\n"
        "add_custom_target(another ALL COMMAND ${CMAKE_COMMAND} -E false)\n"
        "add_custom_target(skein COMMAND ${CMAKE_COMMAND} -E touch ${CMAKE_BINARY_DIR}/skein)\n"
    )
    git(root, "init", "-q", "-b", "main")
    commit(root, "it builds")
    return root


def git(root, *words):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", "-C", str(root), *identity, *words], check=True, capture_output=True)


def commit(root, message):
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)


def test_a_revision_is_built_once_in_a_tree_of_its_own(repository, tmp_path):
    trees = tmp_path / "trees"
    trees.mkdir()
    made = builds.build("main", trees, repository)
    assert made.skein.is_file()
    assert made.commit == builds.resolve("HEAD", repository)
    assert made.commit[:12] in made.label
    assert not (repository / "build").exists()
    assert builds.build("HEAD", trees, repository).skein == made.skein


def test_a_tree_that_is_gone_is_made_again_and_a_changed_one_is_refused(repository, tmp_path):
    trees = tmp_path / "trees"
    trees.mkdir()
    builds.build("main", trees, repository)
    shutil.rmtree(trees)
    trees.mkdir()
    made = builds.build("main", trees, repository)
    (made.skein.parents[2] / "CMakeLists.txt").write_text("# changed\n")
    with pytest.raises(MeasureError, match="no clean checkout"):
        builds.build("main", trees, repository)


def test_a_revision_that_does_not_build_says_so_with_the_end_of_the_log(repository, tmp_path):
    (repository / "CMakeLists.txt").write_text("message(FATAL_ERROR planted)\n")
    commit(repository, "it does not build")
    (tmp_path / "trees").mkdir()
    with pytest.raises(MeasureError, match="planted"):
        builds.build("main", tmp_path / "trees", repository)


def test_a_tree_with_changes_is_refused(repository):
    builds.require_clean(repository)
    (repository / "CMakeLists.txt").write_text("# changed\n")
    with pytest.raises(UsageError, match="not committed"):
        builds.require_clean(repository)


def test_gits_own_reason_is_passed_on_where_it_refuses(repository, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    for call in (
        lambda: builds.resolve("HEAD", repository),
        lambda: builds.require_clean(repository),
    ):
        with pytest.raises(ScriptError, match=r"(?s)dubious ownership.*safe\.directory"):
            call()
    monkeypatch.delenv("GIT_TEST_ASSUME_DIFFERENT_OWNER")
    with pytest.raises(builds.UnknownRevisionError, match="no revision"):
        builds.resolve("no-such-revision", repository)


def test_a_name_that_git_cannot_judge_is_not_taken_for_a_file(monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    with pytest.raises(UsageError, match="dubious ownership"):
        measured.is_asked_for("HEAD", "HEAD~1")


def test_a_tree_that_cannot_be_made_says_why(repository, tmp_path):
    (repository / ".git" / "worktrees").write_text("in the way\n")
    (tmp_path / "trees").mkdir()
    with pytest.raises(MeasureError, match=r"cannot check main out into .*worktrees"):
        builds.build("main", tmp_path / "trees", repository)


def test_variables_of_a_git_hook_name_no_other_tree(repository, tmp_path, monkeypatch):
    commit_of_it = builds.resolve("main", repository)
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q", "-b", "main")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / "index"))
    assert builds.resolve("main", repository) == commit_of_it
    builds.require_clean(repository)


def test_git_that_is_not_there_is_said_so(repository, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(UsageError, match="cannot start git"):
        builds.resolve("HEAD", repository)
