"""What all tests share: an environment that can't reach AWS."""

import os

# Before anything imports the code: clients read these when they are made.
os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_SESSION_TOKEN="testing",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
    ENVIRONMENT="local",
    TABLE_NAME="gatherhub-test",
    MEDIA_BUCKET="gatherhub-test-media",
    TOKEN_SECRET_ARN="gatherhub-test-tokens",
    PUBLIC_URL="http://localhost:8000",
    CONNECTIONS_URL="http://127.0.0.1:1/connections",
    CLOSING_QUEUE_URL="http://127.0.0.1:1/closing",
    DELIVERIES_QUEUE_URL="http://127.0.0.1:1/deliveries.fifo",
    FAILURES_QUEUE_URL="http://127.0.0.1:1/failures",
    DEADLINES_QUEUE_URL="http://127.0.0.1:1/deadlines",
    RATE_LIMIT="1000",
    POWERTOOLS_LOG_LEVEL="WARNING",
)
