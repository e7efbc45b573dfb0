"""A change of the schema that breaks clients fails the check, unless it is declared and noted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import service.graphql
from service.graphql.evolution import breaking_changes, faults
from service.graphql.schema import sdl

FOLDER = Path(service.graphql.__file__).parent
ROOT = FOLDER.parents[1]
BREAKS = [
    ("  viewer: Customer!", "  viewer: Customer", "Field Query.viewer changed type from Customer! to Customer."),
    ("  discountRate: Float", "  reduction: Float", "Field Product.discountRate was removed."),
    ("  CLICK\n", "  TAP\n", "Enum value EventType.CLICK was removed."),
    ("  query: String!", "  query: String!\n    shop: ID!", "A required argument Query.search(shop:) was added."),
    ("input ItemFilter {", "input ItemFilter {\n  shop: ID!", "A required field ItemFilter.shop was added."),
    ("union _Entity = Product | Content | Ad", "union _Entity = Product | Ad", "Content was removed from union type _Entity."),
    ("type Shelf implements Node", "type Shelf", "Shelf no longer implements interface Node."),
    ('type Ad implements Node & Item @key(fields: "id") @key(fields: "itemId")', 'type Ad implements Node & Item @key(fields: "id")',
     'Ad lost @key(fields: "itemId").'),
    ("  brand: String @shareable", "  brand: String", "Product.brand lost @shareable."),
    ("  inStock: Boolean! @shareable", "  inStock: Boolean! @shareable @inaccessible", "Product.inStock became @inaccessible."),
]
HARMLESS = [
    ("type Money @shareable {", "type Money @shareable {\n  words: String"),
    ("input ItemFilter {", "input ItemFilter {\n  colour: String"),
    ("enum Device {", "enum Device {\n  FRIDGE"),
    ("  customerId: String\n", "  customerId: String!\n"),
    ('"""Who makes it."""', '"""Who made it."""'),
]


def _changed(right: str, wrong: str) -> str:
    released = sdl()
    assert right in released
    return released.replace(right, wrong, 1)


@pytest.mark.parametrize(("right", "wrong", "told"), BREAKS)
def test_what_breaks_clients_or_routers_is_told(right: str, wrong: str, told: str) -> None:
    found = breaking_changes(sdl(), _changed(right, wrong))
    assert found == [told]


@pytest.mark.parametrize(("right", "wrong"), HARMLESS)
def test_what_is_added_or_said_better_breaks_nobody(right: str, wrong: str) -> None:
    changed = _changed(right, wrong)
    assert breaking_changes(sdl(), changed) == []


def test_a_break_is_mended_by_declaring_and_noting_it() -> None:
    changed = _changed("  discountRate: Float", "  reduction: Float")
    (break_,) = breaking_changes(sdl(), changed)
    assert faults(sdl(), changed, "", "") == [f"breaks clients, and is not declared: {break_}"]
    assert faults(sdl(), changed, break_, "") == [f"is declared, but the changelog does not say it: {break_}"]
    assert faults(sdl(), changed, f"# why\n{break_}\n", f"- Breaking:\n  {break_} Ask for `reduction`.") == []
    assert faults(sdl(), sdl(), break_, break_) == [f"is declared, but nothing of it changed: {break_}"]


def test_the_kept_schemas_pass_as_make_check_runs_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "service.graphql.evolution"], cwd=ROOT, capture_output=True, text=True, check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_make_check_fails_on_a_break(tmp_path: Path) -> None:
    """The command itself, over a copy of the package whose released schema has something that is gone now."""
    released = _changed("  discountRate: Float", "  discountRate: Float\n\n  smell: String")
    copy = tmp_path / "service" / "graphql"
    copy.mkdir(parents=True)
    for name in ("evolution.py", "breaking_changes.txt"):
        (copy / name).write_text((FOLDER / name).read_text(encoding="utf-8"), encoding="utf-8")
    (copy / "released.graphql").write_text(released, encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text("", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, copy / "evolution.py"], cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert (done.returncode, done.stderr) == (1, "schema: breaks clients, and is not declared: Field Product.smell was removed.\n")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    check = makefile.partition("\ncheck:")[2].partition("\n\n")[0]
    assert "-m service.graphql.evolution" in check
