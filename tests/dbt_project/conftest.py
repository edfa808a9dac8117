"""What the dbt project's tests share: an empty warehouse in a folder of its own."""

from pathlib import Path

import pytest

from tests.dbt_project.warehouse import Warehouse


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path)
