"""The prediction log: what was asked and answered, by which version; an answered id is in it exactly once."""

from artifacts.prediction_log.backlog import Backlog, backlog
from artifacts.prediction_log.commits import Counts
from artifacts.prediction_log.compacted import Compacted
from artifacts.prediction_log.compaction import compact
from artifacts.prediction_log.counts import counts
from artifacts.prediction_log.find import find
from artifacts.prediction_log.frames import Tally
from artifacts.prediction_log.part import Key, Part
from artifacts.prediction_log.parts import parts
from artifacts.prediction_log.record import EntityValue, FeatureValue, Prediction, Via
from artifacts.prediction_log.settings import Durability, LogSettings
from artifacts.prediction_log.tables import PARTS, Log, tables
from artifacts.prediction_log.writer import LogWriter

__all__ = [
    "PARTS",
    "Backlog",
    "Compacted",
    "Counts",
    "Durability",
    "EntityValue",
    "FeatureValue",
    "Key",
    "Log",
    "LogSettings",
    "LogWriter",
    "Part",
    "Prediction",
    "Tally",
    "Via",
    "backlog",
    "compact",
    "counts",
    "find",
    "parts",
    "tables",
]
