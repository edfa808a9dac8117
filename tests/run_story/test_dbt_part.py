"""Of several dbt invocations of one DAG run each table says which training set it is of."""

import re

from plugins.run_story.dbt_part import dbt_part
from tests.run_story.kept import evidence, told


def invoked(map_index, **notes):
    model = {"model": "spine", "status": "success", "rows": 3, "seconds": 0.1}
    dbt = {"models": [model], "tests_passed": 1, "not_passed": 0, "failed": []}
    return evidence(map_index=map_index, notes={**notes, "dbt": dbt})


def headings(home, *kept):
    return re.findall(r"<h3>(.*?)</h3>", dbt_part(told(home, *kept, state="success")))


def test_of_two_training_sets_each_has_its_name_and_moment_above_its_tables(tmp_path):
    late = invoked(0, asked={"name": "late", "as_of": "2013-10-01T00:00:00"})
    taxi = invoked(1, asked={"name": "taxi", "as_of": "2013-10-01T06:00:00"})
    assert headings(tmp_path, late, taxi) == ["late as of 2013-10-01", "taxi as of 2013-10-01T06:00:00"]


def test_of_one_training_set_there_is_nothing_to_tell_apart(tmp_path):
    assert headings(tmp_path, invoked(0, asked={"name": "late", "as_of": "2013-10-01T00:00:00"})) == []


def test_a_table_whose_training_set_was_not_noted_says_so(tmp_path):
    late = invoked(0, asked={"name": "late", "as_of": "2013-10-01T00:00:00"})
    assert headings(tmp_path, late, invoked(1)) == ["late as of 2013-10-01", "Of a training set that was not noted"]
