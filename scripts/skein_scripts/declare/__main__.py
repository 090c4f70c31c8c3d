"""What the build calls for the C++ side of all declarations (headers.py):

    python3 -m skein_scripts.declare FOLDER

Thin, as the scripts are: a declaration that cannot be ends in a message and no traceback.
"""

from __future__ import annotations

from ..base.errors import run_program

if __name__ == "__main__":
    run_program("declare", "skein_scripts.declare.headers")
