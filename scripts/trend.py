#!/usr/bin/env python3
"""Thin entry point; see skein_scripts/trend/command.py, and --help."""

import sys

from skein_scripts.errors import run_main
from skein_scripts.trend import command

if __name__ == "__main__":
    sys.exit(run_main("trend.py", command.main))
