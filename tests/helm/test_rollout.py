"""Upgrades lose no request, restart what has to, and leave the number of replicas alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from service.app import WRITING_SECONDS
from service.commands.serving import DRAIN_SECONDS

KINDS = {
    "v1": ["ConfigMap", "PersistentVolumeClaim", "Pod", "Service", "ServiceAccount"],
    "apps/v1": ["Deployment"],
    "autoscaling/v2": ["HorizontalPodAutoscaler"],
    "batch/v1": ["CronJob", "Job"],
    "networking.k8s.io/v1": ["Ingress", "NetworkPolicy"],
    "policy/v1": ["PodDisruptionBudget"],
}
PLURALS = {"Ingress": "ingresses", "NetworkPolicy": "networkpolicies"}


def cluster_answers(replicas: int | None) -> dict[str, object]:
    """Return what a Kubernetes API server says about itself, and about the live Deployment if there is one."""
    groups = [
        {
            "name": version.partition("/")[0],
            "versions": [{"groupVersion": version, "version": version.partition("/")[2]}],
            "preferredVersion": {"groupVersion": version, "version": version.partition("/")[2]},
        }
        for version in KINDS
        if "/" in version
    ]
    answers: dict[str, object] = {
        "/version": {"major": "1", "minor": "33", "gitVersion": "v1.33.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups},
    }
    for version, kinds in KINDS.items():
        resources = [
            {"name": PLURALS.get(kind, kind.lower() + "s"), "namespaced": True, "kind": kind, "verbs": ["get"]}
            for kind in kinds
        ]
        path = f"/apis/{version}" if "/" in version else f"/api/{version}"
        answers[path] = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources}
    if replicas is not None:
        answers["/apis/apps/v1/namespaces/default/deployments/shop-konomi"] = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": "shop-konomi",
                "namespace": "default",
                "labels": {"app.kubernetes.io/managed-by": "Helm"},
                "annotations": {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "default"},
            },
            "spec": {"replicas": replicas},
        }
    return answers


@contextmanager
def cluster(replicas: int | None) -> Iterator[str]:
    """Serve those answers; yields the address."""
    answers = cluster_answers(replicas)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            missing = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
            answer = answers.get(self.path.partition("?")[0])
            body = json.dumps(answer or missing).encode()
            self.send_response(200 if answer else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("live", "kept"),
    [(7, 7), (1, 3), (None, 3)],
    ids=["more than the minimum stays", "fewer grows to it", "a first installation starts with it"],
)
def test_autoscaling_keeps_the_live_number_of_replicas(chart, live, kept):
    values = {"autoscaling": {"enabled": True, "minReplicas": 3, "maxReplicas": 9}}
    with cluster(live) as address:
        asking = ["--dry-run=server", "--disable-openapi-validation", "--kube-apiserver", address]
        release = chart.template(*asking, "--namespace", "default", values=values)
    assert release.one("Deployment")["spec"]["replicas"] == kept


def test_without_autoscaling_the_values_say_how_many(chart):
    release = chart.template(values={"replicas": 5})
    assert release.one("Deployment")["spec"]["replicas"] == 5
    assert release.all("HorizontalPodAutoscaler") == []


def test_the_old_pod_goes_only_when_the_new_one_is_ready(chart):
    deployment = chart.template().one("Deployment")["spec"]
    assert deployment["replicas"] >= 2
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert deployment["minReadySeconds"] > 0
    spread = deployment["template"]["spec"]["topologySpreadConstraints"]
    assert {rule["topologyKey"] for rule in spread} == {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}


def test_a_broken_pod_never_blocks_a_node_from_draining(chart):
    budget = chart.template().one("PodDisruptionBudget")["spec"]
    assert (budget["maxUnavailable"], budget["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")


@pytest.mark.parametrize(
    ("kubernetes", "hook"),
    [("1.30.0", {"sleep": {"seconds": 10}}), ("1.29.9", {"exec": {"command": ["sleep", "10"]}})],
)
def test_a_leaving_pod_answers_until_it_is_forgotten(chart, kubernetes, hook):
    pod = chart.template("--kube-version", kubernetes).one("Deployment")["spec"]["template"]["spec"]
    assert pod["containers"][0]["lifecycle"]["preStop"] == hook
    assert pod["terminationGracePeriodSeconds"] >= 10 + DRAIN_SECONDS + WRITING_SECONDS


def test_a_pod_that_would_be_killed_before_it_has_ended_is_refused(chart):
    said = chart.refusal({"serve": {"drainSeconds": 20, "terminationGracePeriodSeconds": 45}})
    assert "serve.drainSeconds (20) leaves nothing of serve.terminationGracePeriodSeconds (45)" in said
    chart.template(values={"serve": {"drainSeconds": 20, "terminationGracePeriodSeconds": 50}})


def checksum(release) -> str:
    return release.one("Deployment")["spec"]["template"]["metadata"]["annotations"]["checksum/settings"]


@pytest.mark.parametrize(
    "values",
    [
        {"auth": {"audience": "other"}},
        {"shop": {"languages": ["en"]}},
        {"database": {"host": "elsewhere"}},
        {"settings": {"KONOMI_ARTEFACTS__POLL_SECONDS": "5"}},
    ],
    ids=str,
)
def test_pods_restart_when_a_setting_changes(chart, values):
    assert checksum(chart.template(values=values)) != checksum(chart.template())


def test_pods_do_not_restart_for_what_they_do_not_read(chart):
    unread = {"refresh": {"schedule": "0 1 * * *"}, "replicas": 3, "service": {"port": 8080}}
    before, after = (chart.template(values=values).one("Deployment")["spec"]["template"] for values in (None, unread))
    assert before == after


def test_one_embedded_pod_is_replaced_and_its_job_runs_beside_it(chart):
    release = chart.template("--values", str(chart.folder / "ci" / "embedded-values.yaml"))
    deployment = release.one("Deployment")
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    assert [c["args"] for c in deployment["spec"]["template"]["spec"]["initContainers"]] == [["migrate"]]
    assert release.one("PersistentVolumeClaim")["spec"]["accessModes"] == ["ReadWriteOnce"]
    job = next(pod for pod in release.pods() if pod.owner.startswith("CronJob/"))
    (beside,) = job.spec["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert beside["labelSelector"] == deployment["spec"]["selector"]
    assert release.all("Job") == []
