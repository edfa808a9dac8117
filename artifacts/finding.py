"""One thing that monitoring found: a rule asked of a feature, and the distributions behind it."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass

SCORE = "(score)"

State = Literal["OK", "DRIFT", "UNKNOWN"]
Rule = Literal[
    "psi", "jensen_shannon", "wasserstein", "null_share", "unseen_share", "out_of_range_share",
    "skew",
    "log_loss", "roc_auc", "average_precision", "brier", "calibration_error",
    "predictions", "labels", "baseline", "log", "schema",
]  # fmt: skip
BaselineKind = Literal["training", "served", "truth", "holdout"]

CLOSED = ConfigDict(extra="forbid", allow_inf_nan=False)
Number = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, config=CLOSED)
class Reason:
    """Why: a stable code, and a sentence with the numbers and, where one is needed, the one next command.

    `next_step`, where it is known what mends it, is what `text` ends with.
    """

    code: str
    text: str
    next_step: str | None = None

    @classmethod
    def with_step(cls, code: str, what: str, next_step: str) -> "Reason":
        """Of which it is known what mends it."""
        return cls(code, f"{what} {next_step}", next_step)

    @property
    def what(self) -> str:
        """The text without the next step."""
        return self.text.removesuffix(self.next_step or "").rstrip()


@dataclass(frozen=True, config=CLOSED)
class Example:
    """One row on which two sides disagree: its entity as text, and both values as text (`null` for none)."""

    entity: str
    logged: str
    truth: str


def part_in_words(part: str) -> str:
    """A slice as it is, and a week, which may have some days more than seven, by its first day."""
    return part if "=" in part else f"the week from {part}"


@dataclass(frozen=True, config=CLOSED)
class Finding:
    """One rule asked of one feature (`SCORE`: the score; None: the window as a whole) against one baseline.

    DRIFT when `value` is beyond `threshold`; UNKNOWN when that cannot be said, and `reason.code` says why not. `rows`
    are those of the window, `baseline_rows` those held against them. `low` and `high` are an interval of `value`,
    `promise` what the version reached on its holdout, where that is what it was held against.
    `part` is a slice (`COLUMN=VALUE`) or a week (its first day). Only a finding that is not `required` may be UNKNOWN
    without making the whole so: the trailing window while too young, a rule whose noise is more than it can ever be.
    """

    rule: Rule
    feature: str | None
    state: State
    reason: Reason
    rows: Count
    baseline_rows: Count = 0
    value: Number | None = None
    threshold: Number | None = None
    baseline: BaselineKind | None = None
    low: Number | None = None
    high: Number | None = None
    part: str | None = None
    required: bool = True
    examples: tuple[Example, ...] = ()
    promise: Number | None = None

    @model_validator(mode="after")
    def _judged(self) -> "Finding":
        if self.state != "UNKNOWN" and (self.value is None or self.threshold is None):
            raise ValueError(f"a finding that is {self.state} has a value and a threshold")
        if self.state == "DRIFT" and not self.required:
            raise ValueError("a finding that is DRIFT is required")
        return self

    @property
    def is_counted(self) -> bool:
        """Whether `rows` says how many there are: of a log that cannot be read nobody knows."""
        return self.rows > 0 or not (self.rule == "log" or self.reason.code.startswith("log."))

    @property
    def key(self) -> str:
        """What it is about, the same from window to window: rule, feature, baseline and slice."""
        return "|".join(str(part or "-") for part in (self.rule, self.feature, self.baseline, self.part))


@dataclass(frozen=True, config=CLOSED)
class Distribution:
    """The binned values of a feature or the score on both sides, for a report to draw.

    Numbers have `edges`, and one count more: bin i holds edges[i-1] < x <= edges[i], the first and the last are open.
    Categories have their names, and a last count for all others. Nulls are counted apart.
    """

    feature: str
    baseline: BaselineKind
    edges: tuple[Number, ...] | None
    categories: tuple[str, ...] | None
    baseline_counts: tuple[Count, ...]
    current_counts: tuple[Count, ...]
    baseline_nulls: Count
    current_nulls: Count

    @model_validator(mode="after")
    def _agree(self) -> "Distribution":
        bins = self.edges if self.categories is None else self.categories
        if bins is None or (self.edges is not None and self.categories is not None):
            raise ValueError("a distribution has either edges or categories")
        if not len(self.baseline_counts) == len(self.current_counts) == len(bins) + 1:
            raise ValueError(f"{len(bins)} edges or categories go with {len(bins) + 1} counts on both sides")
        return self
