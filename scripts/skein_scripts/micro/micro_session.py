"""The program skein_micro, and the session line of what it measures, timed or counted."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ..base.errors import MeasureError
from ..base.inherited import recordable
from ..records.results import validate
from ..records.shapes import Session
from ..session.skein_process import Skein

WORKLOAD = "micro"
_SESSION_TIMEOUT_S = 60.0


def built_program(path: Path) -> Path:
    """The program at a path. Raises MeasureError, with how to build it, where there is none."""
    if not path.is_file():
        raise MeasureError(
            f"there is no {path.absolute()}: build it (cmake --preset release && cmake --build"
            " --preset release --target skein_micro), or name another with --micro"
        )
    return path.absolute()


def session_record(skein: Path, rows: list[str]) -> Session:
    """The session line. Raises MeasureError where the binary gives none."""
    argv = [recordable(word) for word in (Path(sys.argv[0]).name, *sys.argv[1:])]
    ending = Skein(skein).call(["session", "--argv", json.dumps(argv)], _SESSION_TIMEOUT_S)
    if ending.exit_status != 0:
        raise MeasureError(f"'{skein} session' {ending.describe()}")
    session: Session = json.loads(ending.stdout)
    session["plan"] = {"design": "single", "rounds": 1, "order": [rows]}
    validate(session)
    return session
