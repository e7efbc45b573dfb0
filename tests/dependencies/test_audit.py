"""The audit of dependencies is never green because nobody answered."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from tests.dependencies.audit import CONSTRAINTS, CONTROL, Audit, judge, pinned

OURS = ["numpy==2.4.0", "jinja2==3.1.6"]


def told(requirements: Sequence[str], *vulnerable: str) -> str:
    """As pip-audit tells it."""
    found = [{"id": "CVE-2019-10906", "fix_versions": ["2.10.1"], "aliases": [], "description": ""}]
    packages = [one.split("==") for one in requirements]
    return json.dumps({"fixes": [], "dependencies": [
        {"name": name, "version": version, "vulns": found if f"{name}=={version}" in vulnerable else []}
        for name, version in packages
    ]})


def mirror_without_advisories(requirements: Sequence[str]) -> str:
    skipped = [{"name": one, "skip_reason": "Dependency not found on PyPI"} for one in requirements]
    return json.dumps({"fixes": [], "dependencies": skipped})


@pytest.mark.parametrize("audit", [lambda _: "", mirror_without_advisories, told])
def test_without_a_database_it_is_skipped_in_one_loud_line(audit: Audit) -> None:
    code, said = judge(OURS, audit)
    assert code == 0
    assert "NOT AUDITED" in said
    assert "\n" not in said


def test_what_is_known_against_a_dependency_fails_the_check_by_name() -> None:
    code, said = judge(OURS, lambda them: told(them, CONTROL, "numpy==2.4.0"))
    assert (code, said) == (1, "numpy 2.4.0 is vulnerable: CVE-2019-10906, fixed in 2.10.1")


def test_nothing_known_is_said_with_the_number_of_dependencies() -> None:
    code, said = judge(OURS, lambda them: told(them, CONTROL))
    assert (code, said) == (0, "2 dependencies audited: nothing known against them")


def test_an_audit_that_breaks_off_after_the_control_is_no_pass() -> None:
    code, said = judge(OURS, lambda them: told(them, CONTROL) if them == [CONTROL] else "")
    assert code == 1
    assert "pip-audit failed" in said


def test_what_is_audited_are_exact_versions_of_all_that_is_shipped() -> None:
    pins = pinned(CONSTRAINTS.read_text(encoding="utf-8"))
    assert all(one.count("==") == 1 for one in pins)
    assert {"feast", "strawberry-graphql", "starlette", "sqlalchemy"} <= {one.split("==")[0].lower() for one in pins}
