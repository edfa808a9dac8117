"""The report: one self-contained HTML page of what was found in a window, for whoever is on call."""

from monitoring.report.history import History, read_history
from monitoring.report.page import render
from monitoring.report.place import write_report

__all__ = ["History", "read_history", "render", "write_report"]
