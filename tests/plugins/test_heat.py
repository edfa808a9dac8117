"""What the map of drift writes beside its rows and below its columns."""

import re
from datetime import date, timedelta

import pytest

from artifacts.finding_summary import Worst
from plugins.on_call.drift_days import Day
from plugins.on_call.heat import heat

LONG = [f"carrier_origin_arrival_delay_mean_{one}" for one in ("3h", "28d")]
# They differ in their middle only, where a name is cut.
ALIKE = [f"carrier_origin_and_destination_{one}_delay_share_over_28_days" for one in ("arrival", "take_off")]


def drawn(names, count):
    worst = {name: Worst("OK", "psi", "ok", name) for name in names}
    return heat(tuple(Day(date(2013, 11, 1) + timedelta(days=at), worst, ()) for at in range(count)))


def labels(picture):
    return re.findall(r'class="label">([^<]*)<', picture)


def test_names_stand_whole_where_there_is_room():
    assert sorted(labels(drawn(LONG, 14))) == sorted(LONG)
    assert labels(drawn(["place"], 366)) == ["place"]


def test_no_two_rows_have_the_same_name_not_in_a_full_year_either():
    for count in (14, 366):
        assert len(set(labels(drawn(ALIKE, count)))) == 2


def test_what_is_ok_by_some_rules_only_has_a_cross_over_its_bar():
    whole, part = (Worst("OK", "psi", "ok", "place", far=far, in_part=far < 0.5) for far in (0.9, 0.1))
    drawn = heat(tuple(Day(date(2013, 11, at), {"place": one}, ()) for at, one in ((1, whole), (2, part))))
    [path] = re.findall(r'd="([^"]*)" class="heat in_part"', drawn)
    assert path.count("l") == 2
    assert len(re.findall('class="heat OK"', drawn)) == 1


def test_dates_stand_above_and_below_the_rows_and_under_every_third_column():
    dates = re.findall(r'class="tick">([^<]*)<', drawn(LONG, 14))
    assert dates[: len(dates) // 2] == dates[len(dates) // 2 :] == [f"2013-11-{day:02}" for day in (2, 5, 8, 11, 14)]


@pytest.mark.parametrize("count", [2, 14, 366])
def test_each_date_stands_at_the_middle_of_its_column_the_last_one_too_and_whole(count):
    picture = drawn(LONG, count)
    [width] = re.findall(r'<svg [^>]*width="([\d.]+)"', picture)
    begin, end = map(float, re.search(r'd="M([\d.]+) \d+H([\d.]+)" class="axis"', picture).groups())
    labels = re.findall(r'<text x="([\d.]+)"[^>]*text-anchor="(\w+)" class="tick">([^<]*)<', picture)
    for x, anchor, told in labels:
        column = (date.fromisoformat(told) - date(2013, 11, 1)).days
        assert anchor == "middle" and abs(float(x) - (begin + (column + 0.5) * (end - begin) / count)) < 0.2
    # Ten letters of twelve pixels.
    assert float(labels[-1][0]) + 36 <= float(width) <= 1152
