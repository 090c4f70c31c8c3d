"""What the suite does for workers in other languages, as their manifests say it: builds the rows
that are tested, and runs the tests of each language in its own runner.

Leaves out the tests of what they say to the conductor (tests/end_to_end/test_worker_contract.py).
"""

from __future__ import annotations

import sys
from pathlib import Path

from ..records.runtimes import Runtime, runtimes
from ..session.toolchains import excuse, lacking
from .suite import Section


def _tested_rows() -> list[Runtime]:
    """Those whose manifest says how their language is tested. Of rows that share a command and a
    folder, the first."""
    rows: dict[tuple[Path, tuple[str, ...]], Runtime] = {}
    for row in runtimes().values():
        if row.test:
            rows.setdefault((row.folder, row.test), row)
    return list(rows.values())


def build_of_rows() -> Section:
    """Builds the tested rows for the end-to-end tests, which skip rows that are not built."""
    names = [row.id for row in _tested_rows()]
    return Section(
        "build-references",
        "build, workers in other languages",
        [[sys.executable, "scripts/references.py", "build", *names]],
    )


def tests_of_rows() -> list[Section]:
    """By language, the tests of its workers in its own runner."""
    return [
        Section(
            f"test-{row.id}",
            f"workers' own tests, {row.language}",
            [[*row.test]],
            missing=f"it needs {'; and '.join(words)}" if (words := lacking(row)) else None,
            folder=row.folder,
            excuse=excuse,
        )
        for row in _tested_rows()
    ]
