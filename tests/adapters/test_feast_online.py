"""An online store that does not answer is soon asked now and then alone; one that says no is asked on."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.adapters.feast_online import OnlineViews
from service.adapters.feast_repository import PUSHED, FeastRepository
from service.recommender.breaker import TOLERANCE
from service.recommender.errors import FeaturesUnavailable


def reading(folder: Path, online: str):
    repository = FeastRepository(folder, online)
    repository.render()
    views, reader = [repository.views[PUSHED]], OnlineViews(repository.config, 0.05)
    return lambda: reader.read(views, "c:somebody")


def test_a_store_that_nobody_listens_on_is_soon_asked_no_more(tmp_path):
    read = reading(tmp_path, "redis://127.0.0.1:1")
    for _ in range(TOLERANCE):
        with pytest.raises(FeaturesUnavailable, match="did not answer:"):
            read()
    with pytest.raises(FeaturesUnavailable, match="lately"):
        read()


def test_a_store_without_its_tables_says_so_each_time(tmp_path):
    read = reading(tmp_path, "sqlite")
    for _ in range(2 * TOLERANCE):
        with pytest.raises(FeaturesUnavailable, match="no such table"):
            read()
