"""Secrets come from the environment or from files, and a wrong one is refused without being told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.adapters.sql_database import connect
from service.recommender.errors import InvalidArgument
from service.settings import SECRETS, SettingsFault, describe, load_settings
from tests.acceptance.running import konomi, succeed

HUSH = "hush-hush-nobody-knows"


def test_what_is_secret_is_known():
    assert {"KONOMI_DATABASE__URL", "KONOMI_FEATURES__ONLINE", "KONOMI_FEATURES__REGISTRY", "KONOMI_SECURITY__SIGNING_KEYS"} <= SECRETS


@pytest.mark.parametrize(("name", "secret"), [
    ("KONOMI_DATABASE__URL", f"postgresql+psycopg://konomi:{HUSH}@db/konomi"), ("KONOMI_SECURITY__SIGNING_KEYS", f"{HUSH},{HUSH}"),
    ("KONOMI_FEATURES__ONLINE", f"redis://:{HUSH}@cache:6379"), ("KONOMI_FEATURES__REGISTRY", f"postgresql://k:{HUSH}@db/registry"),
])
def test_a_secret_may_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, secret: str):
    (tmp_path / "mounted").write_text(f"{secret}\n", encoding="utf-8")
    monkeypatch.setenv("KONOMI_STATE__DIR", str(tmp_path))
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "mounted"))
    settings = load_settings()
    group, field = name.removeprefix("KONOMI_").lower().split("__")
    assert getattr(getattr(settings, group), field).get_secret_value() == secret
    (shown,) = [one for one in describe(settings) if one.name == name]
    assert (shown.value, shown.source) == ("**********", "file")


@pytest.mark.parametrize(("written", "said"), [(None, "No such file"), ("", "is empty"), (b"\xff\xfe", "no UTF-8")])
def test_a_file_without_a_secret_stops_the_start(tmp_path: Path, written: str | bytes | None, said: str):
    path = tmp_path / "mounted"
    if written is not None:
        path.write_bytes(written if isinstance(written, bytes) else written.encode())
    with pytest.raises(SettingsFault, match=f"KONOMI_DATABASE__URL_FILE: .*mounted.*{said}"):
        load_settings({"KONOMI_DATABASE__URL_FILE": str(path)})


def test_one_secret_is_given_in_one_way(tmp_path: Path):
    (tmp_path / "mounted").write_text(HUSH, encoding="utf-8")
    with pytest.raises(SettingsFault, match="are both set") as told:
        load_settings({"KONOMI_DATABASE__URL": HUSH, "KONOMI_DATABASE__URL_FILE": str(tmp_path / "mounted")})
    assert HUSH not in str(told.value)


def test_only_secrets_lie_in_files():
    with pytest.raises(SettingsFault, match="unknown setting KONOMI_SHOP__CURRENCY_FILE"):
        load_settings({"KONOMI_SHOP__CURRENCY_FILE": "yen"})


@pytest.mark.parametrize(("name", "wrong", "said"), [
    ("SECURITY__SIGNING_KEYS", f"{HUSH},short", "at least 16 bytes"), ("FEATURES__ONLINE", f"cache:{HUSH}", "write sqlite or redis"),
    ("AUTH__ISSUER", f"https://konomi:{HUSH}@id.example", "holds no password"), ("DATABASE__URLS", HUSH, "unknown setting"),
])
def test_a_wrong_secret_is_refused_without_being_told(name: str, wrong: str, said: str):
    with pytest.raises(SettingsFault, match=said) as told:
        load_settings({f"KONOMI_{name}": wrong, "KONOMI_AUTH__AUDIENCE": "konomi"})
    assert HUSH not in str(told.value)
    assert "short" not in str(told.value)


@pytest.mark.parametrize("url", [
    f"{HUSH}", f"postgresql://db:{HUSH}/konomi", f"mysql://k:{HUSH}@db/k", f"//{HUSH}",
])
def test_an_address_of_a_database_that_is_none_is_not_repeated(url: str):
    with pytest.raises(InvalidArgument) as told:
        connect(url)
    assert HUSH not in str(told.value)
    assert told.value.__context__ is None or told.value.__suppress_context__, "nor with what came before"


def test_an_address_with_a_password_is_shown_without_it(tmp_path: Path):
    settings = load_settings({"KONOMI_STATE__DIR": str(tmp_path), "KONOMI_ARTEFACTS__URL": f"ftp://konomi:{HUSH}@files.example/v"})
    shown = {one.name: one.value for one in describe(settings)}
    assert shown["KONOMI_ARTEFACTS__URL"] == "ftp://**********@files.example/v"
    assert settings.artefacts_url == f"ftp://konomi:{HUSH}@files.example/v"


def test_the_command_shows_no_secret(tmp_path: Path):
    secrets = {
        "DATABASE__URL": f"postgresql+psycopg://k:{HUSH}@db/k", "SECURITY__SIGNING_KEYS": HUSH, "FEATURES__ONLINE": f"redis://:{HUSH}@c:1",
        "FEATURES__REGISTRY": f"postgresql://k:{HUSH}@db/k", "ARTEFACTS__URL": f"ftp://k:{HUSH}@files.example",
    }
    told = succeed(konomi(tmp_path, "settings", "--json", **secrets))
    assert {json.loads(told)[f"KONOMI_{name}"]["value"] for name in secrets} == {"**********", "ftp://**********@files.example"}
    assert HUSH not in told + succeed(konomi(tmp_path, "settings", **secrets))
