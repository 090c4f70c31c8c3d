"""What knows nothing of skein: ways to end, text, units, statistics, files, tables."""
