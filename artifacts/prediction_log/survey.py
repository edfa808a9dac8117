"""What finished segments hold: every byte verified, and for each key its rows and the types of their values."""

from dataclasses import dataclass, field
from pathlib import Path

from artifacts.errors import Damaged
from artifacts.prediction_log.frames import Tally
from artifacts.prediction_log.kinds import Kinds
from artifacts.prediction_log.part import Key
from artifacts.prediction_log.reading import read_segment
from artifacts.prediction_log.twice import Twice


@dataclass
class Survey:
    """What segments have of one key: rows by segment, in the segments' order, and the types of their values."""

    rows: dict[str, int] = field(default_factory=dict)
    entity: Kinds = field(default_factory=Kinds)
    features: Kinds = field(default_factory=Kinds)

    def merge(self, other: "Survey") -> None:
        """Take in the rows of other segments."""
        self.rows |= other.rows
        self.entity.merge(other.entity)
        self.features.merge(other.features)


def survey_all(segments: list[Path], tally: Tally) -> tuple[dict[Key, Survey], list[Path], Damaged | None]:
    """The surveys by key, the segments that are whole, and what is wrong with the last one that is not.

    Raises `Damaged` (as `Twice.check`) when two predictions have one id, since nobody knows which one is right.
    """
    surveys: dict[Key, Survey] = {}
    whole: list[Path] = []
    wrong = None
    with Twice() as twice:
        for path in segments:
            try:
                here = _survey(path, twice, tally)
            except Damaged as error:
                wrong = error
                continue
            whole.append(path)
            for key, survey in here.items():
                surveys.setdefault(key, Survey()).merge(survey)
        twice.check()
    return surveys, whole, wrong


def _survey(path: Path, twice: Twice, tally: Tally) -> dict[Key, Survey]:
    here: dict[Key, Survey] = {}
    for offset, one in read_segment(path, tally):
        twice.add(one.prediction_id, str(path), offset)
        survey = here.setdefault(Key.of(one), Survey())
        survey.rows[path.stem] = survey.rows.get(path.stem, 0) + 1
        survey.entity.see(one.entity or {})
        survey.features.see(one.features)
    return here
