"""Ways to call the scripts as a person would: the matrix on a stand-in for the binary, the others
with their own words. Leaves out the real binary, for which there is tests/end_to_end."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT / "scripts"))
RUN_MATRIX = ROOT / "scripts" / "run_matrix.py"

FIXED_CELL = """\
[[cell]]
name = "fixed"
workload = "c10k"
mode = "fixed"
connections = 100
active = 10
payload_bytes = 64
buffer = "lent"
duration = "200ms"
warmup = "100ms"
"""

SMALL_MATRIX = (
    """
seed = 7
repeats = 2
runtimes = ["coroutine", "libuv", "epoll_floor"]

"""
    + FIXED_CELL
    + """
[[cell]]
name = "spread"
workload = "timers"
pattern = "spread"
tasks = 1000
window = "300ms"
"""
)


def call_main(program, main, *words):
    """Runs a script's main with these words on its command line. Answers the exit status."""
    from skein_scripts.base.errors import run_main

    before, sys.argv = sys.argv, [program, *map(str, words)]
    try:
        return run_main(program, main)
    finally:
        sys.argv = before


@dataclass
class MatrixRun:
    """Runs scripts/run_matrix.py on the stand-in binary, in a folder of its own."""

    folder: Path
    matrix: Path
    skein: Path
    environment: dict[str, str]

    @property
    def output(self):
        return self.folder / "out"

    @property
    def results(self):
        return self.output / "results.jsonl"

    def command(self, *arguments, output=None):
        binary = () if "--cluster" in arguments else ("--skein", str(self.skein))
        return [
            sys.executable, str(RUN_MATRIX), "--matrix", str(self.matrix), *binary,
            "--output", str(output or self.output), *arguments,
        ]  # fmt: skip

    def fault(self, **faults):
        """fault(**{"c10k/fixed/libuv": "crash"})"""
        self.environment["FAKE_SKEIN_FAULTS"] = json.dumps(faults)

    def __call__(self, *arguments, output=None):
        return subprocess.run(
            self.command(*arguments, output=output),
            env=self.environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def start(self, *arguments):
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def records(self):
        from skein_scripts.records import results

        return results.load(self.results)

    def runs(self):
        from skein_scripts.records import results

        return results.runs(self.records())

    def cell_calls(self):
        """Those of them that ran a cell of the matrix: probes have no place in a round."""
        run = [call["argv"] for call in self.calls() if call["argv"][0] == "run"]
        place = [json.loads(argv[argv.index("--run-meta") + 1])["position"] for argv in run]
        return [argv for argv, position in zip(run, place, strict=True) if position is not None]

    def calls(self):
        """The command lines that the stand-in was called with."""
        log = Path(self.environment["FAKE_SKEIN_LOG"])
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [json.loads(line) for line in lines]


def matrix_run_in(folder):
    """A MatrixRun whose binary, lock and log are in a folder."""
    skein = folder / "skein"
    # It needs the standard library alone; -I and -S halve the time it takes to start.
    skein.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{HERE / "fake_skein.py"}" "$@"\n')
    skein.chmod(0o755)
    matrix = folder / "small.toml"
    matrix.write_text(SMALL_MATRIX)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("FAKE_SKEIN")},
        "SKEIN_LOCK_FILE": str(folder / "lock"),
        "FAKE_SKEIN_LOG": str(folder / "calls.jsonl"),
        "FAKE_SKEIN_SAMPLES": "300",
        "COLUMNS": "200",
    }
    return MatrixRun(folder, matrix, skein, environment)
