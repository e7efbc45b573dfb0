"""The command line: help everywhere, one JSON object, clear refusals, and the exit codes that scripts rely on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from service.cli import app
from service.settings import GROUPS
from tests.acceptance.running import Server, konomi, succeed
from tests.acceptance.village import Village
from tests.acceptance.village_shop import write_village_shop
from tests.fakes import START
from tests.stores import Stores

COMMANDS = (
    ("demo",), ("import",), ("simulate",), ("features",), ("train",), ("index", "build"), ("index", "verify"),
    ("publish",), ("rollback",), ("refresh",), ("serve",), ("settings",), ("migrate",), ("token",), ("schema",),
    ("bench",),
)
LINE = "konomi: "


class Terminal:
    """A terminal in front of one state folder."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def type(self, *arguments: str | Path) -> Result:
        return CliRunner().invoke(app, list(map(str, arguments)))

    def result(self, *arguments: str | Path) -> dict[str, object]:
        """The one JSON object on stdout."""
        done = self.type(*arguments, "--json")
        assert done.exit_code == 0, done.stderr
        told = json.loads(done.stdout)
        assert isinstance(told, dict)
        return told

    def refusal(self, *arguments: str | Path, code: int = 1) -> str:
        """The one clear line on stderr."""
        done = self.type(*arguments)
        assert done.exit_code == code, done.output
        assert done.stdout == ""
        (line,) = [one for one in done.stderr.splitlines() if one.startswith(LINE)]
        return line.removeprefix(LINE)


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in [name for name in os.environ if name.startswith("KONOMI_")]:  # noqa: TID251
        monkeypatch.delenv(name)
    monkeypatch.setenv("KONOMI_STATE__DIR", str(tmp_path / "state"))
    return Terminal(tmp_path / "state")


@pytest.fixture
def at_stores(terminal: Terminal, pair: str, stores: Stores, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """The terminal, with empty stores of either kind behind it."""
    for name, value in stores.settings(pair).items():
        monkeypatch.setenv(f"KONOMI_{name}", value)
    return terminal


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_that_says_what_it_does(terminal, command):
    done = terminal.type(*command, "--help")
    assert done.exit_code == 0
    assert "Usage:" in done.stdout
    assert " ".join(command) in done.stdout
    assert len(done.stdout.split("Options")[0].split(".")) > 1
    assert not terminal.state.exists()


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {("demo",), ("serve",)}), ids=" ".join)
def test_every_command_that_ends_speaks_json(terminal, command):
    assert "--json" in terminal.type(*command, "--help").stdout


@pytest.mark.parametrize("arguments", [
    ("imprt",), ("import",), ("import", "a", "b"), ("publish",), ("index",), ("settings", "--nope"), ("token",),
    ("token", "--customer", "1", "--service", "shop"), ("serve", "--port", "high"),
])
def test_a_call_that_is_wrong_exits_with_two(terminal, arguments):
    done = terminal.type(*arguments)
    assert done.exit_code == 2
    assert done.output.strip()
    assert not terminal.state.exists()


@pytest.mark.parametrize(("arguments", "said"), [
    (("features",), "konomi import"), (("train",), "konomi features"), (("index", "build"), "konomi train"),
    (("index", "verify"), "konomi train"), (("refresh",), "konomi import"), (("simulate",), "konomi import"),
    (("publish", "20990101T000000Z"), "20990101T000000Z"), (("publish", "../secrets"), "../secrets"),
    (("rollback",), "nothing to go back to"),
])
def test_what_the_state_lacks_is_said_with_what_to_do(at_stores, arguments, said):
    assert said in at_stores.refusal(*arguments)


def test_settings_lists_every_setting_and_hides_secrets(terminal, monkeypatch):
    monkeypatch.setenv("KONOMI_SECURITY__SIGNING_KEYS", "a-secret-that-nobody-may-read")
    monkeypatch.setenv("KONOMI_DATABASE__URL", "postgresql+psycopg://shop:hunter2@db/konomi")
    monkeypatch.setenv("KONOMI_SHOP__CURRENCY", "EUR")
    told = terminal.result("settings")
    wanted = {f"KONOMI_{group}__{field}".upper() for group, kind in GROUPS.items() for field in kind.model_fields}
    assert told.keys() == wanted
    assert told["KONOMI_SHOP__CURRENCY"]["value"] == "EUR"
    assert told["KONOMI_SHOP__CURRENCY"]["source"] == "environment"
    assert told["KONOMI_SHOP__TIME_ZONE"]["value"] == "Asia/Tokyo"
    assert told["KONOMI_SHOP__TIME_ZONE"]["source"] == "default"
    assert all(one["description"] for one in told.values())
    for output in (json.dumps(told), terminal.type("settings").stdout):
        assert "hunter2" not in output
        assert "nobody-may-read" not in output


