"""The one table of rights: what each endpoint asks for, and which roles have it. Read off the endpoints' own guards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
from litestar import Litestar
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from shopwarden.api.auth import DEPENDENCIES, Requires, RequiresUser
from shopwarden.domain.scopes import ROLE_SCOPES, ROLES, SCOPES, Role, allows

OPEN = {
    "/api/auth/login": "signing in",
    "/api/auth/logout": "signing out, by whatever one came in with",
    "/api/auth/session": "signing in",
    "/api/auth/links/look": "whoever has the link",
    "/api/auth/links/accept": "whoever has the link",
    "/api/auth/sso": "signing in",
    "/api/auth/sso/{provider_id}/start": "signing in",
    "/api/auth/sso/callback": "signing in",
    "/api/docs": "documentation",
    "/api/docs/docs.css": "documentation",
    "/api/docs/docs.js": "documentation",
    "/api/docs/sample.js": "documentation",
    "/api/openapi.json": "documentation",
}
"""Paths under /api/ that ask for nothing, and why."""
ANYBODY, SIGNED_IN = "", "signed in"


class Right(msgspec.Struct, frozen=True, kw_only=True):
    """`needs` is a scope, `signed in` for what is about oneself, or empty for what is open. `also`: scopes that do too."""

    method: str
    path: str
    needs: str
    also: tuple[str, ...] = ()

    def allows(self, role: Role) -> bool:
        return self.needs in (ANYBODY, SIGNED_IN) or any(
            allows(ROLE_SCOPES[role], scope) for scope in (self.needs, *self.also)
        )


def rights_of(handlers: Iterable[BaseRouteHandler]) -> Sequence[Right]:
    """Every endpoint under /api/ by path and method."""
    app = Litestar(route_handlers=list(handlers), dependencies=DEPENDENCIES, openapi_config=None, logging_config=None)
    found = []
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and route.path_format.startswith("/api/"):
                needs, also = _needs(handler)
                methods = sorted(method for method in handler.http_methods if method != "OPTIONS")
                found += [Right(method=str(m), path=route.path_format, needs=needs, also=also) for m in methods]
    return sorted(found, key=lambda right: (right.path, right.method))


def _needs(handler: HTTPRouteHandler) -> tuple[str, tuple[str, ...]]:
    for guard in handler.guards or ():
        if isinstance(guard, Requires):
            return guard.scope, guard.also
        if isinstance(guard, RequiresUser):
            return SIGNED_IN, ()
    return ANYBODY, ()


def page(rights: Sequence[Right]) -> str:
    """The table as a page of documentation."""
    head = "| | " + " | ".join(ROLES) + " |\n|---|" + "---|" * len(ROLES)
    lines = [
        "# Rights", "",
        "What a role may, and what each endpoint under `/api/` asks for. A key has scopes of its own; `admin` includes"
        " every scope but those marked *by name*. Somebody confined to one store may all of it there and nothing elsewhere.",
        "", "## Scopes and roles", "", head.replace("| |", "| scope | allows |", 1).replace("|---|", "|---|---|", 1),
    ]  # fmt: skip
    for scope, sentence in SCOPES.items():
        named = "" if allows(frozenset({"admin"}), scope) else " *By name.*"
        given = " | ".join("yes" if allows(ROLE_SCOPES[role], scope) else "" for role in ROLES)
        lines.append(f"| `{scope}` | {sentence}{named} | {given} |")
    lines += ["", "## Endpoints", "", head.replace("| |", "| endpoint | needs |", 1).replace("|---|", "|---|---|", 1)]
    for right in rights:
        asks = f"`{right.needs}`" if right.needs in SCOPES else right.needs or "nothing"
        asks += "".join(f" or `{scope}`" for scope in right.also)
        given = " | ".join("yes" if right.allows(role) else "" for role in ROLES)
        lines.append(f"| `{right.method} {right.path}` | {asks} | {given} |")
    return "\n".join(lines) + "\n"
