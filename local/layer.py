"""The layer on this machine: directories that all functions read, instead of a copy for each.

The emulator unpacks a layer for every worker that it starts: a second and tens of megabytes each
time, and the same again to remove them. So the layer that is deployed locally is empty, and every
worker puts the directories that are listed in a file of the stack's state onto its path (see
`emulated/sitecustomize.py`). A directory never changes once it is there: it is named by a digest of
what it was made from, and who changes the layer changes the list.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from local.build import alone, fingerprint
from local.config import Config
from local.sam import run_tool

_CODE = "layers/common/gatherhub"

# The emulator's requirements stand for its interpreter, for which the libraries are installed.
_LIBRARIES = (
    "layers/common/requirements.txt",
    "layers/common/Makefile",
    "requirements/emulator.txt",
)

_WEEK = 7 * 24 * 3600


def build_layer(config: Config, say: Callable[[str], None]) -> tuple[Path, ...]:
    """Bring the layer up to date with its sources and return its directories.

    Raises:
        StackError: the libraries could not be installed.
    """

    def install(target: Path) -> None:
        say("Installing the functions' libraries")
        makefile = config.root / "layers" / "common"
        run_tool(config, "make", "make", "-C", str(makefile), "libraries", f"LIBRARIES={target}")

    def copy(target: Path) -> None:
        shutil.copytree(
            config.root / _CODE,
            target / "gatherhub",
            ignore=shutil.ignore_patterns("__pycache__"),
        )

    with alone(config):
        layer = (
            _directory(config, "gatherhub", (_CODE,), copy),
            _directory(config, "libraries", _LIBRARIES, install),
        )
        for directory in layer:
            _forget_unused(directory.parent)
    return layer


def use_layer(config: Config, layer: tuple[Path, ...]) -> None:
    """Make workers that start from now on read the layer from these directories."""
    config.state.mkdir(parents=True, exist_ok=True)
    new = config.layer_list.with_suffix(".new")
    new.write_text("".join(f"{directory}\n" for directory in layer))
    new.replace(config.layer_list)


def _directory(
    config: Config, name: str, sources: tuple[str, ...], fill: Callable[[Path], None]
) -> Path:
    """Return the directory made from `sources`; it appears whole or not at all."""
    parent = config.build_dir / name
    directory = parent / fingerprint(config.root, sources)[:16]
    if directory.exists():
        os.utime(directory)  # it is in use
        return directory
    parent.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=parent) as scratch:
        target = Path(scratch) / "new"
        target.mkdir()
        fill(target)
        _compile(config, target)
        target.rename(directory)
    return directory


def _compile(config: Config, directory: Path) -> None:
    """Compile what would else be compiled by the first worker, or by several at a time."""
    subprocess.run(
        [config.emulator_python, "-m", "compileall", "-q", "-j", "0", directory],
        check=False,  # a package may hold a file for another Python
        stdout=subprocess.DEVNULL,
    )


def _forget_unused(parent: Path) -> None:
    """Remove directories that no stack has asked for in a week."""
    for directory in parent.iterdir():
        if directory.stat().st_mtime < time.time() - _WEEK:
            shutil.rmtree(directory, ignore_errors=True)
