"""Fixtures of the tests of the scripts; the package they test is put on the path here."""

import copy
import shutil
import signal
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "scripts"))
sys.path.insert(0, str(HERE))

import planted_results  # noqa: E402
from lab import Lab  # noqa: E402
from matrix_support import matrix_run_in  # noqa: E402
from skein_scripts.base.tree import ROOT  # noqa: E402
from skein_scripts.records import results, workloads  # noqa: E402

# What is ignored is inherited: tests interrupt scripts, also where they run in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """A test that runs whole matrices, a process for each run, is slow."""
    for item in items:
        if "matrix_run" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def matrix_run(tmp_path):
    return matrix_run_in(tmp_path)


@pytest.fixture
def lab(monkeypatch):
    return Lab(monkeypatch)


@pytest.fixture
def fixture_v1():
    return HERE / "fixtures" / "v1.jsonl"


@pytest.fixture(scope="session")
def planted():
    """Records whose every figure is known in advance. Whoever changes one works on a copy."""
    return planted_results.records()


@pytest.fixture
def changed(planted):
    """The same, to be changed."""
    return copy.deepcopy(planted)


TOY = """\
id = "toy"
description = "N tasks that yield M times"
run = "tasks"
task = "turn"
tasks = "tasks"
shape = "order"
samples = []
measures = ""
leaves_out = ""
unfair = ""
page = ""
example = ""

[shapes.fair]
does = "each in its turn"

[shapes.random]
does = "whoever is drawn"

[[field]]
name = "tasks"
kind = "count"
help = "Tasks"

[[field]]
name = "order"
kind = "word"
words = ["fair", "random"]
said = true
help = "Who is next"

[[field]]
name = "yields"
kind = "count"
help = "How often each yields"
"""


@pytest.fixture
def with_toy(tmp_path, monkeypatch):
    """The declarations with a workload more, as a newcomer adds it: a folder."""
    folder = tmp_path / "workloads"
    ours = [ROOT / "workloads" / "common.toml", *(ROOT / "workloads").glob("*/cell.toml")]
    for path in ours:
        kept = folder / path.relative_to(ROOT / "workloads")
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, kept)
    (folder / "toy").mkdir()
    (folder / "toy" / "cell.toml").write_text(TOY)
    monkeypatch.setattr(workloads, "FOLDER", folder)
    caches = (workloads.workloads, results._validator, results._is_valid)
    for cache in caches:
        cache.cache_clear()
    yield
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()
