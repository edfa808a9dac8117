"""Fits a candidate on a training-set version, judges it against the champion, promotes it when the verdict says so."""

import os

# XGBoost's OpenMP reads this once, when it is loaded. Threads that spin while they wait slow one another down on a busy
# machine (a fit of 35 s took 125 s); threads that sleep cost an idle one nothing that was measured.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
