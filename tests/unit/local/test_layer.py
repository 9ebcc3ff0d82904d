from pathlib import Path

import pytest

from local import layer
from local.config import Config
from local.errors import StackError
from local.layer import build_layer, use_layer


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A checkout with one module; nothing is installed or compiled."""
    monkeypatch.setattr(layer, "run_tool", lambda *_: None)
    monkeypatch.setattr(layer, "_compile", lambda *_: None)
    code = tmp_path / "layers" / "common" / "gatherhub"
    code.mkdir(parents=True)
    (code / "one.py").write_text("1")
    return Config(root=tmp_path, state=tmp_path / "state")


def test_a_change_makes_a_new_directory_and_leaves_the_old_one(config: Config) -> None:
    said: list[str] = []
    before = build_layer(config, said.append)
    assert build_layer(config, said.append) == before
    (config.root / "layers" / "common" / "gatherhub" / "one.py").write_text("2")
    after = build_layer(config, said.append)

    assert said == ["Installing the functions' libraries"]
    assert after[0] != before[0]
    assert after[1] == before[1]
    assert [(path / "gatherhub/one.py").read_text() for path in (before[0], after[0])] == ["1", "2"]


def test_what_could_not_be_installed_is_not_there(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: str) -> None:
        raise StackError

    monkeypatch.setattr(layer, "run_tool", fail)
    with pytest.raises(StackError):
        build_layer(config, lambda _: None)

    assert list((config.build_dir / "libraries").iterdir()) == []


def test_workers_read_the_list_of_directories(config: Config) -> None:
    use_layer(config, (Path("/one"), Path("/two")))

    assert config.layer_list.read_text() == "/one\n/two\n"
