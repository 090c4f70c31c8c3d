"""How figures went from commit to commit: a history of one small file per commit, change points,
and a figure per metric.
"""
