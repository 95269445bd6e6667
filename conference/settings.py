"""Settings: read once from ``MERIDIAN_…`` variables and an optional TOML file, and checked at start.

A variable wins over the file. ``MERIDIAN_CONFIG`` names the file, whose keys are the variables' names in small
letters without the prefix. Every setting stands once, in ``SETTINGS``; the README's table is made from it.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from conference.errors import BadSetting

PREFIX = "MERIDIAN_"

SETTINGS: tuple[tuple[str, str, str], ...] = (
    ("HOST", "127.0.0.1", "address the server listens on"),
    ("PORT", "8000", "port the server listens on"),
    (
        "DATA_DIR",
        "data",
        "folder of the database, uploaded files, mails without a server, and the secret key",
    ),
    ("DATABASE_URL", "", "empty: one SQLite file in the data folder; or postgres://user:password@host/name"),
    (
        "STORAGE_URL",
        "",
        "empty: files/ in the data folder; or s3://bucket/prefix with keys from AWS_… variables, as said under “Files” below",
    ),
    ("BASE_URL", "", "public address of the site, used in mails and calendars; default http://HOST:PORT"),
    ("SECRET_KEY", "", "at least 32 characters; empty: made once and kept in the data folder"),
    (
        "SMTP_URL",
        "",
        "smtp://, smtps:// or smtp+starttls://user:password@host:port; empty: mails become .eml files in mail/",
    ),
    ("MAIL_FROM", "", "sender's address of all mail; default meridian@ the host of BASE_URL"),
    (
        "MAIL_RETURN",
        "",
        "where mail that cannot be delivered comes back to; default MAIL_FROM. A * in it becomes each mail's own mark, "
        "as in bounce+*@conf.example.org, so that every report is known for what it is",
    ),
    ("MAIL_PER_DOMAIN", "300", "mails a minute to one domain, such as gmail.com; 0: as fast as they go"),
    ("WORKERS", "1", "server processes"),
    (
        "RUN_JOBS",
        "yes",
        "yes: the web process also sends mail and runs jobs; no: leave them to `meridian worker`",
    ),
    ("MAX_UPLOAD_MB", "5120", "largest file an organiser or a speaker may upload, in megabytes"),
    ("CONFIG", "", "path of a TOML file with these settings"),
)


@dataclass(frozen=True)
class Settings:
    """What an operator decides. ``base_url`` has no trailing slash; an empty URL means the built-in default."""

    host: str
    port: int
    data_dir: Path
    database_url: str
    storage_url: str
    base_url: str
    secret_key: bytes
    smtp_url: str
    mail_from: str
    mail_return: str
    mail_per_domain: int
    workers: int
    run_jobs: bool
    max_upload_bytes: int

    @property
    def is_https(self) -> bool:
        """Whether the public address is https, and cookies may be marked Secure."""
        return self.base_url.startswith("https://")

    @property
    def base_host(self) -> str:
        """Host name of the public address, without port."""
        return urlsplit(self.base_url).hostname or "localhost"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read and check the settings. Raises BadSetting naming the variable at fault."""
        environ = os.environ if environ is None else environ
        values = _raw_values(environ)
        host = values["HOST"]
        port = _whole_number(values, "PORT", least=1, most=65535)
        data_dir = Path(values["DATA_DIR"]).expanduser().resolve()
        base_url = (values["BASE_URL"] or f"http://{host}:{port}").rstrip("/")
        _check_url("BASE_URL", base_url, ("http", "https"))
        if urlsplit(base_url).path:
            raise BadSetting(
                PREFIX + "BASE_URL", "must be an address without a path, such as https://conf.example.org"
            )
        if values["DATABASE_URL"]:
            _check_url("DATABASE_URL", values["DATABASE_URL"], ("postgres", "postgresql"), need_host=False)
        if values["STORAGE_URL"]:
            _check_url("STORAGE_URL", values["STORAGE_URL"], ("s3", "file"), need_host=False)
        if values["SMTP_URL"]:
            _check_url("SMTP_URL", values["SMTP_URL"], ("smtp", "smtps", "smtp+starttls"))
        mail_from = values["MAIL_FROM"] or f"meridian@{urlsplit(base_url).hostname}"
        _check_address("MAIL_FROM", mail_from)
        if values["MAIL_RETURN"]:
            _check_address("MAIL_RETURN", values["MAIL_RETURN"])
            local, _at, domain = values["MAIL_RETURN"].rpartition("@")
            if local.count("*") > 1 or "*" in domain or len(local) > 44:
                raise BadSetting(
                    PREFIX + "MAIL_RETURN", "may hold one *, among at most 44 characters before the @"
                )
        return cls(
            host=host,
            port=port,
            data_dir=data_dir,
            database_url=values["DATABASE_URL"],
            storage_url=values["STORAGE_URL"],
            base_url=base_url,
            secret_key=_secret_key(values["SECRET_KEY"], data_dir),
            smtp_url=values["SMTP_URL"],
            mail_from=mail_from,
            mail_return=values["MAIL_RETURN"],
            mail_per_domain=_whole_number(values, "MAIL_PER_DOMAIN", least=0, most=1_000_000),
            workers=_whole_number(values, "WORKERS", least=1, most=64),
            run_jobs=_yes_or_no(values, "RUN_JOBS"),
            max_upload_bytes=_whole_number(values, "MAX_UPLOAD_MB", least=1, most=100_000) * 1024 * 1024,
        )


