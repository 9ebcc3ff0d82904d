"""What `make run` says once everything runs."""

from __future__ import annotations

from local.config import Config

_TEXT = """
GatherHub runs.
  API      {api}/api/v1/
  Sockets  {sockets}/ws/events/  (/ws/tasks/, /ws/voting/, /ws/ for all)
  Logs     make logs
  Changes  make sync
  Stop     Ctrl-C; the data stays until make reset

Try it, with these three lines in another terminal:
"""


def announcement(config: Config) -> str:
    """Return the text for the stack of `config`."""
    text = _TEXT.format(api=config.public_url, sockets=config.socket_url)
    return text + "\n".join(trial(config.public_url)) + "\n"


def trial(api: str) -> tuple[str, str, str]:
    """Return three lines for a POSIX shell: they register someone and create an event.

    The name has the time in it, so that they work more than once.
    """
    return (
        f"API={api}/api/v1 JSON='Content-Type: application/json' NAME=ada$(date +%s)",
        (
            """TOKEN=$(curl -s $API/auth/register/ -H "$JSON" -d '{"username": "'$NAME'","""
            """ "email": "'$NAME'@example.com", "password": "Analytical-1843"}'"""
            """ | sed 's/.*"access": *"\\([^"]*\\)".*/\\1/')"""
        ),
        (
            """curl -s $API/events/ -H "$JSON" -H "Authorization: Bearer $TOKEN" -d '{"title":"""
            """ "Picnic", "date": "2030-06-01T12:00:00Z"}'; echo"""
        ),
    )
