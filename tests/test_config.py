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
