"""A model reads features, and no column that gives the label away."""

import numpy as np
import pytest

from artifacts.contract import Contract
from artifacts.errors import BadInput, CannotJudge
from tests.fixtures_training_set import make_contract, make_training_set
from tests.training.toy import publish_with, toy_config, values
from training import fit
from training.choose_features import choose_features, refuse_telltales
from training.fit import fit_candidate
from training.windows import split


def names(*overrides: str) -> list[str]:
    return [column.name for column in choose_features(make_contract(), toy_config(*overrides))]


def test_all_features_or_those_named_are_chosen_in_contract_order():
    assert names() == ["hour", "delay_mean", "load", "is_holiday", "noise", "place"]
    assert names("features=[place, hour]") == ["hour", "place"]


def test_features_that_are_named_can_be_left_out():
    assert names("features={all_but: [noise, hour]}") == ["delay_mean", "load", "is_holiday", "place"]
    with pytest.raises(BadInput, match=r"^features\.all_but names 'nose': that column is none of .*, perhaps 'noise'"):
        names("features={all_but: [nose]}")
    with pytest.raises(BadInput, match=r"^features\.all_but names 'is_late': that column has the role 'label'"):
        names("features={all_but: [is_late]}")
    with pytest.raises(
        BadInput, match=r"^features\.all_but names all 6 features of training set toy; others are wanted"
    ):
        names("features={all_but: [hour, delay_mean, load, is_holiday, noise, place]}")


@pytest.mark.parametrize("name", ["is_late", "label_known_at", "observed_at", "entity_id", "hours"])
@pytest.mark.parametrize("key", ["features", "naive.by", "slices"])
def test_a_label_a_time_an_entity_or_an_unknown_column_is_refused(name, key):
    with pytest.raises(BadInput) as refused:
        names(f"{key}=[{name}]")
    assert refused.value.code == "features.not_a_feature"
    assert refused.value.message.startswith(f"{key} names {name!r}: ")


def test_a_misspelt_feature_is_refused_with_the_nearest_one():
    with pytest.raises(BadInput, match="perhaps 'delay_mean'"):
        names("features=[delay_meen]")


@pytest.mark.parametrize("name", ["was_is_late", "label_seen"])
def test_a_feature_named_after_the_label_is_refused(name):
    contract = make_contract().to_dict()
    contract["columns"][-2]["name"] = name
    with pytest.raises(BadInput) as refused:
        choose_features(Contract.from_dict(contract), toy_config())
    assert refused.value.code == "features.label_like"


def fit_with(tmp_path, **columns) -> None:
    training_set = publish_with(tmp_path, **columns)
    config = toy_config("num_boost_round=2")
    fit_candidate(training_set, config, choose_features(training_set.contract, config), split(training_set, config))


@pytest.mark.parametrize(
    "leak",
    [
        {"noise": np.where(values("is_late"), -1.0, 1.0)},
        {"hour": np.where(values("is_late"), 3, 2)},
        {"place": np.where(values("is_late"), "hill", "market")},
        {"delay_mean": np.where(values("is_late"), None, 1.0)},
    ],
    ids=["number", "whole number", "category", "missing value"],
)
def test_a_column_written_after_the_outcome_is_refused(tmp_path, leak):
    with pytest.raises(BadInput) as refused:
        fit_with(tmp_path, **leak)
    assert refused.value.code == "features.tells_label"
    assert next(iter(leak)) in refused.value.message


@pytest.mark.parametrize("positives", [0, 1, 9, 10])
def test_a_sample_with_too_few_rows_of_a_class_cannot_be_judged(positives):
    label = np.arange(10) < positives
    columns = (make_contract().column("hour"), make_contract().column("place"))
    with pytest.raises(CannotJudge) as refused:
        refuse_telltales(columns, np.zeros((10, 2), np.float32), label)
    assert refused.value.code == "features.cannot_tell"


def test_a_leak_is_found_where_only_a_few_rows_in_a_thousand_are_positive(tmp_path, monkeypatch):
    rare = np.arange(3000) % 250 == 2
    monkeypatch.setattr(fit, "SAMPLE_ROWS", 30)
    with pytest.raises(BadInput, match="'place' alone separates the label"):
        fit_with(tmp_path, is_late=rare, place=np.where(rare, "hill", "market"))


def test_honest_features_are_let_through(tmp_path):
    training_set = make_training_set(tmp_path)
    config = toy_config("num_boost_round=2")
    candidate = fit_candidate(
        training_set, config, choose_features(training_set.contract, config), split(training_set, config)
    )
    assert candidate.booster.num_features() == 6
