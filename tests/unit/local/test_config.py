from pathlib import Path

import pytest

from local.build import fingerprint
from local.config import Config
from local.deploy import template_parameters
from local.errors import StackError

SAMCONFIG = """
[local.deploy.parameters]
parameter_overrides = "Environment=local LogRetentionDays=1 PublicUrl=https://example.org"
"""


def config(root: Path, **parameters: str) -> Config:
    return Config(root=root, state=root / "state", port=18000, parameters=parameters)


def test_ports_have_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "")
    monkeypatch.delenv("EMULATOR_PORT", raising=False)

    settings = Config.from_environment()

    assert (settings.port, settings.emulator_port) == (8000, 4566)
    assert settings.public_url == "http://localhost:8000"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "٤", "80 81"])
def test_a_port_is_a_port(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMULATOR_PORT", port)

    with pytest.raises(StackError, match=r"EMULATOR_PORT must be a port"):
        Config.from_environment()


def test_this_machine_knows_better_than_the_file(tmp_path: Path) -> None:
    (tmp_path / "samconfig.toml").write_text(SAMCONFIG)

    parameters = template_parameters(config(tmp_path, RateLimit="7"))

    assert parameters["Environment"] == "local"
    assert parameters["LogRetentionDays"] == "1"
    assert parameters["PublicUrl"] == "http://localhost:18000"
    assert parameters["RateLimit"] == "7"
    assert parameters["EdgeEnabled"] == "false"


def test_the_fingerprint_follows_the_sources_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("a")
    (tmp_path / "functions" / "__pycache__").mkdir(parents=True)
    source = tmp_path / "functions" / "one.py"
    source.write_text("1")
    sources = ("template.yaml", "functions")
    before = fingerprint(tmp_path, sources)

    (tmp_path / "functions" / "__pycache__" / "one.pyc").write_text("1")
    (tmp_path / "README.md").write_text("1")
    assert fingerprint(tmp_path, sources) == before

    source.rename(tmp_path / "functions" / "two.py")
    assert fingerprint(tmp_path, sources) != before