def _check_address(name: str, address: str) -> None:
    if address.count("@") != 1 or any(c.isspace() or c in '<>,;"' for c in address):
        raise BadSetting(PREFIX + name, f"“{address}” is not one bare e-mail address")


def _raw_values(environ: Mapping[str, str]) -> dict[str, str]:
    known = {name for name, _default, _meaning in SETTINGS}
    values = {name: default for name, default, _meaning in SETTINGS}
    if path := environ.get(PREFIX + "CONFIG"):
        try:
            table = tomllib.loads(Path(path).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise BadSetting(PREFIX + "CONFIG", f"{path} cannot be read: {error}") from error
        for key, value in table.items():
            if key.upper() not in known:
                raise BadSetting(PREFIX + "CONFIG", f"{path} sets “{key}”, which is no setting of Meridian")
            values[key.upper()] = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    for variable, value in environ.items():
        if variable.startswith(PREFIX):
            name = variable.removeprefix(PREFIX)
            if name not in known:
                raise BadSetting(variable, "is no setting of Meridian; see the table in the README")
            values[name] = value.strip()
    return values


def _whole_number(values: Mapping[str, str], name: str, *, least: int, most: int) -> int:
    text = values[name]
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise BadSetting(PREFIX + name, f"“{text}” is not a whole number from {least} to {most}")
    return int(text)


def _yes_or_no(values: Mapping[str, str], name: str) -> bool:
    text = values[name].lower()
    if text not in {"yes", "no", "true", "false", "1", "0"}:
        raise BadSetting(PREFIX + name, f"“{text}” is neither yes nor no")
    return text in {"yes", "true", "1"}


def _check_url(name: str, url: str, schemes: tuple[str, ...], *, need_host: bool = True) -> None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise BadSetting(PREFIX + name, f"is not an address: {error}") from error
    if parts.scheme not in schemes or (need_host and not parts.hostname):
        wanted = ", ".join(f"{scheme}://" for scheme in schemes)
        raise BadSetting(
            PREFIX + name, f"must begin with one of {wanted}" + (" and name a host" if need_host else "")
        )


def _secret_key(given: str, data_dir: Path) -> bytes:
    """The given key, or the one kept in the data folder, made on first use and readable by its owner only."""
    if given:
        if len(given) < 32:
            raise BadSetting(PREFIX + "SECRET_KEY", "must have at least 32 characters")
        return given.encode()
    path = data_dir / "secret.key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_urlsafe(48))
                file.flush()
                os.fsync(file.fileno())
        key = path.read_text().strip()
    except OSError as error:
        raise BadSetting(PREFIX + "DATA_DIR", f"{data_dir} cannot be written: {error.strerror}") from error
    if len(key) < 32:
        raise BadSetting(
            PREFIX + "DATA_DIR", f"the key in {path} is too short; remove the file to make a new one"
        )
    return key.encode()
