"""The one way to put a message into a queue."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gatherhub import aws

LONGEST_DELAY = 900
"""Seconds by which SQS can delay a message."""


class NotSent(Exception):
    """A queue did not take a message, or its answer got lost; sending it again does no harm."""


def send(url: str, body: str, **options: Any) -> None:
    """Send one message; NotSent when that failed. One request.

    Options as in SQS: `DelaySeconds`, or for a FIFO queue `MessageGroupId` and
    `MessageDeduplicationId`. One by one, because of a batch a queue could take only a part.
    """
    try:
        aws.client("sqs").send_message(QueueUrl=url, MessageBody=body, **options)
    except (BotoCoreError, ClientError) as error:
        raise NotSent(str(error)) from error
