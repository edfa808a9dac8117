"""A training set is trained on by every config that carries its name, and by no other."""

import pytest

from artifacts.errors import BadInput
from tests.training.toy import TOY
from training.choose_configs import config_of_model, configs_of, trained_models, trains

VERSION = "2013-04-01.0123456789ab"


@pytest.fixture
def folder(tmp_path):
    for name, training_set in (("v2", "toy"), ("v1", "toy"), ("other", "parcels")):
        text = TOY.replace("training_set: toy", f"training_set: {training_set}")
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def test_all_configs_of_the_set_are_chosen_sorted_or_the_one_that_is_named(folder):
    assert configs_of(f"toy/{VERSION}", folder=folder) == ["v1", "v2"]
    assert configs_of(f"toy/{VERSION}", "v2", folder) == ["v2"]


@pytest.mark.parametrize(
    ("training_set", "config", "there"),
    [("parcels", "v1", "v1 on toy"), ("letters", None, "other on parcels, v1 on toy, v2 on toy")],
)
def test_a_set_that_nothing_named_trains_on_is_refused(folder, training_set, config, there):
    with pytest.raises(BadInput, match=f"trains? on {training_set}; there are: {there}") as refused:
        configs_of(f"{training_set}/{VERSION}", config, folder)
    assert refused.value.code == "config.wrong_set"


def test_an_unknown_config_and_what_is_no_set_are_refused(folder):
    for training_set, config, code in ((f"toy/{VERSION}", "v9", "config.unreadable"), ("toy", None, "training_set.id")):
        with pytest.raises(BadInput) as refused:
            configs_of(training_set, config, folder)
        assert refused.value.code == code


def test_a_config_with_a_fault_stops_the_set_that_it_names_and_no_other(folder):
    other = folder / "other.yaml"
    other.write_text(other.read_text().replace("seed:", "sead:"))
    assert configs_of(f"toy/{VERSION}", folder=folder) == ["v1", "v2"]
    with pytest.raises(BadInput, match="sead is not a known key"):
        configs_of(f"parcels/{VERSION}", folder=folder)


@pytest.mark.parametrize("text", ["training_set: [", "model: another\n", "training_set: 7\n", "- toy\n"])
def test_a_config_that_names_no_set_is_passed_over_by_none(folder, text):
    (folder / "broken.yaml").write_text(text)
    with pytest.raises(BadInput, match="broken") as refused:
        configs_of(f"toy/{VERSION}", folder=folder)
    assert refused.value.code == "config.invalid"


def test_a_config_that_cannot_be_read_does_not_keep_that_of_another_model_from_being_found(folder):
    (folder / "another.yaml").write_text("model: another\n")
    assert [config_of_model(model, folder) for model in ("toy", "another")] == ["other", None]


def test_the_models_that_configs_train_are_named(folder, tmp_path_factory):
    assert trained_models(folder) == ["toy"]
    assert (trains("toy", folder), trains("another", folder)) == (True, False)
    assert trained_models(tmp_path_factory.mktemp("none")) == []


def test_whether_a_config_that_cannot_be_read_trains_a_model_is_not_known(folder):
    (folder / "broken.yaml").write_text("model: [\n")
    assert trains("toy", folder)
    with pytest.raises(BadInput, match="broken") as refused:
        trains("another", folder)
    assert refused.value.code == "config.invalid"


def test_the_shipped_configs_are_found_by_the_sets_that_ship():
    assert configs_of(f"late_arrival/{VERSION}") == ["v1"]
    assert configs_of(f"cancellation/{VERSION}") == ["cancellation"]
