"""The command ``meridian``: serve, demo, organisers, exchange, upkeep. Part of the composition root."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from conference import __version__, clock, codes, db
from conference.errors import BadSetting, DomainError
from conference.settings import PREFIX, Settings

if TYPE_CHECKING:
    from conference.mail.intake import MailHandler

Result = TypeVar("Result")


class Refusal(click.ClickException):
    """What stops a command, in one line and without a traceback."""

    exit_code = 2


def read_settings(**overrides: object) -> Settings:
    """The settings, with the command line's options above the environment's. Exits naming the variable at fault."""
    environ = dict(os.environ)
    environ.update(
        {PREFIX + name.upper(): str(value) for name, value in overrides.items() if value is not None}
    )
    try:
        return Settings.from_environment(environ)
    except BadSetting as error:
        raise Refusal(str(error)) from error


def run_with_database(settings: Settings, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
    """Bind and migrate the database, run ``work``, close. A refusal ends the command with its sentence."""

    async def whole() -> Result:
        db.bind(db.make_engine(settings.database_url, settings.data_dir))
        await db.open_pool()
        try:
            await db.migrate()
            return await work()
        finally:
            await db.close_pool()

    codes.use_secret(settings.secret_key)
    try:
        return asyncio.run(whole())
    except BadSetting as error:
        raise Refusal(str(error)) from error
    except (DomainError, db.DatabaseTooNew) as error:
        raise Refusal(getattr(error, "message", str(error))) from error


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="meridian")
def main() -> None:
    """Meridian: international virtual conferences, right in every time zone."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("piccolo").setLevel(logging.WARNING)  # it reports the SQLite version at every start


@main.command()
@click.option("--host", help="Address to listen on (MERIDIAN_HOST).")
@click.option("--port", type=int, help="Port to listen on (MERIDIAN_PORT).")
@click.option("--workers", type=int, help="Server processes (MERIDIAN_WORKERS).")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Migrate the database and serve."""
    gc.disable()  # until the application is loaded: of what that makes nearly nothing is garbage
    from conference.app import create_app

    _serve(read_settings(host=host, port=port, workers=workers), create_app)


def _serve(settings: Settings, make_app: Callable[[Settings], Any]) -> None:
    from conference.serving import listening_address, serve_forever

    try:
        listening_address(settings)
        run_with_database(settings, _nothing)
        serve_forever(settings, make_app)
    except BadSetting as error:
        raise Refusal(str(error)) from error


@main.command(hidden=True)
def serve_measured() -> None:
    """Serve, and say with each answer what it cost: ``meridian bench`` starts this."""
    from conference.app import create_app
    from conference.benchmarks.measured import measured

    _serve(read_settings(), partial(measured, create_app))


async def _nothing() -> None:
    """``run_with_database`` has migrated; there is no more to do."""


@main.command()
@click.option("--as-published", is_flag=True, help="Keep the published date, 25 June 2021.")
def demo(as_published: bool) -> None:
    """Load the demo conference (once), and print a sign-in link for its organiser."""
    from registration.demo import load_demo

    settings = read_settings()
    for line in run_with_database(
        settings, lambda: load_demo(settings, as_published=as_published, now=clock.now())
    ):
        click.echo(line)


@main.group()
def organiser() -> None:
    """Organisers' accounts."""


@organiser.command("add")
@click.argument("email")
@click.option("--name", default="", help="The person's name.")
@click.option("--password", is_flag=True, help="Ask for a password; else the person signs in by link.")
@click.option("--conference", "slug", help="Address of a conference that the person shall own.")
def organiser_add(email: str, name: str, password: bool, slug: str | None) -> None:
    """Make an account that may create conferences, and print a one-time sign-in link."""
    from conference import auth, team
    from conference.addresses import parse_address

    settings = read_settings()
    typed = click.prompt("Password", hide_input=True, confirmation_prompt=True) if password else ""

    async def work() -> str:
        address = parse_address(email).address
        hashed = await auth.hash_password(typed) if typed else None
        async with db.transaction():
            now = clock.now()
            row = await team.add_organiser(address, name, may_create=True, now=now, password_hash=hashed)
            if slug:
                await team.make_owner(slug, row, actor="command line", now=now)
        link = await auth.make_sign_in_link(row.id, now=clock.now(), lifetime=auth.FIRST_LINK_LIFETIME)
        return f"{settings.base_url}/organise/sign-in/{link.token}"

    click.echo(run_with_database(settings, work))


