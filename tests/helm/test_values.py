"""Wrong values are refused, with the place and the reason; README knows every value."""

from __future__ import annotations

import json
import re

import pytest

FREE = {"podAnnotations", "nodeSelector", "affinity", "annotations", "settings", "secretSettings", "global"}


def leaves(values, path=()):
    """Yield the path and default of every value that can be set."""
    for key, value in values.items():
        if isinstance(value, dict) and value and key not in FREE:
            yield from leaves(value, (*path, key))
        else:
            yield ".".join((*path, key)), value


def with_surprise(values):
    """Return the same values with an unknown key at each level, and the paths of those levels."""
    spoilt, paths = {"surprise": 1}, [""]
    for key, value in values.items():
        if isinstance(value, dict) and key not in FREE:
            spoilt[key], below = with_surprise(value)
            paths += [f"/{key}{path}" for path in below]
    return spoilt, paths


def test_an_unknown_key_is_refused_at_every_level(chart):
    spoilt, paths = with_surprise(chart.defaults)
    refusal = chart.refusal(spoilt)
    assert len(paths) > 25
    for path in paths:
        assert f"at '{path}': additional properties 'surprise' not allowed" in refusal, path


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"image": {"tag": 2.0}}, "/image/tag"),
        ({"image": {"tag": 20260101}}, "/image/tag"),
        ({"image": {"tag": "no spaces"}}, "/image/tag"),
        ({"image": {"digest": "sha256:abc"}}, "/image/digest"),
        ({"image": {"pullPolicy": "Sometimes"}}, "/image/pullPolicy"),
        ({"replicas": -1}, "/replicas"),
        ({"replicas": "2"}, "/replicas"),
        ({"fullnameOverride": "Not_A_Name"}, "/fullnameOverride"),
        ({"serve": {"resources": {"limits": {"memory": "3 GB"}}}}, "/serve/resources/limits/memory"),
        ({"serve": {"resources": {"requests": None}}}, "/serve/resources"),
        ({"serve": {"tolerations": [{"kee": "x"}]}}, "/serve/tolerations/0"),
        ({"service": {"type": "ExternalName"}}, "/service/type"),
        ({"service": {"port": 70000}}, "/service/port"),
        ({"podDisruptionBudget": {"maxUnavailable": 0}}, "/podDisruptionBudget/maxUnavailable"),
        ({"ingress": {"enabled": True}}, "/ingress/hosts"),
        ({"ingress": {"enabled": True, "hosts": ["https://x"]}}, "/ingress/hosts/0"),
        ({"networkPolicy": {"fromCidrs": ["anywhere"]}}, "/networkPolicy/fromCidrs/0"),
        ({"database": {"user": "a@b"}}, "/database/user"),
        ({"database": {"sslMode": "maybe"}}, "/database/sslMode"),
        ({"shop": {"languages": []}}, "/shop/languages"),
        ({"auth": {"issuer": "http://identity.example"}}, "/auth/issuer"),
        ({"shop": {"currency": "yen"}}, "/shop/currency"),
        ({"http": {"allowedOrigins": ["shop.example"]}}, "/http/allowedOrigins/0"),
        ({"http": {"trustedProxies": ["ingress-nginx"]}}, "/http/trustedProxies/0"),
        ({"http": {"trustedProxies": ["0.0.0.0/0"]}}, "/http/trustedProxies/0"),
        ({"artefacts": {"url": "bucket/path"}}, "/artefacts/url"),
        ({"refresh": {"schedule": "nightly"}}, "/refresh/schedule"),
        ({"retention": {"schedule": "nightly"}}, "/retention/schedule"),
        ({"refresh": {"tables": {"path": "../elsewhere"}}}, "/refresh/tables/path"),
        ({"settings": {"KONOMI_PORT": "1"}}, "/settings"),
        ({"settings": {"KONOMI_ARTEFACTS__POLL_SECONDS": 5}}, "/settings/KONOMI_ARTEFACTS__POLL_SECONDS"),
        (
            {"secretSettings": {"KONOMI_ARTEFACTS__POLL_SECONDS": {"name": "x"}}},
            "/secretSettings/KONOMI_ARTEFACTS__POLL_SECONDS",
        ),
    ],
    ids=str,
)
def test_a_wrong_value_is_refused_where_it_stands(chart, values, place):
    assert f"at '{place}'" in chart.refusal(values)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"autoscaling": {"enabled": True, "minReplicas": 5, "maxReplicas": 4}}, "minReplicas (5) is above"),
        ({"serve": {"drainSeconds": 45}}, "serve.drainSeconds (45) leaves nothing"),
        ({"embedded": True}, "set replicas to 1"),
        ({"embedded": True, "replicas": 1, "autoscaling": {"enabled": True}}, "leave autoscaling off"),
        ({"embedded": True, "replicas": 1, "state": {"create": False}}, "set state.create"),
        ({"state": {"create": False}}, "set artefacts.url or artefacts.existingClaim"),
        ({"artefacts": {"url": "s3://a/b", "existingClaim": "c"}}, "set one"),
        ({"database": {"existingSecret": ""}}, "database.existingSecret must name"),
        ({"database": {"sslMode": "verify-full"}}, "needs database.caSecret"),
        ({"redis": {"urlKey": "url"}}, "redis.urlKey is a key of redis.existingSecret"),
        ({"security": {"existingSecret": ""}}, "security.existingSecret must name"),
        ({"auth": {"issuer": "https://x", "audience": ""}}, "set auth.audience"),
        ({"settings": {"KONOMI_AUTH__ISSUER": "https://x"}}, "use auth.issuer"),
        ({"secretSettings": {"KONOMI_SECURITY__PRIVACY_KEY": {"name": "a", "key": "b"}}}, "use security"),
        ({"secretSettings": {"KONOMI_DATABASE__URL": {"name": "a", "key": "b"}}}, "use database"),
        (
            {"settings": {"KONOMI_A__B": "1"}, "secretSettings": {"KONOMI_A__B": {"name": "a", "key": "b"}}},
            "in both settings and secretSettings",
        ),
    ],
    ids=str,
)
def test_values_that_contradict_one_another_are_refused(chart, values, reason):
    assert reason in chart.refusal(values)


def test_all_contradictions_are_told_at_once(chart):
    refusal = chart.refusal({"serve": {"drainSeconds": 60}, "security": {"existingSecret": ""}})
    assert "serve.drainSeconds" in refusal
    assert "security.existingSecret" in refusal


def test_a_parent_chart_may_switch_it_and_share_its_globals(chart):
    assert chart.template(values={"enabled": True, "global": {"other": {"key": 1}}}).manifests


def test_no_level_of_the_schema_is_open_by_mistake(chart):
    schema = json.loads((chart.folder / "values.schema.json").read_text())

    def open_levels(node, path):
        if isinstance(node, dict):
            if node.get("type") == "object" and "additionalProperties" not in node:
                yield path
            for key, value in node.items():
                yield from open_levels(value, f"{path}/{key}")

    given_to_kubernetes = {"/properties/serve/properties/affinity", "/properties/refresh/properties/affinity", "/properties/retention/properties/affinity"}
    assert set(open_levels(schema, "")) == given_to_kubernetes | {"/properties/global"}


def test_readme_lists_every_value_with_its_default(chart):
    rows = re.findall(r"^\| `([\w.]+)` \| `(.*?)` \|", (chart.folder / "README.md").read_text(), re.MULTILINE)
    assert dict(rows) == {path: json.dumps(value) for path, value in leaves(chart.defaults)}
    assert len(rows) == len(dict(rows))
