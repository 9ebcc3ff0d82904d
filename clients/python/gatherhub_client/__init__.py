"""A client of GatherHub's realtime messages."""

from gatherhub_client.client import Client, Status, Timing, connect
from gatherhub_client.connection import ConnectionLost, ServerError
from gatherhub_client.messages import Message, MessageType, Topic

__all__ = [
    "Client",
    "ConnectionLost",
    "Message",
    "MessageType",
    "ServerError",
    "Status",
    "Timing",
    "Topic",
    "connect",
]
