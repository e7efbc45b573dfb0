"""konomi takes the environment that the chart gives it."""

from __future__ import annotations

import re

from service.settings import load_settings

SECRETS = {
    "KONOMI_DATABASE__URL": "postgresql+psycopg://konomi:secret@postgresql/konomi",
    "KONOMI_FEATURES__ONLINE": "redis://:secret@valkey:6379",
    "KONOMI_SECURITY__SIGNING_KEYS": "a key of sixteen bytes or more",
    "KONOMI_SECURITY__PRIVACY_KEY": "another key, which never changes",
}


def environment(release, container) -> dict[str, str]:
    """Return a container's variables as the kubelet would set them."""
    given = dict(release.one("ConfigMap")["data"]) if container.get("envFrom") else {}
    for variable in container["env"]:
        name = variable["name"]
        value = variable.get("value", SECRETS.get(name, "secret"))
        given[name] = re.sub(r"\$\((\w+)\)", lambda use: given[use[1]], value)
    return given


def konomi_containers(release):
    for pod in release.pods():
        for container in pod.containers:
            if "args" in container:
                yield pod.owner, container


def test_every_container_starts_with_settings_that_konomi_knows(release):
    for owner, container in konomi_containers(release):
        settings = load_settings(environment(release, container))
        mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
        assert str(settings.state.dir) in mounts, owner
        if str(settings.artefacts.url).startswith("/"):
            assert "migrate" in owner or settings.artefacts.url in mounts, owner


def test_the_servers_of_values_are_the_servers_of_settings(chart):
    values = {
        "database": {"host": "pg", "port": 6432, "name": "shop", "user": "me", "sslMode": "prefer"},
        "redis": {"host": "cache", "tls": True, "user": "me", "existingSecret": "cache", "port": 6380},
    }
    release = chart.template(values=values)
    found = dict(konomi_containers(release))
    serving = environment(release, found["Deployment/shop-konomi"])
    assert serving["KONOMI_DATABASE__URL"] == "postgresql+psycopg://me@pg:6432/shop?sslmode=prefer"
    assert serving["PGPASSWORD"] == "secret"
    assert serving["KONOMI_FEATURES__ONLINE"] == "rediss://me:secret@cache:6380"


def test_embedded_names_no_server(chart):
    release = chart.template("--values", str(chart.folder / "ci" / "embedded-values.yaml"))
    for owner, container in konomi_containers(release):
        settings = load_settings(environment(release, container))
        assert settings.database.url is None, owner
        assert settings.features.online.get_secret_value() == "sqlite", owner


def test_the_proxies_of_values_are_those_that_konomi_believes(chart):
    release = chart.template(values={"http": {"trustedProxies": ["10.42.0.0/16", "2001:db8::7"]}})
    owner, container = next(one for one in konomi_containers(release) if one[0] == "Deployment/shop-konomi")
    proxies = load_settings(environment(release, container)).http.proxies
    assert proxies == ["10.42.0.0/16", "::ffff:10.42.0.0/112", "2001:db8::7/128"], owner
    by_default = dict(konomi_containers(chart.template()))[owner]
    assert load_settings(environment(chart.template(), by_default)).http.proxies == []


def test_the_service_and_its_jobs_know_the_erased_by_one_key(chart):
    values = {"security": {"existingSecret": "keys", "privacyKeyKey": "hashing"}}
    release = chart.template(values=values)
    for owner, container in konomi_containers(release):
        if "migrate" not in owner:
            given = {variable["name"]: variable.get("valueFrom") for variable in container["env"]}
            assert given["KONOMI_SECURITY__PRIVACY_KEY"] == {"secretKeyRef": {"name": "keys", "key": "hashing"}}, owner
            found = load_settings(environment(release, container)).security.privacy_key
            assert found is not None, owner
            assert found.get_secret_value() == SECRETS["KONOMI_SECURITY__PRIVACY_KEY"], owner