@main.command("import")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--conference", "slug", help="Address of the conference to make; default from the file.")
@click.option("--into", help="Address of a conference that is there: its draft takes the files in.")
@click.option("--dry-run", is_flag=True, help="With --into: only say what would change.")
@click.option("--zone", help="Time zone of the files' times where they name none.")
@click.option(
    "--first-day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="First day of the conference where the files have no dates.",
)
@click.option("--owner", help="E-mail address of the organiser who shall own it.")
@click.option("--publish", is_flag=True, help="Publish the imported programme as release 1.")
def import_(
    files: tuple[Path, ...],
    slug: str | None,
    into: str | None,
    dry_run: bool,
    zone: str | None,
    first_day: datetime | None,
    owner: str | None,
    publish: bool,
) -> None:
    """Read a schedule (XML, JSON, a calendar, sheets or YAML, of whatever system) into a new conference or a draft."""
    from sessions.imports.from_files import import_files, import_into

    if into and (slug or zone or owner or publish):
        raise click.UsageError("--into goes with --dry-run and --first-day only.")
    if dry_run and not into:
        raise click.UsageError("--dry-run goes with --into.")
    settings = read_settings()
    begins = first_day.date() if first_day else None

    async def work() -> list[str]:
        if into:
            return await import_into(files, into, first_day=begins, only_look=dry_run, now=clock.now())
        return await import_files(
            files,
            slug=slug,
            zone=zone,
            first_day=begins,
            owner=owner,
            publish=publish,
            uid_host=settings.base_host,
            now=clock.now(),
        )

    for line in run_with_database(settings, work):
        click.echo(line)


@main.command()
@click.argument("slug")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["xml", "json", "ics", "yaml", "csv", "speakers-csv", "xlsx", "bag"]),
    default="xml",
)
@click.option("--draft", is_flag=True, help="The draft with everything private, as yaml, csv or xlsx.")
def export(slug: str, kind: str, draft: bool) -> None:
    """Write a conference's latest release (or its draft) to standard output; as bag: all its resources, a zip."""
    from sessions.interchange.exporting import DRAFT_KINDS, export_draft, export_programme

    if kind == "bag":
        _export_bag(slug)
        return
    if draft and kind not in DRAFT_KINDS:
        raise Refusal(f"A draft is exported as {', '.join(DRAFT_KINDS)}.")
    settings = read_settings()
    write = export_draft if draft else export_programme
    data = run_with_database(settings, lambda: write(slug, kind, base_url=settings.base_url))
    sys.stdout.buffer.write(data)


def _export_bag(slug: str) -> None:
    """Every pack, published or not, with all files, as one BagIt bag."""
    from conference.storage import open_storage
    from sessions.packs.bags.bag_zip import write_everything

    if sys.stdout.isatty():
        raise Refusal(f"A bag is a zip file: write it into one, as in … > {slug}.zip")
    settings = read_settings()
    storage = open_storage(settings.storage_url, settings.data_dir)
    out = sys.stdout.buffer
    run_with_database(
        settings, lambda: write_everything(slug, out, storage=storage, base_url=settings.base_url)
    )


@main.command()
def worker() -> None:
    """Send mail and run jobs, beside web processes started with MERIDIAN_RUN_JOBS=no."""
    from conference import jobs
    from conference.app import job_kinds

    settings = read_settings()
    try:
        run_with_database(settings, lambda: jobs.run_forever(job_kinds(settings)))
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)


@main.command("mail-in")
@click.option("--mbox", type=click.Path(path_type=Path), help="A mailbox file to read.")
@click.option("--maildir", type=click.Path(path_type=Path), help="A Maildir to read.")
@click.option(
    "--lmtp",
    metavar="PLACE",
    help="Listen for a mail server that hands mail over, at 127.0.0.1:2424 or the path of a socket, until stopped.",
)
def mail_in_(mbox: Path | None, maildir: Path | None, lmtp: str | None) -> None:
    """Read mail that came in: reports that a mail came back, and answers from calendars. Else one message from stdin."""
    from conference.mail import intake
    from conference.mail.bounced import handle_bounce
    from registration.calendars.replies import handle_calendar_reply

    handlers: list[intake.MailHandler] = [handle_bounce, handle_calendar_reply]  # in the order they are asked
    if sum(map(bool, (mbox, maildir, lmtp))) > 1:
        raise Refusal("Please give one of --mbox, --maildir and --lmtp.")
    settings = read_settings()

    async def work() -> None:
        if lmtp:
            await _serve_lmtp(settings, lmtp, handlers)
            return
        if mbox:
            messages = intake.messages_in_mbox(mbox)
        elif maildir:
            messages = intake.messages_in_maildir(maildir)
        else:
            messages = intake.message_in_stream(sys.stdin.buffer)
        async for line in intake.mail_in(messages, handlers, now=clock.now()):
            click.echo(line)

    run_with_database(settings, work)


async def _serve_lmtp(settings: Settings, asked: str, handlers: Sequence[MailHandler]) -> None:
    """Take mail in until the process is told to stop."""
    from conference import stopping
    from conference.mail import intake, lmtp

    async def take_in(data: bytes, recipient: str) -> intake.Taken:
        return await intake.take_in(data, handlers, now=clock.now(), recipient=recipient)

    stopped = asyncio.Event()
    stopping.listen_for_signals()
    ours = [address for address in (settings.mail_from, settings.mail_return) if address]
    with stopping.woken_by_stop(stopped):
        async with lmtp.listening(lmtp.read_place(asked), take_in, ours) as where:
            click.echo(f"Taking mail in for {', '.join(ours)} at {where}")
            await stopped.wait()


