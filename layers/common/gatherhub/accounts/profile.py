"""The caller's own profile."""

from gatherhub.accounts import avatars
from gatherhub.accounts.schemas import Profile, UpdatedProfile
from gatherhub.accounts.users import User, existing


def profile(user_id: int) -> Profile:
    """Return the profile of an account; Problem `token_invalid` when it is gone. One request."""
    user = existing(user_id)
    return Profile(**shown(user).model_dump(), last_login=user.last_login)


def shown(user: User) -> UpdatedProfile:
    """Return what both profile routes show of an account."""
    return UpdatedProfile(
        id=user.id,
        username=user.username,
        email=user.email,
        first_name=user.first_name,
        last_name=user.last_name,
        bio=user.bio,
        avatar=avatars.url(user.avatar),
        date_joined=user.date_joined,
    )
