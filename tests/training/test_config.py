"""A config is whole, in range and closed, or it is refused with the key, the value and what was wanted."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import xgboost

from artifacts.errors import BadInput
from training.config import XGBoost
from training.read_config import parse_config, read_config

V1 = Path(__file__).parents[2] / "training" / "configs" / "v1.yaml"


def refusal(*overrides: str) -> str:
    with pytest.raises(BadInput) as refused:
        read_config(V1, overrides)
    assert refused.value.code == "config.invalid"
    return refused.value.message


@pytest.mark.parametrize("path", sorted(V1.parent.iterdir()), ids=lambda path: path.name)
def test_every_shipped_config_is_read_and_survives_being_written(path):
    config = read_config(path)
    assert parse_config(config.to_yaml()) == config
    assert parse_config(config.to_yaml()).digest() == config.digest()


def test_features_that_are_left_out_are_written_and_change_the_digest():
    config = read_config(V1, ["features={all_but: [carrier]}"])
    assert config.flat()["features.all_but"] == '["carrier"]'
    assert parse_config(config.to_yaml()) == config
    assert config.digest() != read_config(V1).digest()


def test_an_override_changes_one_value_and_the_digest():
    config = read_config(V1, ["xgboost.max_depth=3", "naive.by=[origin]"])
    assert (config.xgboost.max_depth, config.naive.by) == (3, ("origin",))
    assert config.digest() != read_config(V1).digest()


def test_an_unknown_key_is_refused_with_the_nearest_known_one():
    assert "featurs is not a known key; did you mean features?" in refusal("featurs=all")
    assert "xgboost.max_dept is not a known key; did you mean xgboost.max_depth?" in refusal("xgboost.max_dept=3")
    assert "xgboost.learning_rate is not a known key; did you mean xgboost.eta?" in refusal("xgboost.learning_rate=0.1")
    assert "eta is not a known key; did you mean xgboost.eta?" in refusal("eta=0.1")


@pytest.mark.parametrize(
    ("override", "part"),
    [
        ("xgboost.eta=1.5", "xgboost.eta is 1.5; Input should be less than or equal to 1"),
        ("xgboost.eta=.nan", "xgboost.eta is nan"),
        ("xgboost.max_depth=0", "xgboost.max_depth is 0"),
        ("seed=-1", "seed is -1"),
        ("as_of=2013-10-01T06:00:00Z", "should not have timezone info"),
        ("early_stopping_rounds=null", "come together"),
        ("judge.guards.f1.worse_by_at_most=0.1", "judge.guards.f1"),
        ("judge.plausible={}", "judge.plausible"),
        ("judge.plausible.roc_auc=1.0", "no roc_auc is better than 1.0, so this bound would refuse nothing"),
        ("judge.plausible.log_loss=0.0", "no log_loss is better than 0.0, so this bound would refuse nothing"),
        ("judge.margin=-0.1", "judge.margin is -0.1"),
        ("model=../x", "model is '../x'"),
        ("xgboost.eta", "--set xgboost.eta has no =VALUE"),
        ("=1", "--set =1 has no key"),
        ("seed.x=1", "seed is a value, not a group of keys"),
        ("as_of=2013-13-01", "month must be in 1..12"),
        ("as_of=2013-10-01T25:00:00", "hour must be in 0..23"),
        ("slices=&a [*a]", "Circular reference"),
        ("slices={a: &x {b: *x}}", "Circular reference"),
        ("features={2013-01-01: 3}", "keys must be str"),
        ("slices=" + "[" * 3000, "recursion"),
        ("seed=!!timestamp soon", "is not good YAML"),
        ("seed=!!bool soon", "is not good YAML"),
        pytest.param("holdout_days=" + "9" * 5000, "5000 digits", id="5000 digits"),
        ("num_boost_round=true", "num_boost_round is True; Input should be a valid integer"),
        ("xgboost.eta=true", "xgboost.eta is True"),
        ("seed='1'", "seed is '1'"),
        ("as_of=5", "as_of is 5"),
        ("features=[carrier, distance, carrier]", "carrier is given twice"),
        (
            "features={all_but: [carrier, carrier]}",
            "features.all_but is ['carrier', 'carrier']; Value error, carrier is",
        ),
        ("features={all_but: []}", "features.all_but is []; Value should have at least 1 item"),
        ("features={all_bot: [carrier]}", "features.all_bot is not a known key; did you mean all_but?"),
        ("slices=[carrier, carrier]", "carrier is given twice"),
    ],
)
def test_a_value_out_of_range_is_refused_by_name(override, part):
    said = refusal(override)
    assert part in said
    assert "\n" not in said
    assert f"--set {override:.200}" in said


def test_what_an_option_says_is_refused_as_the_option_and_what_the_file_says_as_the_file(tmp_path):
    assert refusal("foo=1") == "--set foo=1: foo is not a known key."
    with pytest.raises(BadInput) as refused:
        read_config(V1, ["seed=2", "xgboost.eta"])
    assert refused.value.next_step == "Write --set KEY=VALUE: --set xgboost.eta=…"
    with pytest.raises(BadInput, match="Correct it as --set KEY=VALUE"):
        read_config(V1, ["foo=1"])
    file = tmp_path / "v1.yaml"
    file.write_text(V1.read_text() + "bar: 1\n")
    with pytest.raises(BadInput) as refused:
        read_config(file, ["foo=1"])
    assert refused.value.message == f"{file}: bar is not a known key. --set foo=1: foo is not a known key."
    assert refused.value.next_step.startswith("Correct the key;")


def test_a_day_in_quotes_is_the_moment_that_it_is_without():
    assert read_config(V1, ["as_of='2013-10-01'"]) == read_config(V1, ["as_of=2013-10-01"])


def test_a_key_given_twice_is_refused():
    with pytest.raises(BadInput, match="seed is given twice in line 3, column 1") as refused:
        parse_config("seed: 1\nmodel: toy\nseed: 2\n")
    assert "unicode" not in refused.value.message


def test_a_config_that_is_not_a_mapping_or_not_there_is_refused(tmp_path):
    with pytest.raises(BadInput, match="a mapping of keys is wanted"):
        parse_config("- 1\n")
    with pytest.raises(BadInput, match=r"v9\.yaml cannot be read.*Name a file") as refused:
        read_config(tmp_path / "v9.yaml")
    assert refused.value.code == "config.unreadable"


def xgboost_says(parameters: dict[str, object]) -> str:
    rows = xgboost.QuantileDMatrix(np.arange(8.0).reshape(4, 2), [0, 1, 0, 1])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        xgboost.train({"validate_parameters": True, **parameters}, rows, num_boost_round=1)
    return " ".join(str(warning.message) for warning in said)


def test_xgboost_knows_every_parameter_that_a_config_may_set():
    assert "max_dept" in xgboost_says({"max_dept": 3})
    assert xgboost_says(XGBoost().model_dump()) == ""
