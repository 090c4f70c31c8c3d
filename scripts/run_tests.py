#!/usr/bin/env python3
"""Thin entry point; see skein_scripts/run_tests.py, and scripts/test --help."""

import sys

from skein_scripts import run_tests
from skein_scripts.errors import run_main

if __name__ == "__main__":
    sys.exit(run_main("run_tests.py", run_tests.main))
