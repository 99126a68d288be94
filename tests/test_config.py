"""Settings are read once and refused with a sentence."""

import pytest

from lib.config import ConfigError, Settings


def test_defaults_need_no_environment():
    settings = Settings.from_env({})
    assert settings.city == "anyang"
    assert settings.tickets_url is None
    assert settings.data_dir.name == "var"


def test_unknown_city_names_the_choices():
    with pytest.raises(ConfigError, match="anyang"):
        Settings.from_env({"CITY": "nowhere"})


def test_other_databases_are_refused():
    with pytest.raises(ConfigError, match="TICKETS_URL"):
        Settings.from_env({"TICKETS_URL": "mysql://somewhere/tickets"})


def test_data_dir_moves_everything(tmp_path):
    assert Settings.from_env({"MINSHENG_DATA_DIR": str(tmp_path)}).data_dir == tmp_path.resolve()


def test_hash_of_the_history_is_one_of_two():
    assert Settings.from_env({}).audit_hash == "sha256"
    assert Settings.from_env({"MINSHENG_AUDIT_HASH": " SM3 "}).audit_hash == "sm3"
    with pytest.raises(ConfigError, match=r"MINSHENG_AUDIT_HASH=md5 不支持，可选：sha256、sm3"):
        Settings.from_env({"MINSHENG_AUDIT_HASH": "md5"})


def test_hash_that_this_machine_lacks_is_said(monkeypatch):
    def lacking(name, *args):
        raise ValueError("unsupported hash type " + name)

    monkeypatch.setattr("lib.config.hashlib.new", lacking)
    with pytest.raises(ConfigError, match="OpenSSL 不支持 sm3"):
        Settings.from_env({"MINSHENG_AUDIT_HASH": "sm3"})
