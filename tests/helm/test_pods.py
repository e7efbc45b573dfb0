"""What holds for every pod of the chart."""

from __future__ import annotations

import re

SAFE_VOLUMES = {"emptyDir", "persistentVolumeClaim", "secret"}


def test_pods_are_restricted(release):
    for pod in release.pods():
        security = pod.spec["securityContext"]
        assert security["runAsNonRoot"] is True, pod.owner
        assert security["runAsUser"] == 10001, pod.owner
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, pod.owner
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.spec.keys(), pod.owner
        for volume in pod.spec["volumes"]:
            assert volume.keys() - {"name"} <= SAFE_VOLUMES, pod.owner


def test_containers_are_restricted(release):
    for pod in release.pods():
        for container in pod.containers:
            security = container["securityContext"]
            assert security["allowPrivilegeEscalation"] is False, pod.owner
            assert security["readOnlyRootFilesystem"] is True, pod.owner
            assert security["capabilities"] == {"drop": ["ALL"]}, pod.owner
            assert "/tmp" in {mount["mountPath"] for mount in container["volumeMounts"]}, pod.owner  # noqa: S108


def test_containers_say_what_they_need(release):
    for pod in release.pods():
        for container in pod.containers:
            assert container["resources"]["requests"].keys() >= {"cpu", "memory"}, pod.owner
            assert "memory" in container["resources"]["limits"], pod.owner


def test_mounts_and_volumes_belong_together(release):
    for pod in release.pods():
        mounted = {mount["name"] for container in pod.containers for mount in container["volumeMounts"]}
        assert mounted == {volume["name"] for volume in pod.spec["volumes"]}, pod.owner


def test_no_pod_gets_a_token_or_the_variables_of_services(release):
    for pod in release.pods():
        assert pod.spec["automountServiceAccountToken"] is False, pod.owner
        assert pod.spec["enableServiceLinks"] is False, pod.owner
        assert pod.spec["serviceAccountName"] != "default", pod.owner
    for account in release.all("ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


def test_no_variable_is_set_twice(release):
    settings = release.one("ConfigMap")["data"]
    for pod in release.pods():
        for container in pod.containers:
            names = [variable["name"] for variable in container.get("env", [])]
            if container.get("envFrom"):
                names += settings
            assert len(names) == len(set(names)), pod.owner


def test_settings_have_a_group_and_a_name(release):
    for name, value in release.one("ConfigMap")["data"].items():
        assert re.fullmatch(r"KONOMI_[A-Z]+__[A-Z_]+", name)
        assert isinstance(value, str)


def test_passwords_stand_in_no_manifest(release):
    for pod in release.pods():
        for container in pod.containers:
            for variable in container.get("env", []):
                if re.search("PASSWORD|SECRET|KEYS", variable["name"]):
                    assert "secretKeyRef" in variable["valueFrom"], variable["name"]


def test_a_variable_is_defined_before_another_one_uses_it(chart):
    values = {"redis": {"existingSecret": "valkey", "tls": True, "user": "konomi"}}
    for pod in chart.template(values=values).pods():
        for container in pod.containers:
            known: set[str] = set()
            for variable in container.get("env", []):
                assert set(re.findall(r"\$\((\w+)\)", variable.get("value", ""))) <= known, pod.owner
                known.add(variable["name"])


def test_the_service_and_the_policies_select_the_pods_they_mean(release):
    serving = [pod for pod in release.pods() if pod.owner.startswith("Deployment/")]
    selectors = [release.one("Service")["spec"]["selector"]]
    selectors += [budget["spec"]["selector"]["matchLabels"] for budget in release.all("PodDisruptionBudget")]
    selectors.append(release.one("Deployment")["spec"]["selector"]["matchLabels"])
    for selector in selectors:
        assert [pod for pod in release.pods() if selector.items() <= pod.labels.items()] == serving


def test_every_pod_has_one_network_policy(chart, release, values_file):
    policies = release.all("NetworkPolicy")
    if "stateless" in " ".join(values_file):
        assert policies == []
        return
    for pod in release.pods():
        matching = [p for p in policies if p["spec"]["podSelector"]["matchLabels"].items() <= pod.labels.items()]
        assert len(matching) == 1, pod.owner
        assert set(matching[0]["spec"]["policyTypes"]) == {"Ingress", "Egress"}
        assert ("ingress" in matching[0]["spec"]) == pod.owner.startswith("Deployment/")


def test_what_is_called_may_be_reached(chart):
    policy = chart.template().one("NetworkPolicy", "shop-konomi")
    ports = {(port["port"], port["protocol"]) for rule in policy["spec"]["egress"] for port in rule["ports"]}
    assert ports == {(53, "UDP"), (53, "TCP"), (5432, "TCP"), (6379, "TCP"), (443, "TCP")}
    other = chart.template(values={"redis": {"port": 7000}, "networkPolicy": {"egressPorts": [8443]}})
    policy = other.one("NetworkPolicy", "shop-konomi")
    ports = {port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]}
    assert ports == {53, 5432, 7000, 8443}


def test_shared_volumes_are_written_by_jobs_and_read_by_the_service(chart):
    release = chart.template("--values", str(chart.folder / "ci" / "urls-values.yaml"))
    writable = {
        (pod.owner, mount["name"])
        for pod in release.pods()
        for container in pod.containers
        for mount in container["volumeMounts"]
        if not mount.get("readOnly") and mount["name"] in {"state", "artefacts"} and "migrate" not in pod.owner
    }
    refresh, retention = "CronJob/recommend-refresh", "CronJob/recommend-retention"
    assert writable == {(refresh, "state"), (refresh, "artefacts"), (retention, "state")}


def test_the_service_listens_where_its_probes_ask(chart):
    (container,) = chart.template().one("Deployment")["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["serve", "--host", "0.0.0.0", "--port", "8000", "--workers", "1"]  # noqa: S104
    assert container["ports"] == [{"name": "http", "containerPort": 8000}]
    probes = {name: container[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    alive = {"path": "/healthz", "port": "http"}
    assert probes == {
        "startupProbe": alive,
        "livenessProbe": alive,
        "readinessProbe": {"path": "/readyz", "port": "http"},
    }
