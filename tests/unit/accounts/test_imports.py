"""Cold starts: what a function does not use it must not load."""

import subprocess
import sys

import pytest

from tests.template import ROOT

HEAVY = {"argon2", "PIL", "email_validator", "python_multipart", "boto3", "dns"}


def loaded(module: str) -> set[str]:
    """Return the heavy modules that importing one loads, in a process of its own."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={"PYTHONPATH": "layers/common:.", "AWS_DEFAULT_REGION": "us-east-1"},
    )
    return HEAVY & set(done.stdout.split())


@pytest.mark.parametrize(
    ("module", "uses"),
    [
        ("functions.auth.register", {"argon2", "email_validator"}),
        ("functions.auth.login", {"argon2"}),
        ("functions.auth.refresh", set()),
        ("functions.auth.logout", set()),
        ("functions.auth.get_profile", set()),
        ("functions.auth.update_profile", {"PIL", "python_multipart"}),
        ("gatherhub.accounts.people", set()),
    ],
)
def test_only_what_is_used_is_loaded(module: str, uses: set[str]) -> None:
    assert loaded(module) == uses
