"""The local stack: the emulator, the deployment into it, and the edge in front of it.

Nothing here is part of what runs on AWS. `docs/local.md` says how it works.
"""
