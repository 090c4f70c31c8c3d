#!/usr/bin/env python3
"""Thin entry point; see skein_scripts/run_matrix.py, and --help."""

import sys

from skein_scripts import run_matrix
from skein_scripts.errors import run_main

if __name__ == "__main__":
    sys.exit(run_main("run_matrix.py", run_matrix.main))
