"""The workloads and their shapes."""

from __future__ import annotations

# The field that says what shape a workload has, and the shapes there are.
SHAPE_FIELD = {"c10k": "mode", "timers": "pattern"}
SHAPES = {
    "c10k": ("open", "idle_heavy", "fixed", "churn", "idle"),
    "timers": ("spread", "storm", "periodic", "churn"),
}
