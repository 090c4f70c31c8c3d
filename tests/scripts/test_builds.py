"""The two programs of a gate: revisions, each built in a tree of its own."""

import json
import shutil
import subprocess

import pytest

from skein_scripts.comparison import builds
from skein_scripts.errors import MeasureError, UsageError


@pytest.fixture
def repository(tmp_path):
    """A project of one program, with a commit that builds and one that does not."""
    root = tmp_path / "project"
    root.mkdir()
    preset = {"name": "release", "generator": "Ninja",
              "binaryDir": "${sourceDir}/build/${presetName}"}  # fmt: skip
    (root / "CMakePresets.json").write_text(json.dumps({
        "version": 3, "configurePresets": [preset],
        "buildPresets": [{"name": "release", "configurePreset": "release"}],
    }))  # fmt: skip
    (root / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.22)\nproject(p LANGUAGES NONE)\n"
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
