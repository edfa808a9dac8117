"""A setting that is wrong, or lacking, is named with what to do about it."""

from pathlib import Path

import pytest

from artifacts.errors import BadInput
from artifacts.settings import Settings, read_settings


class Wanted(Settings):
    folder: Path
    days: int = 1
    share: float = 0.5


@pytest.mark.parametrize(
    ("environ", "said", "step"),
    [
        ({}, "Environment variable X_FOLDER is not set, and has no default.", "Set X_FOLDER."),
        ({"X_FOLDER": "/y", "X_DAYS": "two"}, "Environment variable X_DAYS='two': wanted", "Correct or unset X_DAYS."),
        *(
            ({"X_FOLDER": "/y", "X_SHARE": no}, f"Environment variable X_SHARE='{no}': wanted", "Correct or unset X_SH")
            for no in ("inf", "-inf", "nan")
        ),
        (
            {"X_FOLDER": "/y", "X_DAY": "2"},
            "Environment variable X_DAY is no setting; did you mean X_DAYS?",
            "Correct or",
        ),
    ],
)
def test_what_is_wrong_with_a_setting_is_told_with_what_to_do(environ: dict[str, str], said: str, step: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_settings(Wanted, "X_", environ)
    assert refused.value.code == "settings.invalid"
    assert (refused.value.message.startswith(said), refused.value.next_step.startswith(step)) == (True, True)
