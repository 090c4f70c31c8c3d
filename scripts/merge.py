#!/usr/bin/env python3
"""Thin entry point; see skein_scripts/commands/merge.py, and --help."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from skein_scripts.base.errors import run_program

if __name__ == "__main__":
    run_program("merge.py", "skein_scripts.commands.merge")
