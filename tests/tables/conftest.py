from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.tables.shops import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def new_shop(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Shop]:
    numbers = count()
    root = tmp_path_factory.mktemp("shops")
    return lambda: Shop(root / str(next(numbers)))
