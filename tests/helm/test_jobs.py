"""The nightly refresh, the migration before an upgrade, and the test of a release."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest


def test_refreshes_never_overlap_and_end(chart):
    for name, seconds in (("shop-konomi-refresh", 14400), ("shop-konomi-retention", 3600)):
        cron = chart.template().one("CronJob", name)["spec"]
        assert cron["concurrencyPolicy"] == "Forbid"
        assert cron["timeZone"] == "Asia/Tokyo"
        assert cron["jobTemplate"]["spec"]["activeDeadlineSeconds"] == seconds
        assert cron["jobTemplate"]["spec"]["podFailurePolicy"]["rules"][1]["onExitCodes"]["values"] == [2]
        assert (cron["successfulJobsHistoryLimit"], cron["failedJobsHistoryLimit"]) == (1, 3)
        assert cron["suspend"] is False


def test_what_was_kept_long_enough_goes_before_features_are_computed_of_what_is_left(chart):
    release = chart.template(values={"settings": {"KONOMI_RETENTION__SEARCHES_DAYS": "90"}})
    retention, refresh = (release.one("CronJob", f"shop-konomi-{name}")["spec"] for name in ("retention", "refresh"))
    assert (retention["schedule"], refresh["schedule"]) == ("30 2 * * *", "30 3 * * *")
    (container,) = retention["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["retention"]
    state = next(mount for mount in container["volumeMounts"] if mount["name"] == "state")
    assert not state.get("readOnly")
    assert release.one("ConfigMap")["data"]["KONOMI_RETENTION__SEARCHES_DAYS"] == "90"


def test_a_shop_without_refresh_and_retention_has_no_job(chart):
    off = {"enabled": False}
    assert chart.template(values={"refresh": off, "retention": off}).all("CronJob") == []
    assert len(chart.template(values={"retention": off}).all("CronJob")) == 1


def test_tables_are_imported_before_the_refresh(chart):
    release = chart.template("--values", str(chart.folder / "ci" / "stateless-values.yaml"))
    pod = release.one("CronJob", "shop-konomi-refresh")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert [container["args"] for container in pod["initContainers"]] == [
        ["import", "/var/lib/konomi-tables/exports/latest"]
    ]
    assert pod["containers"][0]["args"] == ["refresh"]


def test_the_migration_needs_nothing_that_a_first_installation_lacks(chart):
    release = chart.template()
    job = release.one("Job", "shop-konomi-migrate")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    weight = int(job["metadata"]["annotations"]["helm.sh/hook-weight"])
    pod = job["spec"]["template"]["spec"]
    account = release.one("ServiceAccount", pod["serviceAccountName"])
    policy = release.one("NetworkPolicy", "shop-konomi-migrate")
    for needed in (account, policy):
        assert needed["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
        assert int(needed["metadata"]["annotations"]["helm.sh/hook-weight"]) < weight
    (container,) = pod["containers"]
    assert "envFrom" not in container
    assert not any("persistentVolumeClaim" in volume for volume in pod["volumes"])


def test_the_migration_sees_the_settings_of_the_service(chart):
    release = chart.template()
    (container,) = release.one("Job")["spec"]["template"]["spec"]["containers"]
    given = {variable["name"]: variable.get("value") for variable in container["env"]}
    assert release.one("ConfigMap")["data"].items() <= given.items()


def test_every_hook_cleans_up_after_itself(chart, release):
    annotated = [manifest["metadata"].get("annotations", {}) for manifest in release.manifests]
    hooks = [annotation for annotation in annotated if "helm.sh/hook" in annotation]
    assert hooks
    for hook in hooks:
        assert hook["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"


@pytest.mark.parametrize(
    ("answer", "exit_code"),
    [({"data": {"__typename": "Query"}}, 0), ({"errors": [{"message": "down"}]}, 1)],
    ids=["healthy", "broken"],
)
def test_the_release_test_asks_graphql(chart, answer, exit_code):
    asked: list[object] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    (container,) = chart.template().one("Pod")["spec"]["containers"]
    python, flag, script, url = container["command"]
    assert (python, flag, url) == ("python", "-c", "http://shop-konomi:80/graphql")
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        local = f"http://127.0.0.1:{server.server_address[1]}/graphql"
        run = subprocess.run([sys.executable, "-c", script, local], capture_output=True, timeout=30, check=False)
        thread.join()
    assert run.returncode == exit_code, run.stderr
    assert asked == [("/graphql", "application/json", {"query": "{ __typename }"})]
