"""`sam build` for this machine, skipped while nothing that goes into it has changed."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from local.config import Config
from local.sam import run_sam

# Neither the functions nor the layer: the first have nothing to build, and the second is not in
# what is deployed locally (see layer.py).
SOURCES = ("template.yaml", "samconfig.toml", "layers/common/Makefile")


def fingerprint(root: Path, sources: Iterable[str]) -> str:
    """Return a digest of the files in `sources`, which are files and folders of `root`."""
    digest = hashlib.sha256()
    for source in sources:
        for path in files(root / source):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root)}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()


def files(source: Path) -> Iterator[Path]:
    """Yield the source files in a folder in a fixed order, or the one file that `source` is."""
    if source.is_file():
        yield source
    for path in sorted(source.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


def build(config: Config) -> Path:
    """Bring the build up to date with the sources and return the built template.

    Raises:
        StackError: the build failed.
    """
    output = config.build_dir / "build"
    stamp = config.build_dir / "fingerprint"
    with alone(config):
        digest = fingerprint(config.root, SOURCES)
        if not stamp.exists() or stamp.read_text() != digest:
            stamp.unlink(missing_ok=True)
            cache = config.build_dir / "cache"
            run_sam(config, "build", "--build-dir", str(output), "--cache-dir", str(cache))
            stamp.write_text(digest)
    return output / "template.yaml"


@contextmanager
def alone(config: Config) -> Iterator[None]:
    """Keep a second stack of this checkout, such as the tests', from building meanwhile."""
    config.build_dir.mkdir(parents=True, exist_ok=True)
    with (config.build_dir / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
