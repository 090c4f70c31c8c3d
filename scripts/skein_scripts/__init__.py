"""The matrix, the gate, the statistics, the plots and the report of skein, in packages that import
each other one way: architecture.toml at the root of the tree says which, and a test holds them to
it. scripts/README.md has the map.

Importing any module of this package does nothing but define names: no file is read, no process
started. The entry points are the thin programs beside this folder. Measuring itself is not here:
the `skein` binary does that, one cell at a time.
"""
