"""Names stay valid and apart, however long the release's is."""

from __future__ import annotations

import re

import pytest

LONGEST = "a" * 26 + "-" + "b" * 26
LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


@pytest.mark.parametrize("name", [LONGEST, LONGEST.replace("-", "."), "2026-shop", "konomi", "a"])
def test_names_are_valid(chart, name):
    release = chart.template("--values", str(chart.folder / "ci" / "autoscaled-values.yaml"), name=name)
    for manifest in release.manifests:
        called = manifest["metadata"]["name"]
        assert LABEL.fullmatch(called), called
        assert len(called) <= (52 if manifest["kind"] == "CronJob" else 63), called
        for value in manifest["metadata"]["labels"].values():
            assert re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?", value), value


def test_two_long_names_do_not_meet(chart):
    one, other = (chart.template(name=LONGEST[:-1] + letter).one("Service") for letter in "xy")
    assert one["metadata"]["name"] != other["metadata"]["name"]


def test_a_release_named_after_the_chart_does_not_stutter(chart):
    assert chart.template(name="konomi").one("Service")["metadata"]["name"] == "konomi"


def test_a_name_of_ones_own(chart):
    named = chart.template(values={"fullnameOverride": "recommend"})
    assert {job["metadata"]["name"] for job in named.all("CronJob")} == {"recommend-refresh", "recommend-retention"}


@pytest.mark.parametrize(
    ("values", "image"),
    [
        ({}, "konomi:0.1.0"),
        ({"image": {"registry": "r.example.test", "tag": "2.0"}}, "r.example.test/konomi:2.0"),
        (
            {"global": {"imageRegistry": "g.example.test"}, "image": {"registry": "r.example.test"}},
            "g.example.test/konomi:0.1.0",
        ),
        ({"image": {"digest": "sha256:" + "0" * 64}}, "konomi:0.1.0@sha256:" + "0" * 64),
    ],
    ids=str,
)
def test_all_containers_run_the_image_that_values_name(chart, values, image):
    for pod in chart.template(values=values).pods():
        assert {container["image"] for container in pod.containers} == {image}, pod.owner
