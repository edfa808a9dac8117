"""Of each column the SQL is shown that gives it to the training set, not what merely groups or joins by it."""

import pytest

from artifacts.training_set import publish_training_set, write_sorted
from plugins.on_call.set_sql import compiled, given_by, giving
from tests.fixtures_training_set import AS_OF, make_contract, make_rows

SPINE = """with listed as (
    select entity_id, observed_at, place, 'a, b' as network
    from known -- and dest
)

select * from listed"""
DELAYS = """with spine as (select entity_id, place from spine),

measured as (
    select
        spine.entity_id,
        sum(least(minutes, 180)) / nullif(count(*), 0) as delay_mean,
        cast(extract(hour from spine.observed_at) as integer) as hour
    from spine left join departures using (place)
    group by all
)

select * from measured"""
STAGED = "select entity_id, place, minutes from read_parquet('place.parquet')"
ROWS = """-- depends_on: staged
with joined as (
    select * from spine left join delays using (entity_id)
)

select * from joined -- noqa: AM04"""
TOY = """with joined as (
    select * from toy_rows left join labels using (entity_id)
),

listed as (
    select entity_id, place, delay_mean, upper(place) as shout
    from joined
)

select * from listed"""


@pytest.fixture
def opened(tmp_path):
    contract = make_contract()
    (tmp_path / "staged" / "sql").mkdir(parents=True)
    for model, sql in {
        "spine": SPINE,
        "delays": DELAYS,
        "staged": STAGED,
        "toy_rows": ROWS,
        contract.name: TOY,
    }.items():
        (tmp_path / "staged" / "sql" / f"{model}.sql").write_text(sql)
    write_sorted(make_rows(contract).to_batches(), contract, tmp_path / "staged" / "data.parquet")
    return publish_training_set(str(tmp_path / "sets"), contract, AS_OF, tmp_path / "staged", {})


@pytest.mark.parametrize(
    ("column", "model"),
    [("place", "spine"), ("delay_mean", "delays"), ("shout", "toy"), ("minutes", "staged")],
)
def test_the_sql_of_a_column_is_that_of_the_model_that_lists_it_and_that_the_set_reads(opened, column, model):
    assert list(giving(opened.name, compiled(opened), column)) == [model]


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        (SPINE, {"entity_id", "observed_at", "place", "network"}),
        (DELAYS, {"entity_id", "delay_mean", "hour"}),
        (STAGED, {"entity_id", "place", "minutes"}),
        ("with a as (with b as (select x from t) select b.x, 1 as y from b) select * from a", {"x", "y"}),
        ("select 1 as one", {"one"}),
        ("select '--' as dash, /* , two as, */ 3 as three -- isn't it\nfrom t", {"dash", "three"}),
    ],
)
def test_a_model_gives_what_its_last_step_lists(sql, columns):
    assert given_by(sql) == columns
