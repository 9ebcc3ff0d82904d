"""`sam build` for this machine, skipped while nothing that goes into it has changed."""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local.config import Config
from local.sam import run_sam

# The emulator's requirements stand for its interpreter, for which the layer is built.
_BUILT = ("template.yaml", "samconfig.toml", "layers", "requirements/emulator.txt")

# Functions aren't built, only packed: they have no dependencies of their own.
_DEPLOYED = (*_BUILT, "functions")


def fingerprint(root: Path, sources: Iterable[str] = _DEPLOYED) -> str:
    """Return a digest of the files in `sources`: of all that a deployment reads."""
    digest = hashlib.sha256()
    for source in sources:
        for path in _files(root / source):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root)}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def build(config: Config) -> Path:
    """Bring the build up to date with the sources and return the built template.

    Raises:
        StackError: the build failed.
    """
    output = config.build_dir / "build"
    stamp = config.build_dir / "fingerprint"
    config.build_dir.mkdir(parents=True, exist_ok=True)
    with _alone(config.build_dir / "lock"):
        digest = fingerprint(config.root, _BUILT)
        if not stamp.exists() or stamp.read_text() != digest:
            stamp.unlink(missing_ok=True)
            cache = config.build_dir / "cache"
            run_sam(config, "build", "--build-dir", str(output), "--cache-dir", str(cache))
            _compile(config, output)
            stamp.write_text(digest)
    return output / "template.yaml"


def _files(source: Path) -> Iterator[Path]:
    if source.is_file():
        yield source
    for path in sorted(source.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def _compile(config: Config, output: Path) -> None:
    """Compile the layer: every worker unpacks it anew and would do so at its start, for 0.5 s.

    By hash, not by time, since unpacking gives the files new times.
    """
    subprocess.run(
        [
            config.emulator_python,
            *("-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"),
            output,
        ],
        check=False,  # a package may hold a file for another Python
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep a second stack of this checkout, such as the tests', from building meanwhile."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
