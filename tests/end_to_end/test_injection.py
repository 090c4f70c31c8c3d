"""What scripts/gate.py --inject-... is made of, on real runs: a preloaded library that makes a
worker worse by what was asked for."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import skein_binary as skein
from instruction_count import instructions_per_request, needs_valgrind
from skein_binary import Record

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
    # One request at a time: with more, how many share one wait for events differs from run to run.
    words = ("--runtime", runtime, "--size", "test", "--active", "1", "--count")
    usual, more = (
        run_with(results, {"SKEIN_INJECT_SYSCALLS": count}, *words)["cpu"]["syscalls_per_op"]
        for count in ("0", "3")
    )
    if usual is None:
        pytest.skip("this kernel lets no system calls be counted")
    assert more - usual == pytest.approx(3, abs=0.5)


@needs_valgrind
@pytest.mark.parametrize("runtime", ["coroutine", "thread"])
def test_injected_instructions_are_counted_to_a_few(runtime: str, tmp_path: Path) -> None:
    def count(injected: int) -> float:
        environment = {"LD_PRELOAD": str(LIBRARY), "SKEIN_INJECT_INSTRUCTIONS": str(injected)}
        return instructions_per_request(runtime, tmp_path, environment)

    usual = count(0)
    assert 100 < usual < 20_000
    assert count(0) == pytest.approx(usual, rel=0.005)
    assert count(100) - usual == pytest.approx(100, abs=0.005 * usual + 5)
