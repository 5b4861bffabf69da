"""The command line. It parses words and prints results; what happens lives in the rooms below."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

import helpers
from helpers.errors import InputError
from helpers.language import Language, language
from helpers.terminal import (
    Faults,
    clients_table,
    ends_table,
    err,
    known_language,
    out,
    pair,
    print_end,
    print_lines,
    print_summary,
    print_table,
    show_mapping,
    typed,
)

app = typer.Typer(
    help="Who comes back, who is leaving, what to do on Monday, and whether it worked.",
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
)  # fmt: skip
Workspace = Annotated[Path, typer.Option(help="Folder that holds the clients' folders.", envvar="RETENTION_WORKSPACE")]
Lang = Annotated[str | None, typer.Option(help="Language of messages and report: vi or en.")]
Slug = Annotated[str, typer.Argument(help="The client's folder name, as `retention list` shows it.")]
CLIENTS = Path("clients")
Port = Annotated[int, typer.Option(help="Port on this machine; 0 picks a free one.")]
Browser = Annotated[bool, typer.Option(help="Open the page in the browser.")]


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="The business's name, e.g. “Tiệm Cà Phê Mây”.")],
    more: Annotated[list[Path] | None, typer.Argument(help="Further order files.", metavar="[FILE]...")] = None,
    orders: Annotated[
        list[Path] | None, typer.Option(help="A file or folder of orders; may be given several times.")
    ] = None,
    lang: Lang = None,
    currency: Annotated[str, typer.Option(help="ISO code of the money in the files.")] = "VND",
    margin: Annotated[float | None, typer.Option(help="Gross margin as a share, e.g. 0.35.")] = None,
    column: Annotated[
        list[str] | None, typer.Option(metavar="ROLE=HEADER", help="Which header plays a role, e.g. ordered_at=Ngày.")
    ] = None,
    no_file: Annotated[
        bool, typer.Option("--no-file", help="Begin without a file: it is dropped on the session page, or never.")
    ] = False,
    workspace: Workspace = CLIENTS,
) -> None:
    """Create a client from its export: recognise the format and write business.yml."""
    from helpers.onboarding import create

    say = known_language(lang or "vi")
    with Faults(say, workspace):
        columns = dict(pair(word) for word in column or [])
        files = [*(orders or []), *(more or [])]
        made = create(
            name, files, workspace, lang=say.code, currency=currency, margin=margin, columns=columns, no_file=no_file
        )
        for found in made.recognised:
            show_mapping(found, say)
        if no_file:
            out.print(
                say.text(
                    "Created {path}. Next: retention session {slug}", path=str(made.file), slug=made.file.parent.name
                )
            )
            return
        out.print(
            say.text(
                "Created {path}. Next: retention check {slug}, then retention run {slug}",
                path=str(made.file),
                slug=made.file.parent.name,
            )
        )


@app.command()
def check(
    slug: Slug,
    lang: Lang = None,
    json: Annotated[Path | None, typer.Option(help="Write the report to this file as JSON as well.")] = None,
    show_personal_data: Annotated[
        bool, typer.Option("--show-personal-data", help="List the codes of suspicious customers.")
    ] = False,
    workspace: Workspace = CLIENTS,
) -> None:
    """Read the client's files and report their quality, without running anything."""
    from helpers.checking import check_client, write_record

    with Faults(_language_of(slug, lang, workspace), workspace) as say:
        from helpers.pipeline.workspace import client_folder

        client = client_folder(workspace, slug)
        report = check_client(client, today=date.today(), show_personal_data=show_personal_data)
        if json is not None:
            write_record(report, json)
        print_lines(report.lines(say))


@app.command()
def identities(
    slug: Slug,
    key: Annotated[
        str | None, typer.Option(help="Only the customer with this code, SYSTEM:CODE, phone number or e-mail.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many joined customers to list, most orders first.")] = 20,
    csv: Annotated[
        Path | None, typer.Option(help="Write every key with its evidence to this file as well (personal data).")
    ] = None,
    show_personal_data: Annotated[
        bool, typer.Option("--show-personal-data", help="Show codes, phone numbers and e-mails in full.")
    ] = False,
    lang: Lang = None,
    workspace: Workspace = CLIENTS,
) -> None:
    """List who was recognised as one person across files and systems, and by what."""
    from helpers.identities import list_identities

    with Faults(_language_of(slug, lang, workspace), workspace) as say:
        from helpers.pipeline.workspace import client_folder

        client = client_folder(workspace, slug)
        found = list_identities(client, today=date.today(), asked=key, limit=limit, write_to=csv)
        print_lines(found.lines(say, show_personal_data=show_personal_data))


