"""What a cell is measured for."""

from __future__ import annotations

# What a gate looks at in a cell: all that its runs say; the memory of its tasks alone, for which
# few pairs are enough; or the instructions of an operation, counted in runs of their own.
LOAD, MEMORY, INSTRUCTIONS = PURPOSES = ("load", "memory", "instructions")
