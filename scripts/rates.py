#!/usr/bin/env python3
"""Thin entry point; see skein_scripts/rates.py, and --help."""

import sys

from skein_scripts import rates
from skein_scripts.errors import run_main

if __name__ == "__main__":
    sys.exit(run_main("rates.py", rates.main))
