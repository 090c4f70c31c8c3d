"""Results in the formats that other tools read. Each module writes one format and names its source;
scripts/export.py is the command. What a format has no place for is left out, never bent to fit.
"""
