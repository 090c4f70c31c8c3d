#!/usr/bin/env python3
"""Thin entry point; see skein_scripts/plot.py, and --help."""

import sys

from skein_scripts import plot
from skein_scripts.errors import run_main

if __name__ == "__main__":
    sys.exit(run_main("plot.py", plot.main))
