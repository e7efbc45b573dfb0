"""The chart as real Helm renders it."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "helm"
Manifest = dict[str, Any]


@dataclass(frozen=True)
class Pod:
    """A pod that some manifest makes."""

    owner: str
    labels: dict[str, str]
    annotations: dict[str, str]
    spec: Manifest

    @property
    def containers(self) -> list[Manifest]:
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]


@dataclass(frozen=True)
class Release:
    """What one rendering gives."""

    manifests: list[Manifest]

    def one(self, kind: str, name: str | None = None) -> Manifest:
        (found,) = (m for m in self.all(kind) if name in {None, m["metadata"]["name"]})
        return found

    def all(self, kind: str) -> list[Manifest]:
        return [manifest for manifest in self.manifests if manifest["kind"] == kind]

    def pods(self) -> Iterator[Pod]:
        for manifest in self.manifests:
            match manifest["kind"]:
                case "Pod":
                    template = manifest
                case "Deployment" | "Job":
                    template = manifest["spec"]["template"]
                case "CronJob":
                    template = manifest["spec"]["jobTemplate"]["spec"]["template"]
                case _:
                    continue
            metadata = template["metadata"]
            owner = f"{manifest['kind']}/{manifest['metadata']['name']}"
            yield Pod(owner, metadata["labels"], metadata.get("annotations", {}), template["spec"])


@dataclass
class Chart:
    """The chart, and Helm to render it with."""

    helm: str
    folder: Path = CHART
    rendered: dict[tuple[str, ...], Release] = field(default_factory=dict)

    def run(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run([self.helm, *arguments], input=given, capture_output=True, text=True, check=False)

    def template(self, *arguments: str, values: Manifest | None = None, name: str = "shop") -> Release:
        """Render once for the same arguments."""
        given = None if values is None else json.dumps(values)
        key = (*arguments, given or "", name)
        if key not in self.rendered:
            reading = [] if given is None else ["--values", "-"]
            run = self.run("template", name, str(self.folder), *arguments, *reading, given=given)
            assert run.returncode == 0, run.stderr
            self.rendered[key] = Release([manifest for manifest in yaml.safe_load_all(run.stdout) if manifest])
        return self.rendered[key]

    def refusal(self, values: Manifest) -> str:
        """Return what Helm says to values that it must not take."""
        run = self.run("template", "shop", str(self.folder), "--values", "-", given=json.dumps(values))
        assert run.returncode != 0, f"{values} went through"
        return run.stderr

    @functools.cached_property
    def defaults(self) -> Manifest:
        return yaml.safe_load((self.folder / "values.yaml").read_text())


@pytest.fixture(scope="session")
def chart() -> Chart:
    finding = [sys.executable, str(Path(__file__).with_name("helm_binary.py"))]
    found = subprocess.run(finding, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return Chart(found.stdout.strip())


@pytest.fixture(params=[None, *sorted(path.name for path in (CHART / "ci").glob("*-values.yaml"))], ids=str)
def values_file(request: pytest.FixtureRequest) -> list[str]:
    """Arguments for the defaults and for each of the example values."""
    return [] if request.param is None else ["--values", str(CHART / "ci" / request.param)]


@pytest.fixture
def release(chart: Chart, values_file: list[str]) -> Release:
    return chart.template(*values_file)
