"""Bringing the functions' code into the emulator through the Lambda API, as `sam sync` does.

A deployment takes seconds even if one line of one function has changed. After every deployment and
instead of it where only code has changed, each function is compared with its sources by the digest
of its package, so the functions are always what the sources say, whatever was deployed before.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from local.build import files

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

    from local.aws import Aws
    from local.deployed import Deployed

_AT_ONCE = 4


def update_code(aws: Aws, deployed: Deployed, template: Path, layer: tuple[Path, ...]) -> int:
    """Make every function run its sources on `layer`; return how many didn't.

    `template` is the built one, which says where each function's sources are. An update ends the
    function's workers, so it also makes them start anew on another layer.
    """
    functions: LambdaClient = aws.client("lambda")
    running = {
        function["FunctionName"]: function["CodeSha256"]
        for page in functions.get_paginator("list_functions").paginate()
        for function in page["Functions"]
    }
    stale = {
        name: content
        for name, content in _packages(deployed, template, layer).items()
        if running[name] != _digest(content)
    }

    def update(name: str) -> None:
        functions.update_function_code(FunctionName=name, ZipFile=stale[name])

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(update, stale))
    return len(stale)


def package(source: Path, layer: tuple[Path, ...]) -> bytes:
    """Return a folder as the archive that Lambda takes: the same bytes for the same content.

    The archive's comment names the layer, so that another layer makes another archive.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files(source):
            entry = zipfile.ZipInfo(path.relative_to(source).as_posix())  # its time is 1980
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
        archive.comment = " ".join(directory.name for directory in layer).encode()
    return content.getvalue()


def _packages(deployed: Deployed, template: Path, layer: tuple[Path, ...]) -> dict[str, bytes]:
    """Return the package of each function, by its physical name."""
    resources = yaml.safe_load(template.read_text())["Resources"]
    sources = {
        deployed.physical_ids[name]: (template.parent / resource["Properties"]["CodeUri"]).resolve()
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function" and name in deployed.physical_ids
    }
    packages = {source: package(source, layer) for source in set(sources.values())}
    return {name: packages[source] for name, source in sources.items()}


def _digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
