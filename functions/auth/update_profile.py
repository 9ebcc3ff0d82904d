"""PUT and PATCH /api/v1/auth/profile/: change the caller's own profile. For signed-in users.

Takes JSON, or a form with a file `avatar`; both methods change only the fields that are sent.
Answers 200; 400 `validation_error`, 413 `payload_too_large` for an avatar above 4 MB.
"""

from gatherhub.accounts import profile_update
from gatherhub.accounts.schemas import ProfileChanges, UpdatedProfile
from gatherhub.http import forms
from gatherhub.http.api import Api
from gatherhub.http.request import JSON, MULTIPART

api = Api(accepts=(JSON, MULTIPART))

_PATH = "/api/v1/auth/profile/"
_BODY = forms.description(ProfileChanges, file="avatar")


@api.put(_PATH, summary="Update own profile", tags=["Authentication"], openapi_extensions=_BODY)
@api.patch(_PATH, summary="Update own profile", tags=["Authentication"], openapi_extensions=_BODY)
def update_profile() -> UpdatedProfile:
    """Change names, bio or avatar and return the profile as it is now."""
    changes = forms.read(ProfileChanges, api.current_event)
    return profile_update.update(api.user_id, changes)


handler = api
