#!/usr/bin/env python3
"""Thin entry point; see skein_scripts/micro.py, and --help."""

import sys

from skein_scripts import micro
from skein_scripts.errors import run_main

if __name__ == "__main__":
    sys.exit(run_main("micro.py", micro.main))
