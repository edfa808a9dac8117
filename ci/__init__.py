"""CI for ML: a small run of the whole pipeline, held against the last known-good one."""