@pytest.mark.parametrize(("name", "value", "said"), [
    ("KONOMI_SHOP__CURENCY", "EUR", "KONOMI_SHOP__CURRENCY"), ("KONOMI_SHOP__CURRENCY", "euro", "KONOMI_SHOP__CURRENCY"),
    ("KONOMI_SHOP__TIME_ZONE", "Mars/Olympus", "Asia/Tokyo"), ("KONOMI_SHOP__LANGUAGES", "fr", "ja"),
    ("KONOMI_HTTP__GRAPHIQL", "perhaps", "KONOMI_HTTP__GRAPHIQL"), ("KONOMI_NOPE__NOPE", "1", "KONOMI_NOPE__NOPE"),
])
def test_a_setting_that_is_unknown_or_wrong_stops_every_command(terminal, monkeypatch, name, value, said):
    monkeypatch.setenv(name, value)
    for command in (("settings",), ("serve",), ("migrate",)):
        assert said in terminal.refusal(*command, code=2)
    assert not terminal.state.exists()


def test_names_that_are_no_settings_are_left_alone(at_stores, monkeypatch):
    monkeypatch.setenv("KONOMI_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KONOMI_PORT", "tcp://10.0.0.1:80")
    assert at_stores.result("migrate")["revision"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "shop.example"])  # noqa: S104 - refused, that is the test
def test_serve_refuses_strangers_without_an_issuer(terminal, monkeypatch, host):
    assert host in terminal.refusal("serve", "--host", host)
    monkeypatch.setenv("KONOMI_AUTH__DEVELOPMENT", "true")
    assert host in terminal.refusal("serve", "--host", host)
    monkeypatch.setenv("KONOMI_AUTH__ISSUER", "https://issuer.example")
    monkeypatch.setenv("KONOMI_AUTH__AUDIENCE", "konomi")
    assert "KONOMI_AUTH__DEVELOPMENT" in terminal.refusal("serve", "--host", host, code=2)


def test_tokens_are_refused_unless_the_development_issuer_is_on(terminal):
    assert "KONOMI_AUTH__DEVELOPMENT" in terminal.refusal("token", "--customer", "1")
    assert not (terminal.state / "secrets").exists()


def test_scopes_that_there_are_not_are_refused(terminal, monkeypatch):
    monkeypatch.setenv("KONOMI_AUTH__DEVELOPMENT", "true")
    assert "everything:all" in terminal.refusal("token", "--service", "shop", "--scopes", "everything:all", code=2)


def test_the_schema_is_printed_as_it_is_and_in_json(terminal):
    printed = terminal.type("schema")
    assert printed.exit_code == 0
    assert printed.stdout.startswith(("schema", '"""', "directive", "type", "interface", "enum", "scalar"))
    assert terminal.result("schema") == {"sdl": printed.stdout}


def test_progress_goes_to_stderr_and_the_result_to_stdout(at_stores, tmp_path):
    shop = write_village_shop(tmp_path / "shop", START)
    done = at_stores.type("import", shop)
    assert done.exit_code == 0, done.stderr
    assert "import: events" in done.stderr
    assert "import: events" not in done.stdout
    again = at_stores.result("import", shop)
    assert again["changed"] is False
    assert again["rejected"] == 0


def test_as_a_process_a_wrong_setting_is_one_line_and_two(tmp_path):
    done = konomi(tmp_path, "serve", SHOP__CURENCY="EUR")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == "konomi: unknown setting KONOMI_SHOP__CURENCY; write KONOMI_SHOP__CURRENCY, or unset it\n"


@pytest.fixture(scope="module")
def serving(village: Village, stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    state = stores.copy(village.state, tmp_path_factory.mktemp("tokens") / "state")
    with Server(state) as server:
        yield server


@pytest.mark.demo
@pytest.mark.parametrize(("bearer", "query", "answer"), [
    (["--customer", "k7"], "{ viewer { customerId } }", {"viewer": {"customerId": "k7"}}),
    (["--service", "shop", "--scopes", "customers:read"], '{ customer(customerId: "k7") { customerId } }',
     {"customer": {"customerId": "k7"}}),
])
def test_a_printed_token_opens_the_service(serving: Server, bearer: Sequence[str], query: str, answer: object):
    token = succeed(konomi(serving.state, "token", *bearer)).strip()
    assert token.count(".") == 2
    assert serving.ask(query, headers={"authorization": f"Bearer {token}"}) == answer
    forged = serving.post(query, headers={"authorization": f"Bearer {token[:-4]}AAAA"})
    assert forged["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
