"""Where the pages show an interval they say of which level: that of the config by which it was judged."""

import pytest

from artifacts.places import read_places
from artifacts.registry import Registry
from plugins.on_call.settings import OnCallSettings
from tests.fixtures_registry import registry_in
from tests.fixtures_training_set import make_training_set
from tests.plugins.test_model_page import part
from tests.training.toy import toy_config
from training.promote_or_keep import promote_or_keep
from training.train import train

QUIET = OnCallSettings(serving_url="http://127.0.0.1:9", patience_seconds=60)
LEVELS = {1: "60 %", 2: "97.5 %"}


@pytest.fixture(scope="module")
def two_levels(tmp_path_factory):
    """A home whose first version was judged with intervals of 60 %, and whose second with some of 97.5 %."""
    folder = tmp_path_factory.mktemp("levels")
    places = read_places({"PIPELINE_HOME": str(folder)})
    registry, training_set = registry_in(folder / "mlflow"), make_training_set(places.training_sets)
    for trees, level in ((60, 0.6), (61, 0.975)):
        config = toy_config(f"num_boost_round={trees}", f"judge.bootstrap.interval={level}", "promotion=auto")
        run = train(registry, training_set, config)
        promote_or_keep(Registry.at(places), places.ledger, places.training_sets, run.run_id, "tester")
    return places


def test_the_page_of_a_model_says_of_each_interval_its_level(opened, two_levels):
    page = opened(two_levels, QUIET).get("/on-call/models/toy").text
    assert "[low, high]: 60 % intervals" in part(page, "champion")
    assert "log loss, 97.5 % interval" in part(page, "candidates")
    assert "with its bootstrap interval of 60 % or 97.5 %." in part(page, "metrics")
    assert all(f"({level}), " in part(page, "metrics") for level in LEVELS.values())


@pytest.mark.parametrize("version", LEVELS)
def test_the_page_of_a_version_says_the_level_of_its_verdict(opened, two_levels, version):
    page = opened(two_levels, QUIET).get(f"/on-call/models/toy/versions/{version}").text
    assert f"[low, high] and bars: {LEVELS[version]} intervals." in part(page, "verdicts")
