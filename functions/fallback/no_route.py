"""$default: any path or method that no other function has: 404, or 405 with `Allow`."""

from gatherhub.http.api import Access, Api

handler = Api(Access.PUBLIC, accepts=())
