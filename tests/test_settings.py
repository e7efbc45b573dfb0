"""Settings come out of the environment that is given, and nothing else; what is wrong is said by name."""

from pathlib import Path

import pytest

from service.settings import GROUPS, SHOP_FILE, SettingsFault, describe, load_settings


def test_the_given_environment_alone_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("KONOMI_STATE__DIR", "/somewhere/else")
    monkeypatch.setenv("KONOMI_SHOP__CURRENCY", "EUR")
    settings = load_settings({"KONOMI_STATE__DIR": str(tmp_path)})
    assert settings.state.dir == tmp_path
    assert settings.shop.currency == "JPY"


def test_the_process_environment_counts_where_none_is_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("KONOMI_STATE__DIR", str(tmp_path))
    monkeypatch.setenv("KONOMI_AUTH__DEVELOPMENT", "true")
    settings = load_settings()
    assert settings.auth.development
    assert {one.name: one.source for one in describe(settings)}["KONOMI_AUTH__DEVELOPMENT"] == "environment"


def test_the_environment_wins_over_what_the_demo_chose(tmp_path: Path):
    (tmp_path / SHOP_FILE).write_text('{"shop": {"currency": "USD", "languages": "en"}}', encoding="utf-8")
    settings = load_settings({"KONOMI_STATE__DIR": str(tmp_path), "KONOMI_SHOP__LANGUAGES": "ja,en"})
    assert (settings.shop.currency, settings.shop.spoken) == ("USD", ("ja", "en"))


@pytest.mark.parametrize(("name", "value", "said"), [
    ("KONOMI_SHOP__CURENCY", "JPY", "unknown setting KONOMI_SHOP__CURENCY"),
    ("KONOMI_SHOPS__CURRENCY", "JPY", "unknown setting KONOMI_SHOPS__CURRENCY"),
    ("KONOMI_SHOP__CURRENCY", "yen", "KONOMI_SHOP__CURRENCY"),
    ("KONOMI_SHOP__TIME_ZONE", "Mars/Olympus", "no IANA time zone"),
    ("KONOMI_SHOP__LANGUAGES", "fr", "konomi speaks ja and en"),
    ("KONOMI_AUTH__DEVELOPMENT", "perhaps", "KONOMI_AUTH__DEVELOPMENT"),
    ("KONOMI_ARTEFACTS__POLL_SECONDS", "0", "KONOMI_ARTEFACTS__POLL_SECONDS"),
    ("KONOMI_HTTP__TRUSTED_PROXIES", "10.0.0.7,ingress", "'ingress' does not appear to be an IPv4 or IPv6 network"),
    ("KONOMI_HTTP__TRUSTED_PROXIES", "10.0.0.7/8", "10.0.0.7/8 has host bits set"),
    ("KONOMI_HTTP__TRUSTED_PROXIES", "*", "write addresses and networks"),
    ("KONOMI_HTTP__TRUSTED_PROXIES", "::/0", "everybody, who could call themselves anybody"),
    ("KONOMI_LIMITS__AT_ONCE", "49999", "KONOMI_LIMITS: .*at_once is less than operation"),
])
def test_a_wrong_setting_is_said_by_name(name: str, value: str, said: str):
    with pytest.raises(SettingsFault, match=said):
        load_settings({name: value})


def test_names_that_kubernetes_sets_are_left_alone():
    assert load_settings({"KONOMI_PORT": "tcp://10.0.0.1:80", "KONOMI_SERVICE_HOST": "10.0.0.1"})


def test_secrets_are_not_shown():
    settings = load_settings({
        "KONOMI_DATABASE__URL": "postgresql+psycopg://konomi:hush@db/konomi", "KONOMI_SECURITY__SIGNING_KEYS": "hush" * 8,
        "KONOMI_FEATURES__ONLINE": "redis://:hush@cache:6379",
    })
    shown = " ".join(f"{one.value} {one.source}" for one in describe(settings))
    assert "hush" not in shown
    assert "hush" not in repr(settings)


def test_every_setting_is_described():
    for kind in GROUPS.values():
        assert all(info.description for info in kind.model_fields.values())


@pytest.mark.parametrize(("given", "said"), [
    ({"ISSUER": "https://id.example"}, "KONOMI_AUTH__AUDIENCE"),
    ({"ISSUER": "http://id.example", "AUDIENCE": "konomi"}, "https://"), ({"ISSUER": "id.example", "AUDIENCE": "k"}, "https://"),
    ({"ISSUER": "https://", "AUDIENCE": "k"}, "https://"), ({"JWKS_URL": "file:///etc/passwd"}, "https://"),
    ({"ISSUER": "https://id.example", "AUDIENCE": "k", "DEVELOPMENT": "true"}, "there is one issuer"),
    ({"ALGORITHMS": "RS256,HS256"}, "write some of RS256"), ({"ALGORITHMS": "none"}, "write some of"), ({"ALGORITHMS": ""}, "write some"),
    ({"LEEWAY_SECONDS": "-1"}, "LEEWAY"), ({"LEEWAY_SECONDS": "3600"}, "LEEWAY"), ({"VISITOR_ID_CHARACTERS": "0"}, "VISITOR"),
])
def test_an_issuer_that_would_not_be_safe_stops_the_start(given: dict[str, str], said: str):
    with pytest.raises(SettingsFault, match=said):
        load_settings({f"KONOMI_AUTH__{name}": value for name, value in given.items()})


def test_visitors_ids_are_long_where_strangers_come():
    real = load_settings({"KONOMI_AUTH__ISSUER": "https://id.example", "KONOMI_AUTH__AUDIENCE": "konomi"})
    assert real.auth.shortest_visitor_id == 16
    assert load_settings({"KONOMI_AUTH__DEVELOPMENT": "true"}).auth.shortest_visitor_id == 1
    assert load_settings({"KONOMI_AUTH__VISITOR_ID_CHARACTERS": "32"}).auth.shortest_visitor_id == 32


def test_an_issuer_on_loopback_may_speak_plain_http():
    for host in ("127.0.0.1:9000", "localhost:9000", "[::1]:9000"):
        assert load_settings({"KONOMI_AUTH__ISSUER": f"http://{host}", "KONOMI_AUTH__AUDIENCE": "konomi"}).auth.issuer
