from __future__ import annotations

import pytest

from service.commands.evaluation_plot import draw
from service.evaluation.bootstrap import Interval
from service.evaluation.measuring import Quality
from service.evaluation.running import Cost


def test_the_picture_shows_every_model(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is optional: konomi evaluate --plot needs it")
    told = {name: Interval(0.2, 0.1, 0.3) for name in ("recall@10", "ndcg@10")}
    means = {name: interval.mean for name, interval in told.items()}
    measured = [Quality(name, means, told, {}, {}, Cost(0.0, 0.0, 0.0)) for name in ("most-popular", "konomi-retrieval")]
    draw(measured, 10, tmp_path / "quality.png")
    assert (tmp_path / "quality.png").read_bytes().startswith(b"\x89PNG")
