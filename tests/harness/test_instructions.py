"""scripts/instructions.py: the same row gives the same count, and what cannot be counted is said.

Takes skein_micro from the build directory (SKEIN_BUILD_DIR, by default build/release).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from skein_scripts.base.errors import MeasureError  # noqa: E402
from skein_scripts.micro import counted_rows  # noqa: E402
from skein_scripts.records import results  # noqa: E402

MICRO = ROOT / os.environ.get("SKEIN_BUILD_DIR", "build/release") / "skein_micro"
SCRIPT = ROOT / "scripts" / "instructions.py"

pytestmark = pytest.mark.slow  # callgrind runs a program fifty times slower
needs_callgrind = pytest.mark.skipif(
    shutil.which("valgrind") is None or not MICRO.is_file(),
    reason="valgrind or skein_micro is missing",
)


def call(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), *words],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        env={**os.environ, **environment},
    )


@needs_callgrind
def test_every_row_that_is_counted_is_one_that_skein_micro_has() -> None:
    listed = subprocess.run(
        [MICRO, "--benchmark_list_tests"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert set(counted_rows.ROWS) <= set(listed)


@needs_callgrind
@pytest.mark.parametrize(
    "row", ["switch/fiber", "yield/coroutine/1", "yield/libuv/1000", "timer_insert/fiber/10000",
            "depth/future/16", "mutex/coroutine/2"],
)  # fmt: skip
def test_two_counts_of_a_row_agree_within_half_a_percent(row: str) -> None:
    first, second = (counted_rows.measure(MICRO, row) for _ in range(2))
    assert first.items == second.items
    assert first.per_item == pytest.approx(second.per_item, rel=0.005)


@needs_callgrind
def test_what_is_in_the_environment_does_not_change_a_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = counted_rows.measure(MICRO, "spawn_finish/libuv")
    monkeypatch.setenv("SKEIN_TEST_BALLAST", "x" * 10_000)
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")
    assert counted_rows.measure(MICRO, "spawn_finish/libuv") == before


@needs_callgrind
def test_more_work_is_seen_in_the_count() -> None:
    """A fiber's switch with the look at the floating-point flags is dearer than without."""
    bare, whole = (counted_rows.measure(MICRO, f"switch/{kind}") for kind in ("fcontext", "fiber"))
    assert whole.per_item > bare.per_item * 1.05


@needs_callgrind
def test_rows_are_recorded_as_runs_without_times(tmp_path: Path) -> None:
    out = tmp_path / "instructions.jsonl"
    done = call("--row", "switch/coroutine", "--row", "yield/fiber/1", "--output", str(out))
    assert done.returncode == 0, done.stderr
    session, *runs = results.load(out)
    assert session["plan"]["order"] == [["switch/coroutine", "yield/fiber/1"]]
    assert [run["cell_id"] for run in runs] == ["micro/coroutine/switch", "micro/fiber/yield/1"]
    for run in runs:
        assert run["session_id"] == session["session_id"]
        assert run["counted"] is True
        assert run["cpu"]["per_op_ns"] is None
        per_op = run["cpu"]["instructions"] / run["work"]["units"]
        assert run["cpu"]["instructions_per_op"] == pytest.approx(per_op, abs=0.001)


def test_what_a_process_does_once_is_left_out() -> None:
    def counter(_micro: Path, _row: str, batches: int) -> counted_rows.Count:
        return counted_rows.Count(items=100 * batches, instructions=5_000_000 + 700 * batches)

    assert counted_rows.measure(MICRO, "planted/row", counter).per_item == 7


def test_a_row_that_does_no_more_work_in_more_batches_is_refused() -> None:
    def counter(_micro: Path, _row: str, _batches: int) -> counted_rows.Count:
        return counted_rows.Count(items=100, instructions=700)

    with pytest.raises(MeasureError, match="no more work"):
        counted_rows.measure(MICRO, "planted/row", counter)


def test_without_valgrind_it_says_how_to_get_it(tmp_path: Path) -> None:
    done = call(PATH=str(tmp_path))
    assert done.returncode == 4
    assert "scripts/setup --dev" in done.stderr


def test_a_mistyped_row_is_named_with_the_nearest() -> None:
    done = call("--row", "yield/fibre/1")
    assert done.returncode == 2
    assert "yield/fiber/1" in done.stderr


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    if shutil.which("valgrind") is None:
        pytest.skip("valgrind is missing, which is said first")
    done = call("--micro", str(tmp_path / "none"))
    assert done.returncode == 4
    assert str(tmp_path / "none") in done.stderr