@main.command()
@click.argument("target", type=click.Path(path_type=Path))
def backup(target: Path) -> None:
    """Write database, files and key into one archive, also while the server runs."""
    from conference.backup import back_up

    try:
        click.echo(back_up(read_settings(), target))
    except DomainError as error:
        raise Refusal(error.message) from error
    except BadSetting as error:
        raise Refusal(str(error)) from error


@main.command()
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(archive: Path) -> None:
    """Put a backup into an empty data folder."""
    from conference.backup import restore_from

    try:
        click.echo(restore_from(read_settings(), archive))
    except DomainError as error:
        raise Refusal(error.message) from error
    except BadSetting as error:
        raise Refusal(str(error)) from error


@main.command()
@click.option(
    "--rederive", is_flag=True, help="Keep the wall-clock times of slots whose zone's rules have changed."
)
@click.option(
    "--files",
    "whole",
    is_flag=True,
    help="Also read every byte of every file, and look for what nothing needs.",
)
@click.option("--sweep", is_flag=True, help="With --files: remove what nothing needs and has lain for a day.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of lines.")
def doctor(rederive: bool, whole: bool, sweep: bool, as_json: bool) -> None:
    """Check settings, database, time zones, files and mail; exit 1 when something needs a person."""
    from conference.file_check import FilesReport, check_files
    from conference.storage import StorageUnavailable, open_storage
    from registration.rights.retaining import overdue
    from registration.stored_files import CLAIMS
    from sessions.doctor import Finding, diagnose, file_findings, rederive_slots

    if sweep and not whole:
        raise click.UsageError("--sweep goes with --files.")
    settings = read_settings()
    told = run_with_database(settings, lambda: rederive_slots(now=clock.now())) if rederive else []
    for line in told:
        click.echo(line, err=as_json)
    progress = Progress() if whole else None

    async def look() -> tuple[list[Finding], FilesReport | None]:
        now = clock.now()
        findings = await diagnose(settings, now=now)
        findings += [Finding(False, line) for line in await overdue(now)]
        storage, report = open_storage(settings.storage_url, settings.data_dir), None
        try:
            report = await check_files(
                storage,
                CLAIMS,
                now=now,
                whole=whole,
                sweep=sweep,
                tell=progress.tell if progress else _silent,
            )
            findings += file_findings(report)
        except StorageUnavailable:
            away = storage.health.away
            findings.append(
                Finding(False, f"Files: the store cannot be used: {away.words if away else 'no answer'}.")
            )
        return findings, report

    findings, report = run_with_database(settings, look)
    is_fine = all(finding.is_fine for finding in findings)
    if as_json:
        lines = [{"fine": finding.is_fine, "text": finding.text} for finding in findings]
        document = {"fine": is_fine, "findings": lines, "files": report.as_json() if report else None}
        click.echo(json.dumps(document, ensure_ascii=False, indent=1))
    else:
        for finding in findings:
            click.echo(f"{'ok   ' if finding.is_fine else 'LOOK '} {finding.text}")
    if not is_fine:
        sys.exit(1)


def _silent(_line: str) -> None:
    """A short look tells no progress."""


class Progress:
    """Lines about long work, one every few seconds, beside what the command says in the end."""

    EVERY = 5.0  # seconds

    def __init__(self) -> None:
        self._next = time.monotonic() + self.EVERY

    def tell(self, line: str) -> None:
        """Say the line, unless one was said a moment ago."""
        if time.monotonic() >= self._next:
            click.echo(line, err=True)
            self._next = time.monotonic() + self.EVERY


@main.command()
@click.option("--seconds", default=3.0, show_default=True, help="Length of each measurement.")
@click.option("--only", help="Only the measurements whose name contains this; several, separated by commas.")
@click.option(
    "--schedule",
    type=click.Path(exists=True, path_type=Path),
    help="Import this file instead of a made-up one.",
)
@click.option(
    "--postgres",
    envvar="MERIDIAN_DATABASE_URL",
    default="",
    help="A PostgreSQL server on which databases may be made and removed (MERIDIAN_DATABASE_URL).",
)
@click.option(
    "--listing",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write each page of “walking”, with what it cost, to this CSV file.",
)
def bench(
    seconds: float, only: str | None, schedule: Path | None, postgres: str, listing: Path | None
) -> None:
    """Measure this machine: pages beside a bare handler, the editor, imports, registrations, reminders, ten thousand people.

    Uses a scratch folder and databases of its own.
    """
    from registration.benchmarks.results import Asked
    from registration.benchmarks.run import run_bench

    asked = Asked(seconds, schedule, listing=listing)
    if not run_bench(asked, only=only, postgres_url=postgres, say=click.echo):
        sys.exit(1)


if __name__ == "__main__":
    main()