@app.command()
def forget(
    slug: Slug,
    customer: Annotated[str, typer.Argument(help="Their customer code, SYSTEM:CODE, phone number or e-mail.")],
    lang: Lang = None,
    workspace: Workspace = CLIENTS,
) -> None:
    """Remove one person from everything the client's folder holds, and keep them out of every later run."""
    from helpers.privacy.forget import forget as forget_one

    with Faults(_language_of(slug, lang, workspace), workspace) as say:
        from helpers.pipeline.workspace import client_folder

        print_lines(forget_one(client_folder(workspace, slug), customer, today=date.today()).lines(say))


@app.command()
def retire(
    slug: Slug,
    keep_reports: Annotated[
        bool, typer.Option("--keep-reports", help="Leave each run's report.html and metrics.json, which name nobody.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first (for scripts).")] = False,
    lang: Lang = None,
    workspace: Workspace = CLIENTS,
) -> None:
    """Remove a client who leaves: every file that names a person, and the client's folder with it."""
    from helpers.privacy.retire import retire as retire_client

    with Faults(_language_of(slug, lang, workspace), workspace) as say:
        from helpers.pipeline.workspace import client_folder

        client = client_folder(workspace, slug)
        question = say.text("Remove everything of “{client}”? It cannot be brought back.", client=client.name)
        if not yes and not typer.confirm(question, err=True):
            raise InputError("Nothing was removed.")
        print_lines(retire_client(client, keep_reports=keep_reports, today=date.today()).lines(say))


@app.command()
def run(
    slug: Annotated[str | None, typer.Argument(help="The client's folder name.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Run every client of the workspace.")] = False,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day of data to use; default the last order.")
    ] = None,
    lang: Lang = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", "-p", metavar="NAME=VALUE", help="A notebook parameter.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Redo every stage, even if nothing changed.")] = False,
    pdf: Annotated[
        bool,
        typer.Option(
            "--pdf", help="Print the report as report.pdf as well, by the Chrome, Edge or Chromium installed."
        ),
    ] = False,
    with_code: Annotated[
        bool,
        typer.Option(
            "--with-code", help="Write the analyst's variant as well: every figure with cell, code and tables."
        ),
    ] = False,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="With --all: clients at once; default as cores and memory allow.")
    ] = None,
    workspace: Workspace = CLIENTS,
) -> None:
    """Run the whole playbook and write the report."""
    from helpers.pipeline import workspace as places

    end = as_of.date() if as_of else None
    if every == (slug is not None):
        with Faults(known_language(lang or "vi"), workspace):
            raise InputError("Give the client's name, or --all for every client of the workspace.")
    if slug is not None:
        with Faults(_language_of(slug, lang, workspace), workspace) as say:
            _run_one(
                places.client_folder(workspace, slug),
                end,
                lang,
                parameter or [],
                force,
                say,
                pdf=pdf,
                with_code=with_code,
            )
        return
    folders = places.clients(workspace)
    if not folders:
        with Faults(known_language(lang or "vi"), workspace):
            raise InputError(
                "No clients in {workspace} yet. Create one with “retention new”.", workspace=str(workspace)
            )
    _run_all(folders, end, lang, parameter or [], force, workspace, pdf=pdf, with_code=with_code, jobs=jobs)


@app.command()
def demo(
    open_session: Annotated[
        bool, typer.Option("--session", help="Open the guided session on the example, with its example answers.")
    ] = False,
    reset: Annotated[
        bool, typer.Option("--reset", help="First put the example back as it came; clients stay as they are.")
    ] = False,
    blank: Annotated[
        bool, typer.Option("--blank", help="The same, without any answers: to practise a whole session.")
    ] = False,
    lang: Lang = None,
    port: Port = 0,
    browser: Browser = True,
    workspace: Workspace = CLIENTS,
) -> None:
    """Run the playbook on the example business that travels with the project."""
    from helpers.pipeline import example

    with Faults(known_language(lang or "vi"), workspace) as say:
        folder = workspace / example.FOLDER
        client = example.reset(folder, blank=blank) if reset or blank else example.install(folder)
        if not open_session or not (client / "runs").is_dir():
            _run_one(client, None, lang, [], False, say, today=example.TODAY)
        if open_session:
            from helpers.serving import serve_session

            serve_session(client, say, port=port, browser=browser, announce=out.print)


@app.command()
def session(
    slug: Slug,
    lang: Lang = None,
    port: Port = 0,
    browser: Browser = True,
    workspace: Workspace = CLIENTS,
) -> None:
    """Open the guided session with the owner in a browser (on this machine only)."""
    from helpers.serving import serve_session

    with Faults(_language_of(slug, lang, workspace), workspace) as say:
        from helpers.pipeline.workspace import client_folder

        serve_session(client_folder(workspace, slug), say, port=port, browser=browser, announce=out.print)


