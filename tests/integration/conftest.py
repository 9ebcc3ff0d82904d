"""AWS in memory (moto), with the table exactly as the template declares it."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from moto import mock_aws

from gatherhub import aws, settings
from gatherhub.accounts import passwords, signing
from tests.recording import RecordingTable
from tests.template import resources

_TABLE_PROPERTIES = ("BillingMode", "AttributeDefinitions", "KeySchema", "StreamSpecification")


@pytest.fixture(scope="session", autouse=True)
def _no_cloud() -> Iterator[None]:
    """Replace AWS for the whole run: starting moto for each test takes longer than the tests."""
    with mock_aws():
        yield


@pytest.fixture(autouse=True)
def stack(_no_cloud: None) -> Iterator[None]:
    """Give each test a table, a bucket and a token secret of its own."""
    table = resources("AWS::DynamoDB::Table")["Table"]
    properties = {name: table[name] for name in _TABLE_PROPERTIES}
    properties["StreamSpecification"] = {**table["StreamSpecification"], "StreamEnabled": True}
    dynamodb, s3, secrets = (aws.client(name) for name in ("dynamodb", "s3", "secretsmanager"))
    dynamodb.create_table(TableName=settings.table_name(), **properties)
    s3.create_bucket(Bucket=settings.media_bucket())
    secrets.create_secret(Name=settings.token_secret_id(), SecretString="a" * 64)
    yield
    dynamodb.delete_table(TableName=settings.table_name())
    for entry in s3.list_objects_v2(Bucket=settings.media_bucket()).get("Contents", []):
        s3.delete_object(Bucket=settings.media_bucket(), Key=entry["Key"])
    s3.delete_bucket(Bucket=settings.media_bucket())
    secrets.delete_secret(SecretId=settings.token_secret_id(), ForceDeleteWithoutRecovery=True)
    signing.signing_keys.cache_clear()


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare tests that are not about passwords the time that hashing one is meant to take."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher.from_parameters(CHEAPEST))


@pytest.fixture
def recording(stack: None, quick_passwords: None) -> Iterator[RecordingTable]:
    """Play on a table that can tell what a call asks of AWS."""
    with RecordingTable().installed() as table:
        yield table
