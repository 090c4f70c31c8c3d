"""Is B worse than A? From runs of two arms to a verdict per cell and metric, with its interval and
the effect it could have seen. The method is written down in scripts/COMPARE.md.
"""
