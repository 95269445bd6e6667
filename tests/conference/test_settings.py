"""Settings are read once, checked at start, and refused by the variable's name."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from conference.errors import BadSetting
from conference.settings import SETTINGS, Settings

KEY = "a secret for tests, long enough to be one"


def read(tmp_path: Path, **variables: str) -> Settings:
    environ = {"MERIDIAN_DATA_DIR": str(tmp_path), "MERIDIAN_SECRET_KEY": KEY, "HOME": "/", "PATH": "/bin"}
    return Settings.from_environment({**environ, **{f"MERIDIAN_{k}": v for k, v in variables.items()}})


def test_with_no_settings_at_all_it_runs_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({})
    assert (settings.host, settings.port, settings.base_url) == ("127.0.0.1", 8000, "http://127.0.0.1:8000")
    assert settings.data_dir == tmp_path / "data"
    assert (settings.database_url, settings.storage_url, settings.smtp_url) == ("", "", "")
    assert (settings.workers, settings.run_jobs, settings.is_https) == (1, True, False)
    assert settings.mail_from == "meridian@127.0.0.1"


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first = Settings.from_environment({"MERIDIAN_DATA_DIR": str(tmp_path)})
    second = Settings.from_environment({"MERIDIAN_DATA_DIR": str(tmp_path)})
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 32
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600


WRONG = [
    ("PORT", "80a"),
    ("PORT", "0"),
    ("PORT", "65536"),
    ("PORT", "-1"),
    ("PORT", "٨٠٠٠"),
    ("MAIL_PER_DOMAIN", "-1"),
    ("WORKERS", "0"),
    ("WORKERS", "many"),
    ("MAX_UPLOAD_MB", ""),
    ("MAX_UPLOAD_MB", "1.5"),
    ("RUN_JOBS", "maybe"),
    ("BASE_URL", "conf.example.org"),
    ("BASE_URL", "ftp://conf.example.org"),
    ("BASE_URL", "https://"),
    ("BASE_URL", "https://conf.example.org/path"),
    ("BASE_URL", "https://conf.example.org:notaport"),
    ("DATABASE_URL", "mysql://host/name"),
    ("DATABASE_URL", "name"),
    ("STORAGE_URL", "ftp://bucket"),
    ("SMTP_URL", "mail.example.org"),
    ("SMTP_URL", "smtp://"),
    ("SMTP_URL", "smtp://mail.example.org:port"),
    ("MAIL_FROM", "nobody"),
    ("MAIL_FROM", "a@example.org, b@example.org"),
    ("MAIL_FROM", "Me <a@example.org>"),
    ("MAIL_RETURN", "back"),
    ("MAIL_RETURN", "a*b*@example.org"),
    ("MAIL_RETURN", "back@*.example.org"),
    ("MAIL_RETURN", "x" * 50 + "*@example.org"),
    ("MAIL_RETURN", "a b@example.org"),
    ("SECRET_KEY", "short"),
    ("CONFIG", "/no/such/file.toml"),
    ("DATA_DIR", "/dev/null/data"),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_refused_naming_its_variable(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(BadSetting) as refused:
        environ = {"MERIDIAN_DATA_DIR": str(tmp_path), f"MERIDIAN_{name}": value}
        Settings.from_environment(environ)
    assert refused.value.variable == f"MERIDIAN_{name}"
    assert str(refused.value).startswith(f"MERIDIAN_{name}: ")
    assert "Traceback" not in str(refused.value)


def test_every_setting_that_can_be_wrong_is_tried_above() -> None:
    """HOST may be anything a machine can be called; a wrong one fails when the server listens."""
    assert {name for name, _default, _meaning in SETTINGS} - {name for name, _value in WRONG} == {"HOST"}


def test_a_misspelt_variable_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting) as refused:
        read(tmp_path, SMPT_URL="smtp://localhost")
    assert refused.value.variable == "MERIDIAN_SMPT_URL"


def test_secrets_do_not_appear_in_refusals(tmp_path: Path) -> None:
    for name, value in (("SECRET_KEY", "hunter2"), ("SMTP_URL", "imap://user:hunter2@host")):
        with pytest.raises(BadSetting) as refused:
            read(tmp_path, **{name: value})
        assert "hunter2" not in str(refused.value)


def test_a_file_gives_settings_and_a_variable_wins_over_it(tmp_path: Path) -> None:
    file = tmp_path / "meridian.toml"
    file.write_text('port = 9000\nrun_jobs = false\nbase_url = "https://conf.example.org/"\n')
    settings = read(tmp_path, CONFIG=str(file), PORT="9001")
    assert (settings.port, settings.run_jobs) == (9001, False)
    assert (settings.base_url, settings.base_host, settings.is_https) == (
        "https://conf.example.org",
        "conf.example.org",
        True,
    )
    assert settings.mail_from == "meridian@conf.example.org"


@pytest.mark.parametrize("text", ["port = ", 'colour = "red"', "\xff\xfe"])
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "meridian.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadSetting) as refused:
        read(tmp_path, CONFIG=str(file))
    assert refused.value.variable == "MERIDIAN_CONFIG"
    assert str(file) in str(refused.value)


def test_a_wrong_value_in_the_file_is_refused_naming_the_setting(tmp_path: Path) -> None:
    file = tmp_path / "meridian.toml"
    file.write_text("port = 99999\n")
    with pytest.raises(BadSetting, match="MERIDIAN_PORT"):
        read(tmp_path, CONFIG=str(file))