@app.command(name="print")
def print_sheets(
    names: Annotated[list[str] | None, typer.Argument(help="Scripts or plays, by id.", metavar="[NAME]...")] = None,
    to: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("to-print.html"),
    shop: Annotated[str | None, typer.Option(help="The business's name, written into the texts.")] = None,
    lang: Lang = None,
    workspace: Workspace = CLIENTS,
) -> None:
    """Write pages of the playbook as a file to print: all one-page scripts, or the scripts and plays named."""
    from helpers.report.sheets import write_sheets

    with Faults(known_language(lang or "vi"), workspace) as say:
        pages = write_sheets(names or [], to, say, shop)
        out.print(
            say.plural(
                "Written to {file}: {n} page to print on A4.",
                "Written to {file}: {n} pages to print on A4.",
                pages,
                file=to.name,
            )
        )


@app.command()
def lab(slug: Slug, lang: Lang = None, workspace: Workspace = CLIENTS) -> None:
    """Open the notebooks in JupyterLab on this client's last run."""
    from helpers.serving import open_lab

    with Faults(_language_of(slug, lang, workspace), workspace) as say:
        from helpers.pipeline.workspace import client_folder

        raise typer.Exit(open_lab(client_folder(workspace, slug), say))


@app.command(name="list")
def list_clients(
    html: Annotated[
        Path | None, typer.Option(help="Write the list to this file as a page as well, in the folder of the clients.")
    ] = None,
    lang: Lang = None,
    workspace: Workspace = CLIENTS,
) -> None:
    """List the clients of the workspace with their last run."""
    from helpers.portfolio import portfolio, write_page

    with Faults(known_language(lang or "vi"), workspace) as say:
        rows = portfolio(workspace)
        if not rows:
            out.print(
                say.text("No clients in {workspace} yet. Create one with “retention new”.", workspace=str(workspace))
            )
            return
        print_table(clients_table(rows, say))
        if html is not None:
            out.print(str(write_page(rows, workspace / html, say)))


@app.callback(invoke_without_command=True)
def about(version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False) -> None:
    """Retention playbook."""
    if version:
        out.print(helpers.__version__)
        raise typer.Exit


def _run_one(
    client: Path,
    as_of: date | None,
    lang: str | None,
    parameters: list[str],
    force: bool,
    say: Language,
    today: date | None = None,
    *,
    pdf: bool = False,
    with_code: bool = False,
) -> None:
    from helpers.pipeline import kernels
    from helpers.printing import browser, print_report

    program = browser() if pdf else None  # before the work, not after it

    kernels.warm_up()  # before the heavy imports below, so that both processes import at the same time
    from helpers.pipeline.run import Order
    from helpers.pipeline.run import run as run_client
    from helpers.progress import watching

    order = Order(client, today or date.today(), as_of, lang, typed(parameters), force)
    with watching(err, say) as watcher:
        done = run_client(order, watcher.cell, watcher.stage)
    out.print(str(done.report))
    if program is not None:
        out.print(str(print_report(done.report, program)))
    if with_code:
        from helpers.with_code import write_with_code

        out.print(str(write_with_code(done.folder)))


def _run_all(
    folders: list[Path], as_of: date | None, lang: str | None, parameters: list[str], force: bool, workspace: Path,
    *, pdf: bool, with_code: bool, jobs: int | None,
) -> None:  # fmt: skip
    """Clients side by side; one that fails is named and the rest go on."""
    from helpers.fleet import Asked, in_order, language_of, run_many, share
    from helpers.portfolio import PAGE, portfolio, write_page
    from helpers.printing import browser
    from helpers.progress import following

    with Faults(known_language(lang or "vi"), workspace) as say:
        program = browser() if pdf else None  # before the work, not after it
        asked = Asked(date.today(), as_of, lang, typed(parameters), force, program, with_code)
        ends = []
        with (
            following(err, say, len(folders)) as follower,
            closing(run_many(folders, asked, share(len(folders), jobs), follower.stage)) as running,
        ):
            for end in in_order(running, folders, follower.ended):
                print_end(end, language_of(workspace / end.slug, lang), workspace)
                ends.append(end)
        print_table(ends_table(ends, say), err)
        print_summary(ends, say)
        rows = portfolio(workspace)
        print_table(clients_table(rows, say), err)
        err.print(str(write_page(rows, workspace / PAGE, say)), markup=False)
    codes = {end.code for end in ends} - {0}
    if codes:
        raise typer.Exit(min(codes))


def _language_of(slug: str, lang: str | None, workspace: Path) -> Language:
    """The language asked for, else the client's own, else Vietnamese: faults must be worded before the client is loaded."""
    if lang:
        return known_language(lang)
    try:
        from helpers.fleet import language_of
        from helpers.pipeline.workspace import client_folder

        return language_of(client_folder(workspace, slug), None)
    except InputError:
        return language("vi")


def main() -> None:
    """Entry point of the console script."""
    # Matrices here are tiny and notebooks run side by side: threads of the linear algebra library would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    app()


if __name__ == "__main__":
    main()
