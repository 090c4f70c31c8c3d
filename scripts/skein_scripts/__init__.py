"""The matrix, the statistics, the plots and the report of skein.

Importing any module of this package does nothing but define names: no file is read, no process
started. The entry points are the thin programs beside this folder. Measuring itself is not here:
the `skein` binary does that, one cell at a time.
"""
