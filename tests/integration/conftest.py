"""AWS in memory (moto), with the table exactly as the template declares it."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from gatherhub import aws, settings
from gatherhub.accounts import signing
from tests.template import resources

_TABLE_PROPERTIES = ("BillingMode", "AttributeDefinitions", "KeySchema", "StreamSpecification")


def _forget_clients() -> None:
    aws._session.cache_clear()
    aws.client.cache_clear()
    signing.signing_keys.cache_clear()


@pytest.fixture(autouse=True)
def stack() -> Iterator[None]:
    """Give each test a table, a bucket and a token secret of its own."""
    with mock_aws():
        _forget_clients()
        table = resources("AWS::DynamoDB::Table")["Table"]
        properties = {name: table[name] for name in _TABLE_PROPERTIES}
        properties["StreamSpecification"]["StreamEnabled"] = True
        aws.client("dynamodb").create_table(TableName=settings.table_name(), **properties)
        aws.client("s3").create_bucket(Bucket=settings.media_bucket())
        aws.client("secretsmanager").create_secret(
            Name=settings.token_secret_id(), SecretString="a" * 64
        )
        yield
    _forget_clients()
