"""The command line: `konomi`, or `python -m service`."""

from __future__ import annotations

import os

import typer

from service.commands import (
    bench,
    correcting,
    demo,
    documents,
    evaluate,
    importing,
    offline,
    operating,
    privacy,
    projecting,
    retention,
    serving,
    tune,
)
from service.commands.people import OfPeople

app = typer.Typer(
    name="konomi", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Personalised products, content and ads over GraphQL, each with a true reason.",
)
index = typer.Typer(no_args_is_help=True, help="Build and verify the FAISS indexes of a trained version.")
trusted = typer.Typer(no_args_is_help=True, help="Trusted documents: what the shop's own clients send.")
rights = typer.Typer(
    cls=OfPeople, no_args_is_help=True, help="A person's rights: everything told, everything erased, and proved.",
)

app.command("demo")(demo.demo_command)
app.command("import")(importing.import_command)
app.command("simulate")(demo.simulate_command)
app.command("features")(offline.features_command)
app.command("train")(offline.train_command)
app.add_typer(index, name="index")
index.command("build")(offline.build_command)
index.command("verify")(offline.verify_command)
app.command("publish")(offline.publish_command)
app.command("rollback")(offline.rollback_command)
app.command("refresh")(offline.refresh_command)
app.command("serve")(serving.serve_command)
app.add_typer(trusted, name="documents")
trusted.command("register")(documents.register_command)
trusted.command("withdraw")(documents.withdraw_command)
trusted.command("list")(documents.list_command)
app.command("schema")(serving.schema_command)
app.command("settings")(operating.settings_command)
app.command("projector")(projecting.projector_command)
app.command("migrate")(operating.migrate_command)
app.command("token")(operating.token_command)
app.command("retention")(retention.retention_command)
app.add_typer(rights, name="privacy")
rights.command("export")(privacy.export_command)
rights.command("correct")(correcting.correct_command)
rights.command("erase")(privacy.erase_command)
rights.command("verify")(privacy.verify_command)
rights.command("audit")(privacy.audit_command)
app.command("evaluate")(evaluate.evaluate_command)
app.command("tune")(tune.tune_command)
app.command("bench")(bench.bench_command)


def main() -> None:
    """Run the command that was called."""
    # OpenMP reads it when it is loaded, with FAISS or LightGBM: by now neither is.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # noqa: TID251 - told to a library, not read by us
    app()
