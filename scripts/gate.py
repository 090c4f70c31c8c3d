#!/usr/bin/env python3
"""Thin entry point; see skein_scripts/gate.py, and --help."""

import sys

from skein_scripts import gate
from skein_scripts.errors import run_main

if __name__ == "__main__":
    sys.exit(run_main("gate.py", gate.main))
