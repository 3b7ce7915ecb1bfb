"""The ``regulars`` command: which commands there are."""

import typer

from api.commands import demo, doctor, documents, import_file, key, migrate, schema, serve, tenant, worker
from api.commands.frame import EXITS

app = typer.Typer(
    name="regulars",
    help="Keeps merchants' regular customers.",
    epilog=EXITS,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals hold secrets
)
app.add_typer(tenant.app, name="tenant")
app.add_typer(key.app, name="key")
app.add_typer(documents.app, name="documents")
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("migrate")(migrate.migrate)
app.command("doctor")(doctor.doctor)
app.command("import")(import_file.import_)
app.command("schema")(schema.schema)


def main() -> None:
    """The entry point."""
    app()
