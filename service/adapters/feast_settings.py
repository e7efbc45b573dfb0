"""From the service's settings to Feast's feature_store.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from service.adapters.feast_registry import registry_url

REDIS_SCHEMES = {"redis", "rediss"}


def repository_settings(template: Mapping[str, Any], online: str, registry: str | None) -> dict[str, Any]:
    """Fill the committed feature_store.yaml with where this deployment keeps its features.

    Raises
    ------
    ValueError
        If `online` is neither `sqlite` nor a Redis URL.
    """
    settings = dict(template)
    if online != "sqlite":
        settings["online_store"] = redis_settings(online)
    if registry is not None:
        settings["registry"] = {
            "registry_type": "sql",
            "path": registry_url(registry),
            "cache_ttl_seconds": 600,
            # Otherwise readers fail while another machine materialises a view.
            "serve_features_while_materializing": True,
        }
    return settings


def redis_settings(url: str) -> dict[str, Any]:
    """Turn a Redis URL into Feast's settings of its Redis store; several hosts are a cluster.

    >>> redis_settings("redis://:secret@cache:6379/2")["connection_string"]
    'cache:6379,db=2,password=secret'
    """
    parts = urlsplit(url)
    if parts.scheme not in REDIS_SCHEMES or not parts.netloc:
        raise ValueError("the online store is neither sqlite nor redis://host:port")
    credentials, _, hosts = parts.netloc.rpartition("@")
    user, _, password = (unquote(part) for part in credentials.partition(":"))
    nodes = [host if ":" in host else f"{host}:6379" for host in hosts.split(",")]
    options = {
        "ssl": "true" if parts.scheme == "rediss" else "",
        "db": parts.path.strip("/"),
        "username": user,
        "password": password,
    }
    if any("," in value for value in options.values()):
        raise ValueError("Feast cannot take a comma in the user or password of the online store; choose others")
    return {
        "type": "redis",
        "redis_type": "redis_cluster" if len(nodes) > 1 else "redis",
        "connection_string": ",".join([*nodes, *(f"{name}={value}" for name, value in options.items() if value)]),
        # Whoever writes last is right: a run repeated for the same moment must be able to mend what it wrote.
        "skip_dedup": True,
    }
