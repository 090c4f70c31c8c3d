"""Fixtures of the end-to-end tests: a results file, and a lock of the test's own, so that tests and
a measurement on the same machine do not lock each other out."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))

import skein_binary


@pytest.fixture(autouse=True)
def own_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "skein.lock"
    monkeypatch.setenv("SKEIN_LOCK_FILE", str(path))
    return path


@pytest.fixture
def results(tmp_path: Path) -> Path:
    return tmp_path / "results.jsonl"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if skein_binary.SKEIN.is_file():
        return
    missing = pytest.mark.skip(reason=f"{skein_binary.SKEIN} is not built")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(missing)
