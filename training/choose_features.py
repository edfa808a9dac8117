"""Which columns a model reads: features by role, and none that gives the label away."""

import difflib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from artifacts.column import Column
from artifacts.contract import Contract
from artifacts.errors import BadInput, CannotJudge
from training.config import AllBut, Config
from training.metrics import roc_auc

TELLTALE_ROC_AUC = 0.99
FEWEST_OF_A_CLASS = 2


def choose_features(contract: Contract, config: Config) -> tuple[Column, ...]:
    """The feature columns that `config` asks for, in contract order.

    Raises `BadInput`: `features.not_a_feature` for an entity, a time, the label or an unknown column,
    `features.label_like` for a feature named after the label, and `config.invalid` when all are left out. The columns
    of `naive.by` and `slices` are held to the first rule too, since they must be known at `observed_at`.
    """
    named = config.features if isinstance(config.features, tuple) else ()
    left_out = config.features.all_but if isinstance(config.features, AllBut) else ()
    slices = config.judge.slices.columns if config.judge.slices else ()
    asked = {"features": named, "features.all_but": left_out, "naive.by": config.naive.by, "slices": config.slices}
    for key, names in {**asked, "judge.slices.columns": slices}.items():
        for name in names:
            _check_role(contract, key, name)
    wanted = [column for column in contract.features if column.name not in left_out]
    if left_out and not wanted:
        raise BadInput(
            "config.invalid",
            f"features.all_but names all {len(left_out)} features of training set {contract.name}; others are wanted.",
            next_step="Leave out fewer.",
        )
    chosen = tuple(column for column in wanted if not named or column.name in named)
    for column in chosen:
        if contract.label in column.name or column.name.startswith("label_"):
            raise BadInput(
                "features.label_like",
                f"Feature {column.name!r} of training set {contract.name} is named after the label {contract.label!r}.",
                next_step="Give it another role in the contract, or another name if it is known at observed_at.",
            )
    return chosen


def refuse_telltales(columns: Sequence[Column], sample: npt.NDArray[np.float32], label: npt.NDArray[np.bool_]) -> None:
    """Raise `BadInput` (`features.tells_label`) when a column of `sample` (rows x columns) alone separates the label.

    A ROC AUC of 0.99 by one column, missing values included, has only ever meant that it was written after the outcome.
    Raises `CannotJudge` (`features.cannot_tell`) with fewer than two rows of either class.
    """
    positives = int(label.sum())
    if min(positives, len(label) - positives) < FEWEST_OF_A_CLASS:
        raise CannotJudge(
            "features.cannot_tell",
            f"{positives} of {len(label)} sampled fit rows have a true label; at least {FEWEST_OF_A_CLASS} of each "
            "class are wanted to see whether a feature tells the label.",
            next_step="Build the set over a longer time, and train again.",
        )
    learns = _every_other(label)
    for position, column in enumerate(columns):
        values = sample[:, position].astype(np.float64)
        if column.type == "varchar":
            values, judged = _rate_of_category(values, label, learns), ~learns
        else:
            judged = np.ones_like(label)
        separates = _separation(values[judged], label[judged])
        if separates >= TELLTALE_ROC_AUC:
            raise BadInput(
                "features.tells_label",
                f"Feature {column.name!r} alone separates the label with a ROC AUC of {separates:.4f} "
                f"on {len(label[judged])} fit rows; below {TELLTALE_ROC_AUC} is wanted.",
                next_step="Look for a fact that was known only after observed_at, and correct the SQL, or leave the "
                f"feature out: features: {{all_but: [{column.name}]}} in the config.",
            )


def _check_role(contract: Contract, key: str, name: str) -> None:
    roles = {column.name: column.role for column in contract.columns}
    if roles.get(name) == "feature":
        return
    features = [column.name for column in contract.features]
    near = difflib.get_close_matches(name, features, n=1)
    what = f"has the role {roles[name]!r}" if name in roles else "is none"
    perhaps = f", perhaps {near[0]!r}" if near and name not in roles else ""
    raise BadInput(
        "features.not_a_feature",
        f"{key} names {name!r}: that column {what} of training set {contract.name}; a feature is wanted{perhaps}.",
        next_step=f"Correct {key} in the config; the {len(features)} features stand in the set's YAML under "
        "dbt_project/models/training_sets/.",
    )


def _rate_of_category(
    codes: npt.NDArray[np.float64], label: npt.NDArray[np.bool_], learns: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float64]:
    """The label's rate of each row's category, learned on the rows that `learns` names and so fair on the others."""
    known = np.where(np.isnan(codes), codes[~np.isnan(codes)].max(initial=-1) + 1, codes).astype(np.intp)
    rows = np.bincount(known[learns], minlength=known.max() + 1)
    positive = np.bincount(known[learns], weights=label[learns], minlength=known.max() + 1)
    rate: npt.NDArray[np.float64] = (positive + label.mean())[known] / (rows + 1)[known]
    return rate


def _every_other(label: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Every other row of each class, so that both halves have both."""
    place = np.where(label, np.cumsum(label), np.cumsum(~label))
    half: npt.NDArray[np.bool_] = place % 2 == 1
    return half


def _separation(values: npt.NDArray[np.float64], label: npt.NDArray[np.bool_]) -> float:
    _, rank = np.unique(np.nan_to_num(values, nan=-np.inf), return_inverse=True)
    area = roc_auc(label, rank / max(int(rank.max()), 1))
    return max(area, 1 - area)
