import io
import zipfile
from pathlib import Path

from local.code import package

LAYER = (Path("gatherhub/1"), Path("libraries/2"))


def test_a_package_holds_the_sources_and_names_its_layer(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "one.pyc").write_text("1")
    (tmp_path / "one.py").write_text("1")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "two.py").write_text("2")

    with zipfile.ZipFile(io.BytesIO(package(tmp_path, LAYER))) as archive:
        assert set(archive.namelist()) == {"one.py", "inner/two.py"}
        assert archive.comment == b"1 2"


def test_packages_differ_when_code_or_layer_do_and_not_else(tmp_path: Path) -> None:
    source = tmp_path / "one.py"
    source.write_text("1")
    before = package(tmp_path, LAYER)

    source.touch()
    assert package(tmp_path, LAYER) == before
    assert package(tmp_path, LAYER[:1]) != before
    source.write_text("2")
    assert package(tmp_path, LAYER) != before
