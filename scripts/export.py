#!/usr/bin/env python3
"""Thin entry point; see skein_scripts/export.py, and --help."""

import sys

from skein_scripts import export
from skein_scripts.errors import run_main

if __name__ == "__main__":
    sys.exit(run_main("export.py", export.main))
