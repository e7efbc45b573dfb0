"""README is what a stranger follows: what it names exists, what exists is named, and what it says to paste works."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer

from service.cli import app
from service.settings import describe, load_settings
from tests.acceptance.running import Server, konomi, succeed
from tests.acceptance.test_subscriptions import connected

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = re.findall(r"```graphql\n(.*?)```", README, re.DOTALL)
QUERIES = [text for text in DOCUMENTS if not text.startswith("subscription")]
SUBSCRIPTIONS = [text for text in DOCUMENTS if text.startswith("subscription")]
CURL = re.search(r"```sh\n(curl .*?)```", README, re.DOTALL)


def commands() -> list[str]:
    group = typer.main.get_command(app)
    names = []
    for name, command in group.commands.items():
        names += [f"{name} {sub}" for sub in command.commands] if hasattr(command, "commands") else [name]
    return names


@pytest.mark.parametrize("name", commands())
def test_every_command_is_in_the_readme(name):
    assert f"`konomi {name}" in README


def test_every_command_of_the_readme_exists():
    named = {" ".join(words) for words in re.findall(r"`konomi ([a-z]+)(?: ([a-z]+)(?=[`\s]))?", README)}
    known = set(commands()) | {name.split()[0] for name in commands()}
    assert {name.strip() for name in named} - known == set()


@pytest.mark.parametrize("setting", [one.name for one in describe(load_settings({}))])
def test_every_setting_is_in_the_readme(setting):
    assert f"`{setting}`" in README


def test_every_make_target_of_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"^make ([a-z]+)", README, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_picture_and_the_links_are_there():
    for path in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / path).exists(), path


@pytest.mark.demo
@pytest.mark.parametrize("query", QUERIES)
def test_the_queries_to_paste_answer(server: Server, query: str):
    viewer = server.ask(query, "1")["viewer"]
    assert viewer["segments"]
    assert viewer["home"]["hero"]["reasons"]


@pytest.mark.demo
@pytest.mark.parametrize("text", SUBSCRIPTIONS)
def test_the_subscriptions_to_paste_bring_a_page(server: Server, text: str):
    with connected(server) as listener:
        listener.begin({"authorization": f"Bearer {server.token('1')}"})
        listener.say({"type": "subscribe", "id": "1", "payload": {"query": text}})
        assert len(listener.page()["nodes"]) == 5


@pytest.mark.demo
def test_the_command_to_paste_answers_as_the_readme_shows(server: Server):
    assert CURL is not None
    token = succeed(konomi(server.state, "token", "--customer", "1")).strip()
    line = CURL[1].replace("$(.venv/bin/konomi token --customer 1)", token).replace("http://127.0.0.1:8000", server.url)
    words = shlex.split(line.replace("\\\n", " "))
    answer = json.loads(subprocess.run(words, capture_output=True, check=True, text=True).stdout)
    shown = json.loads(re.search(r"```json\n(.*?)```", README, re.DOTALL)[1])
    assert shape(answer) == shape(shown)


def shape(value: object) -> object:
    """The keys of an answer, without its values; reasons and their number may differ."""
    match value:
        case dict():
            return {key: shape(one) for key, one in value.items()}
        case list():
            return [shape(one) for one in value[:1]]
        case _:
            return None
