"""scripts/gate.py on stand-ins for the binary."""

import json
import stat
import subprocess
import sys

from matrix_support import FIXED_CELL, ROOT
from skein_scripts.base.errors import run_main
from skein_scripts.commands.gate import main
from skein_scripts.records import results

GATE = ROOT / "scripts" / "gate.py"
SCREEN, CONFIRM = 5, 10

SMALL_GATE = (
    """
seed = 7
repeats = 1
retry_invalid = 1
runtimes = ["coroutine"]

[thresholds]
latency_p50 = "10%"

"""
    + FIXED_CELL
    + """
[[cell]]
name = "idle"
runtimes = ["coroutine", "libuv"]
workload = "c10k"
mode = "idle"
connections = 100
buffer = "lent"
"""
)


class GateRun:
    """scripts/gate.py on two stand-ins for the binary, each with a behaviour of its own."""

    def __init__(self, matrix_run, monkeypatch, capsys):
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.folder = matrix_run.folder
        self.environment = matrix_run.environment | {"FAKE_SKEIN_SAMPLES": "60"}
        self.matrix = self.folder / "gate.toml"
        self.matrix.write_text(SMALL_GATE)
        self.output = self.folder / "gate"
        self.real = matrix_run.skein

    def arm(self, name, **behaviour):
        """A binary that behaves so: arm("slow", COST={"coroutine": 1.1})."""
        path = self.folder / name
        exports = "".join(
            f"export FAKE_SKEIN_{key}='{json.dumps(value)}'\n" for key, value in behaviour.items()
        )
        path.write_text(f'#!/bin/sh\n{exports}exec "{self.real}" "$@"\n')
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def command(self, base, candidate, *words):
        return [
            sys.executable, str(GATE), "--base-binary", str(base), "--candidate-binary",
            str(candidate), "--matrix", str(self.matrix), "--output", str(self.output),
            "--pairs", f"{SCREEN},{CONFIRM}", *map(str, words),
        ]  # fmt: skip

    def __call__(self, base, candidate, *words):
        """In this process, which has started already."""
        with self._monkeypatch.context() as patched:
            for name, value in self.environment.items():
                patched.setenv(name, value)
            patched.setattr(sys, "argv", self.command(base, candidate, *words)[1:])
            status = run_main("gate.py", main)
        out, err = self._capsys.readouterr()
        return subprocess.CompletedProcess([], status, out, err)

    def runs(self):
        return results.runs(results.load(self.output / results.RESULTS_NAME))
