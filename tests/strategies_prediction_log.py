"""Any predictions, for property tests."""

from datetime import datetime

from hypothesis import strategies as st

from tests.fixtures_prediction_log import prediction

FLOATS = st.floats(allow_nan=True, allow_infinity=True, allow_subnormal=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
FEATURES = st.dictionaries(TEXTS, st.one_of(FLOATS, st.integers(), st.booleans(), TEXTS, st.none()), max_size=6)
# UTC knows no hour that comes twice.
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(lambda moment: moment.replace(fold=0))
ENTITIES = st.none() | st.dictionaries(TEXTS, st.one_of(MOMENTS, st.dates(), st.integers(), TEXTS, st.none()))
PREDICTIONS = st.builds(
    prediction,
    score=FLOATS,
    features=FEATURES,
    entity=ENTITIES,
    asked_at=MOMENTS,
    request_id=TEXTS,
    flags=st.lists(TEXTS, max_size=3).map(tuple),
    version=st.integers(1, 3),
)
