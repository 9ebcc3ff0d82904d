"""The one exception that a command turns into a sentence for the person at the terminal."""


class StackError(Exception):
    """The local stack can't do what was asked; the message is one clear sentence."""
