"""A wrong or missing setting stops the start with a sentence: the variable, what is wrong with it, an example."""

from pathlib import Path

import pytest

from app.settings import WrongSetting, dotenv, read

RIGHT = {"NACHFASS_BASE_URL": "https://nachfass.brueckner.example", "NACHFASS_SECRET_KEYS": "k" * 40}

WRONG = [
    ("NACHFASS_BASE_URL", "", "is missing"),
    ("NACHFASS_BASE_URL", "nachfass.brueckner.example", "not a web address"),
    ("NACHFASS_BASE_URL", "ftp://nachfass.brueckner.example", "not a web address"),
    ("NACHFASS_BASE_URL", "https://[nachfass", "not a web address"),
    ("NACHFASS_TRACKING_URL", "t.brueckner.example", "not a web address"),
    ("NACHFASS_SECRET_KEYS", "", "is missing"),
    ("NACHFASS_SECRET_KEYS", " , ", "is missing"),
    ("NACHFASS_SECRET_KEYS", "too short", "shorter than 32"),
    ("NACHFASS_SECRET_KEYS", "k" * 40 + ",old", "shorter than 32"),
    ("DATABASE_URL", "mysql://localhost/nachfass", "not a PostgreSQL address"),
    ("DATABASE_URL", "sqlite:///nachfass.db", "not a PostgreSQL address"),
    ("NACHFASS_PORT", "eighty", "not a whole number"),
    ("NACHFASS_PORT", "-1", "not a whole number"),
    ("NACHFASS_PORT", "70000", "not between 1 and 65535"),
    ("NACHFASS_DATABASE_POOL", "many", "not a whole number"),
    ("NACHFASS_DATABASE_POOL", "0", "not between 1 and"),
    ("NACHFASS_TRUSTED_PROXIES", "10.0.0.0/8,the proxy", "not a network"),
    ("NACHFASS_TRUSTED_PROXIES", "10.0.0.1/8", "not a network"),
    ("GOOGLE_CLIENT_ID", "1234.apps.googleusercontent.com", "is missing although its partner is set"),
    ("GOOGLE_CLIENT_SECRET", "secret", "is missing although its partner is set"),
    ("GOOGLE_PUBSUB_TOPIC", "gmail", "not a topic's full name"),
    ("GOOGLE_PUBSUB_TOPIC", "projects/nachfass/topics/gmail", "is missing although its partner is set"),
    ("GOOGLE_PUBSUB_SERVICE_ACCOUNT", "push@nachfass.iam.gserviceaccount.com", "is missing although its partner is set"),
    ("MICROSOFT_CLIENT_ID", "6f0bd5f0-0000-4000-8000-000000000001", "is missing although its partner is set"),
    ("MICROSOFT_CLIENT_SECRET", "secret", "is missing although its partner is set"),
    ("GOOGLE_IMAP", "imap.gmail.com", "no server with a port"),
    ("GOOGLE_SMTP", "smtp.gmail.com:many", "no server with a port"),
]


GOOGLE = {"GOOGLE_CLIENT_ID": "1234.apps.googleusercontent.com", "GOOGLE_CLIENT_SECRET": "secret"}
BESIDE = dict.fromkeys(("GOOGLE_PUBSUB_TOPIC", "GOOGLE_PUBSUB_SERVICE_ACCOUNT", "GOOGLE_IMAP", "GOOGLE_SMTP"), GOOGLE)


@pytest.mark.parametrize(("variable", "value", "problem"), WRONG)
def test_a_wrong_setting_is_named_with_its_problem_and_an_example(variable: str, value: str, problem: str) -> None:
    with pytest.raises(WrongSetting) as stopped:
        read({**RIGHT, **BESIDE.get(variable, {}), variable: value})

    told = str(stopped.value)
    assert stopped.value.variable in (variable, partner(variable))
    assert problem in told
    assert f"Example: {stopped.value.variable}=" in told


def partner(variable: str) -> str:
    if variable.startswith("GOOGLE_PUBSUB"):
        return "GOOGLE_PUBSUB_SERVICE_ACCOUNT" if variable.endswith("TOPIC") else "GOOGLE_PUBSUB_TOPIC"
    return variable.replace("_ID", "_SECRET") if variable.endswith("_ID") else variable.replace("_SECRET", "_ID")


def test_no_secret_is_shown_in_the_sentence() -> None:
    with pytest.raises(WrongSetting) as stopped:
        read({**RIGHT, "NACHFASS_SECRET_KEYS": "miriams-short-secret"})

    assert "miriams-short-secret" not in str(stopped.value)


def test_no_password_of_the_database_is_shown_in_the_sentence() -> None:
    with pytest.raises(WrongSetting) as stopped:
        read({**RIGHT, "DATABASE_URL": "mysql://nachfass:geheim@localhost/nachfass"})

    assert "geheim" not in str(stopped.value)


def test_what_is_not_set_has_a_sensible_value_and_no_secret_has_one() -> None:
    found = read(RIGHT)

    assert (found.host, found.port, found.database_url, found.trusted_proxies) == ("127.0.0.1", 8025, None, ())
    assert (found.google, found.microsoft, found.metrics_token) == (None, None, None)
    assert found.tracking_url == found.base_url


def test_keys_come_newest_first_and_a_slash_at_the_end_of_an_address_does_not_matter() -> None:
    found = read({**RIGHT, "NACHFASS_SECRET_KEYS": f"{'n' * 32}, {'o' * 32}", "NACHFASS_BASE_URL": "https://nachfass.brueckner.example/"})

    assert found.secret_keys == ("n" * 32, "o" * 32)
    assert found.base_url == "https://nachfass.brueckner.example"


def test_a_file_of_settings_takes_quotes_comments_and_export(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# ours\n\nexport NACHFASS_HOST='0.0.0.0'\nNACHFASS_PORT=\"80\"\nnonsense\nGOOGLE_CLIENT_ID=a=b\n", "utf-8")

    assert dotenv(file) == {"NACHFASS_HOST": "0.0.0.0", "NACHFASS_PORT": "80", "GOOGLE_CLIENT_ID": "a=b"}


def test_without_a_file_of_settings_the_environment_is_enough(tmp_path: Path) -> None:
    assert dotenv(tmp_path / ".env") == {}
