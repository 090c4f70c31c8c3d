"""What scripts/gate.py --inject-... is made of, on real runs: a preloaded library that makes a
worker worse by what was asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import skein_binary as skein
from skein_binary import Record

sys.path.insert(0, str(skein.ROOT / "scripts"))

from skein_scripts.comparison.counting import InstructionCounter
from skein_scripts.matrix import INSTRUCTIONS, Cell
from skein_scripts.plan import Slot
from skein_scripts.skein_process import Skein

pytestmark = pytest.mark.alone

LIBRARY = skein.BUILD / "libskein_inject.so"


def run_with(results: Path, injected: dict[str, str], *words: str) -> Record:
    """A run whose conductor, generator and worker are all given the library."""
    results.unlink(missing_ok=True)
    subprocess.run(
        [str(skein.SKEIN), "run", "c10k", *words, *skein.IN_SESSION, "-o", str(results)],
        env={**os.environ, "LD_PRELOAD": str(LIBRARY), **injected},
        capture_output=True, timeout=skein.CALL_TIMEOUT_S, check=False,
    )  # fmt: skip
    run = skein.run_of(results)
    assert run["status"] in ("ok", "invalid"), (run["reasons"], run["failure"])
    assert run["conditions"]["preloaded"].endswith(LIBRARY.name)
    return run


@pytest.mark.parametrize("runtime", ["coroutine", "thread", "libuv"])
def test_injected_bytes_are_memory_of_every_connection(runtime: str, results: Path) -> None:
    words = ("--runtime", runtime, "--mode", "idle", "--connections", "1000", "--hold", "100ms")
    usual, more = (
        run_with(results, {"SKEIN_INJECT_BYTES": count}, *words)["memory"]["per_task"]["user_bytes"]
        for count in ("0", "1024")
    )
    assert more - usual == pytest.approx(1024, rel=0.10)


@pytest.mark.parametrize("runtime", ["coroutine", "thread", "libuv"])
def test_injected_system_calls_are_made_in_every_request(runtime: str, results: Path) -> None:
    words = ("--runtime", runtime, "--size", "test", "--count")
    usual, more = (
        run_with(results, {"SKEIN_INJECT_SYSCALLS": count}, *words)["cpu"]["syscalls_per_op"]
        for count in ("0", "3")
    )
    if usual is None:
        pytest.skip("this kernel lets no system calls be counted")
    assert more - usual == pytest.approx(3, abs=0.5)


class Caller:
    """Makes the runs that the counter asks for, without a matrix."""

    def __init__(self, results: Path, extra: Sequence[str]) -> None:
        self._results = results
        self._extra = extra

    def measure(self, slot: Slot) -> Record:
        self._results.unlink(missing_ok=True)
        skein.call("run", *slot.cell.arguments(), *self._extra, "-o", str(self._results))
        return skein.run_of(self._results)


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
@pytest.mark.parametrize("runtime", ["coroutine", "thread"])
def test_injected_instructions_are_counted_to_a_few(
    runtime: str, results: Path, tmp_path: Path
) -> None:
    settings = {"mode": "fixed", "connections": 1, "active": 1, "requests": 2000, "warmup": "0ms",
                "warmup_requests": 0, "memory": "off"}  # fmt: skip
    slot = Slot(Cell("counted", "c10k", runtime, settings, purpose=INSTRUCTIONS), 0, 0)

    def count(injected: int) -> float:
        environment = {"LD_PRELOAD": str(LIBRARY), "SKEIN_INJECT_INSTRUCTIONS": str(injected)}
        counter = InstructionCounter(
            Skein(skein.SKEIN, environment), tmp_path, lambda extra: Caller(results, extra)
        )
        for _ in range(4):  # as a gate does
            run = counter.measure(slot)
            if run["status"] != "invalid":
                break
        assert run["status"] == "ok", run["reasons"]
        each: float = run["cpu"]["instructions_per_op"]
        return each

    usual = count(0)
    assert 100 < usual < 20_000
    assert count(0) == pytest.approx(usual, rel=0.005)
    assert count(100) - usual == pytest.approx(100, abs=0.005 * usual + 5)
