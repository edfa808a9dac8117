"""A place is a folder, wherever the program was started, or a URL."""

from pathlib import Path

import pytest

from artifacts.errors import BadInput
from artifacts.places import REPOSITORY, read_places


@pytest.mark.parametrize(
    "place",
    ["raw", "warehouse", "training_sets", "mlflow_artifacts", "predictions", "prediction_parts", "upcoming"],
)
def test_a_relative_place_starts_in_the_repository_wherever_the_program_was_started(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    places = read_places({f"PIPELINE_{place.upper()}": "elsewhere/../kept", "PIPELINE_HOME": "var"})
    assert str(getattr(places, place)) == str(REPOSITORY / "kept")


def test_a_url_is_kept_as_it_is() -> None:
    places = read_places({"PIPELINE_RAW": "s3://bucket/raw", "PIPELINE_TRAINING_SETS": "memory://sets"})
    assert (places.raw, places.training_sets) == ("s3://bucket/raw", "memory://sets")


@pytest.mark.parametrize("place", ["HOME", "WAREHOUSE", "PREDICTIONS"])
def test_a_url_where_only_a_local_folder_will_do_is_refused_and_may_hold_a_secret(place: str) -> None:
    with pytest.raises(BadInput, match=f"PIPELINE_{place} is a URL; wanted a local folder") as refused:
        read_places({f"PIPELINE_{place}": "s3://key:s3cret@bucket/there"})
    assert (refused.value.code, refused.value.exit_code) == ("settings.invalid", 2)
    assert "s3cret" not in str(refused.value)
