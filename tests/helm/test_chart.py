"""Helm takes the chart, and Kubernetes would take what it renders."""

from __future__ import annotations

import functools
import tomllib

import kubernetes_validate
import kubernetes_validate.utils
import pytest
import yaml


@pytest.fixture(autouse=True, scope="module")
def schemas_read_once():
    """The validator reads a schema of some megabytes anew for each manifest."""
    with pytest.MonkeyPatch.context() as patch:
        reading = kubernetes_validate.utils.schema_contents
        patch.setattr(kubernetes_validate.utils, "schema_contents", functools.cache(reading))
        yield


def test_helm_finds_nothing_to_say(chart, values_file):
    run = chart.run("lint", "--strict", str(chart.folder), *values_file)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "[WARNING]" not in run.stdout + run.stderr


@pytest.mark.parametrize("kubernetes", ["1.28", "1.37"])
def test_every_manifest_keeps_the_strict_schema(chart, values_file, kubernetes):
    release = chart.template(*values_file, "--kube-version", f"{kubernetes}.0")
    assert len(release.manifests) >= 5
    for manifest in release.manifests:
        assert kubernetes_validate.validate(manifest, kubernetes, strict=True) == kubernetes


def test_an_older_kubernetes_is_refused(chart):
    run = chart.run("template", "shop", str(chart.folder), "--kube-version", "1.27.9")
    assert run.returncode != 0
    assert "kubeVersion: >=1.28.0-0" in run.stderr


def test_there_are_examples_for_three_shops_at_least(chart):
    assert len(list((chart.folder / "ci").glob("*-values.yaml"))) >= 3


def test_the_chart_ships_this_version_of_konomi(chart):
    project = tomllib.loads((chart.folder.parent / "pyproject.toml").read_text())["project"]
    description = yaml.safe_load((chart.folder / "Chart.yaml").read_text())
    assert description["appVersion"] == project["version"]


def test_no_two_manifests_have_the_same_name(release):
    named = [(manifest["kind"], manifest["metadata"]["name"]) for manifest in release.manifests]
    assert len(named) == len(set(named))


def test_secrets_are_never_made_only_named(chart, release):
    assert release.all("Secret") == []
    refusal = chart.refusal({"database": {"password": "hunter2"}, "redis": {"password": "hunter2"}})
    assert "'password' not allowed" in refusal


def test_notes_say_what_is_missing(chart):
    notes = chart.run("install", "shop", str(chart.folder), "--dry-run=client").stdout.partition("NOTES:")[2]
    assert "NOT COMPLETE: auth.issuer is empty" in notes
    assert "konomi-signing (signing-keys, privacy-key)" in notes
    complete = ["--values", str(chart.folder / "ci" / "autoscaled-values.yaml")]
    notes = chart.run("install", "shop", str(chart.folder), "--dry-run=client", *complete).stdout.partition("NOTES:")[2]
    assert "NOT COMPLETE" not in notes
    assert "https://recommend.example.test/graphql" in notes
