"""Settings: where they come from, and what is said when they cannot be used."""

import pytest

import settings


def test_defaults_lie_under_home(home):
    chosen = settings.get()
    assert chosen.home == home
    assert chosen.database_url == f"sqlite:///{home / 'vigie.db'}"
    assert (chosen.upload_limit_mb, chosen.log_level) == (200, "INFO")


def test_home_is_absolute(home, monkeypatch):
    monkeypatch.chdir(home)
    monkeypatch.setenv("VIGIE_HOME", "here")
    settings.get.cache_clear()
    assert settings.get().home == home / "here"
    monkeypatch.setenv("VIGIE_HOME", "~/vigie")
    monkeypatch.setenv("HOME", "/somewhere")
    settings.get.cache_clear()
    assert str(settings.get().home) == "/somewhere/vigie"


def test_the_environment_wins_over_the_secrets_file(home, monkeypatch):
    secrets = home / "secrets.toml"
    secrets.write_text('[vigie]\ndatabase_url = "postgresql://u:p@db/vigie"\nupload_limit_mb = 7\n[auth]\nx = 1\n')
    monkeypatch.setattr(settings, "SECRETS", secrets)
    monkeypatch.setenv("VIGIE_UPLOAD_LIMIT_MB", "9")
    monkeypatch.setenv("VIGIE_DATABASE_URL", "")  # as compose passes what is not set
    settings.get.cache_clear()
    assert settings.get().database_url == "postgresql://u:p@db/vigie"
    assert settings.get().upload_limit_mb == 9


def test_a_secrets_file_without_our_table_changes_nothing(home, monkeypatch):
    secrets = home / "secrets.toml"
    secrets.write_text("[auth]\nx = 1\n")
    monkeypatch.setattr(settings, "SECRETS", secrets)
    assert settings.get().home == home


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("UPLOAD_LIMIT_MB", "abc", "valid integer"),
        ("UPLOAD_LIMIT_MB", "0", "greater than 0"),
        ("TIMEOUT_SECONDS", "inf", "finite number"),
        ("TELCO_URL", "file:///etc/passwd", "must start with https:// or http://"),
        ("DATABASE_URL", "mysql://user:hunter2@host/x", "must start with sqlite:/// or postgresql://"),
        ("DATABASES", "shop=hunter2@host", "must list databases as name=postgresql://"),
        ("DATABASES", "a/b=postgresql://u:hunter2@host/x", "must list databases as name=postgresql://"),
        ("LOG_LEVEL", "LOUD", "'DEBUG', 'INFO'"),
    ],
)
def test_a_bad_value_is_one_sentence_without_the_value(home, monkeypatch, name, value, reason):
    monkeypatch.setenv(f"VIGIE_{name}", value)
    with pytest.raises(settings.SettingsError) as refused:
        settings.get()
    sentence = str(refused.value)
    assert f"VIGIE_{name}: " in sentence
    assert reason in sentence
    assert "\n" not in sentence
    assert "hunter2" not in sentence
    assert refused.value.__suppress_context__


def test_a_misspelt_secret_and_a_broken_file_are_refused(home, monkeypatch):
    secrets = home / "secrets.toml"
    monkeypatch.setattr(settings, "SECRETS", secrets)
    secrets.write_text('[vigie]\ndatabse_url = "x"\n')
    with pytest.raises(settings.SettingsError, match="VIGIE_DATABSE_URL"):
        settings.get()
    secrets.write_text("[vigie\n")
    with pytest.raises(settings.SettingsError, match=r"secrets\.toml is not a TOML file"):
        settings.get()


def test_databases_are_named_in_the_environment_or_in_a_table_of_the_secrets_file(home, monkeypatch):
    secrets = home / "secrets.toml"
    monkeypatch.setattr(settings, "SECRETS", secrets)
    secrets.write_text('[vigie.databases]\nshop = "postgresql://u:hunter2@h/d?sslmode=require"\n')
    (url,) = settings.get().databases.values()
    assert url.get_secret_value() == "postgresql://u:hunter2@h/d?sslmode=require"
    assert "hunter2" not in repr(settings.get())
    monkeypatch.setenv("VIGIE_DATABASES", "a=sqlite:////x.db  b=mysql+pymysql://u:p=1@h/d")
    settings.get.cache_clear()
    assert {name: url.get_secret_value() for name, url in settings.get().databases.items()} == {
        "a": "sqlite:////x.db",
        "b": "mysql+pymysql://u:p=1@h/d",
    }
