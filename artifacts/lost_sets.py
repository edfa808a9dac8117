"""Training sets and raw rows that are gone, though a model was trained on them: that none are there says nothing."""

from artifacts.errors import Missing
from artifacts.places import Places
from artifacts.registry import RunRecord
from artifacts.training_set import open_training_set, parse_id


def lost_sets(places: Places, record: RunRecord) -> Missing:
    """That no training set is published (`publish.missing`), and MLflow names one that `record` was trained on."""
    return Missing(
        "publish.missing",
        f"No training set is published in {places.training_sets}, and version {record.version} of {record.model} was "
        f"trained on {record.training_set}: they may be lost.",
        next_step="Restore the folder from a backup, or correct PIPELINE_TRAINING_SETS.",
    )


def refuse_lost_raw(places: Places, record: RunRecord) -> None:
    """Raise `Missing` (`raw.nothing_landed`) unless the training set of `record` was made of no raw partition.

    Of one that cannot be had it is not known. Raises `Damaged` for one that is damaged.
    """
    named = record.training_set
    try:
        made_of = len(open_training_set(places.training_sets, *parse_id(named)).facts.get("raw", ()))
    except Missing:
        made_of = None
    if made_of == 0:
        return
    told = f"which is of {made_of} raw partitions" if made_of else "which is not there to say of which raw rows it is"
    raise Missing(
        "raw.nothing_landed",
        f"Nothing has landed in {places.raw}, and version {record.version} of {record.model} was trained on {named}, "
        f"{told}: raw rows may be lost.",
        next_step="Restore the folder from a backup, or correct PIPELINE_RAW. Without a backup land the months "
        "and the corrections again.",
    )
