"""GET /api/v1/auth/profile/: the caller's own profile. For signed-in users. Answers 200."""

from gatherhub.accounts import profile
from gatherhub.accounts.schemas import Profile
from gatherhub.http.api import Api

api = Api(accepts=())


@api.get("/api/v1/auth/profile/", summary="Get own profile", tags=["Authentication"])
def get_profile() -> Profile:
    """Return the profile of the user who is calling."""
    return profile.profile(api.user_id)


handler = api
