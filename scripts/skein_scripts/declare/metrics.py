"""What the build calls for the C++ side of results/metrics.toml (summary.py):

    python3 -m skein_scripts.declare.metrics HEADER

Thin, as the scripts are: a declaration that cannot be read ends in a message and no traceback.
"""

from __future__ import annotations

from ..base.errors import run_program

if __name__ == "__main__":
    run_program("declare.metrics", "skein_scripts.declare.summary")
