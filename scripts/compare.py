#!/usr/bin/env python3
"""Thin entry point; see skein_scripts/compare.py, and --help."""

import sys

from skein_scripts import compare
from skein_scripts.errors import run_main

if __name__ == "__main__":
    sys.exit(run_main("compare.py", compare.main))
