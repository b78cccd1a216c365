"""The OpenAPI document: generated from the endpoints, completed with what they share (errors, keys, rate limits)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version

import msgspec
from litestar import Litestar
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme, Tag

from shopwarden.api.alert_webhook_document import ALERT_MESSAGE_SCHEMAS, ALERT_WEBHOOKS
from shopwarden.api.auth import DEPENDENCIES, Requires, RequiresUser
from shopwarden.api.collect_document import COLLECT_PATHS
from shopwarden.api.query import QUERY_OPTION, parameters_of
from shopwarden.contracts.problem import PROBLEM_TYPE, Problem

Document = dict[str, object]
METHODS = ("get", "post", "put", "patch", "delete")
_TAGS = (
    ("customers", "Customers, their history and their risk."),
    ("visitors", "Visitors of the storefront and how they behave."),
    ("orders", "Orders checked for fraud."),
    ("review", "The review queue: cases by expected loss, their evidence, decisions and the people who make them."),
    ("rules", "Merchants' own rules: written, tried, brought live, measured."),
    ("lists", "Who is always let through, always refused, or watched."),
    ("labels", "What orders and customers turned out to be, and since when that is known."),
    ("vendors", "Paid data: accounts, budgets, what was asked, what it cost and what it changed."),
    ("collect", "Events in, in Segment's own HTTP format. Authenticated by the write key."),
    ("webhooks", "What shops send. Authenticated by their signature."),
    ("keys", "API keys."),
    ("accounts", "People who sign in: sessions, second factor, single sign-on, roles."),
    ("audit", "The log of every change."),
    ("alerts", "What is worth telling somebody at once, and the channels it leaves by."),
    ("health", "For load balancers and monitoring."),
)
WEBHOOK_BODY: Document = {
    "required": True,
    "description": "As the shop sends it: the signature is over these very bytes.",
    "content": {"application/json": {"schema": {"type": "object"}}},
}
_WHY = {
    "400": "Something in the request can't be understood; `errors` names each wrong field",
    "401": "No key, or one that is unknown, expired or revoked",
    "403": "The key lacks the scope",
    "404": "There is no such thing in this store",
    "409": "It is being done already, or can't be done any more",
    "415": "This kind of body is not read here",
    "413": "The body is too large",
    "422": "Understood, but of no use here",
    "429": "Too many requests; `Retry-After` says how long to wait",
    "503": "Not possible right now; `Retry-After` says when to try again",
}


def build_document(handlers: Sequence[BaseRouteHandler]) -> Document:
    """The whole document as plain data. Needs no server, no database and no settings."""
    config = OpenAPIConfig(
        title="Shopwarden",
        version=version("shopwarden"),
        description="Who is in the shop, and whom to trust: visitors, customers and orders, scored with reasons.",
        components=Components(
            security_schemes={
                "key": SecurityScheme(type="http", scheme="bearer", description="An API key: `Bearer sw_...`."),
                "session": SecurityScheme(
                    type="apiKey",
                    security_scheme_in="cookie",
                    name="shopwarden_session",
                    description="A browser that signed in (`__Host-shopwarden_session` over https); changes need the header"
                    " `X-CSRF-Token`.",
                ),
                "writeKey": SecurityScheme(
                    type="http", scheme="basic", description="The public write key (`swk_...`) as user, no password."
                ),
            }
        ),
        tags=[Tag(name=name, description=text) for name, text in _TAGS],
        use_handler_docstrings=True,
        render_plugins=(),
        path="/-",
    )
    app = Litestar(route_handlers=list(handlers), dependencies=DEPENDENCIES, openapi_config=config, logging_config=None)
    # Through JSON and back: the generator leaves enums and dataclasses inside, a document is plain data.
    document: Document = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
    guards = {(h.path, m): h.handler for h in _flat(app) for m in h.methods}
    components = _section(document, "components")
    _section(components, "schemas")["Problem"] = _problem_schema()
    _section(components, "schemas").update(ALERT_MESSAGE_SCHEMAS)
    document["webhooks"] = ALERT_WEBHOOKS
    for path, method, operation in _operations(document):
        _complete(path, operation, guards.get((path, method)))
    _section(document, "paths").update(COLLECT_PATHS)
    return document


def query_parameters(document: Document) -> dict[tuple[str, str], frozenset[str]]:
    """(METHOD, path) -> the query parameters it takes."""
    found = {}
    for path, method, operation in _operations(document):
        names = [p["name"] for p in _listed(operation.get("parameters")) if p["in"] == "query"]
        found[(method.upper(), path)] = frozenset(map(str, names))
    return found


class _Entry(msgspec.Struct):
    path: str
    methods: tuple[str, ...]
    handler: HTTPRouteHandler


def _flat(app: Litestar) -> Iterator[_Entry]:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler):
                yield _Entry(route.path_format, tuple(m.lower() for m in handler.http_methods), handler)


def _complete(path: str, operation: Document, handler: HTTPRouteHandler | None) -> None:
    """Adds what the endpoint shares with its kind: the key it needs, and the problems it may answer."""
    answers = _section(operation, "responses")
    query = handler.opt.get(QUERY_OPTION) if handler else None
    if query is not None:
        operation["parameters"] = [*parameters_of(query), *_listed(operation.get("parameters"))]
    if handler is not None and "request_body" in handler.opt:
        operation["requestBody"] = handler.opt["request_body"]
    statuses = _guarded(operation, handler) if handler else []
    if operation.get("parameters") or operation.get("requestBody"):
        statuses.append("400")
    if handler is not None:
        statuses += handler.opt.get("refuses", ())
        if handler.opt.get("needs_key"):
            operation["security"] = [{"key": []}, {"session": []}]
    if operation.get("requestBody"):
        statuses.append("413")
    if path.startswith("/webhooks/"):
        operation.setdefault("requestBody", WEBHOOK_BODY)
        statuses += ["400", "401", "404", "413", "422"]
    if path.startswith(("/api/", "/webhooks/")):
        statuses.append("503")
    for status in statuses:
        if status not in answers or _is_generated(answers[status]):
            answers[status] = problem_answer(_WHY[status])


def _guarded(operation: Document, handler: HTTPRouteHandler) -> list[str]:
    """Says what the endpoint's guards ask for; the statuses they answer."""
    scopes = [guard.scope for guard in handler.guards or () if isinstance(guard, Requires)]
    if scopes:
        operation["security"] = [{"key": []}, {"session": []}]
        operation["x-scope"] = scopes[0]
        needs = f"Needs a key or a session with the scope `{scopes[0]}`."
        operation["description"] = f"{operation.get('description', '')}\n\n{needs}".strip()
        return ["400", "401", "403", "404", "429"]
    if any(isinstance(guard, RequiresUser) for guard in handler.guards or ()):
        operation["security"] = [{"session": []}, {"key": []}]
        return ["400", "401", "403", "429"]
    return []


def problem_answer(description: str) -> Document:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": description, "content": {PROBLEM_TYPE: {"schema": schema}}}


def _is_generated(answer: object) -> bool:
    """The framework documents its own error shape, which is never sent here."""
    return isinstance(answer, dict) and "Validation Exception" in str(answer)


def _problem_schema() -> Document:
    (_,), schemas = msgspec.json.schema_components((Problem,), ref_template="#/components/schemas/{name}")
    schema: Document = schemas["Problem"]
    schema["properties"]["errors"]["items"] = schemas["FieldError"]  # type: ignore[index]
    return schema


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in _section(document, "paths").items():
        if isinstance(item, dict):
            for method in METHODS:
                if method in item:
                    yield path, method, item[method]


def _section(document: Document, name: str) -> Document:
    section = document.setdefault(name, {})
    if not isinstance(section, dict):
        raise TypeError(f"{name} of the OpenAPI document is not an object")
    return section


def _listed(value: object) -> list[dict[str, object]]:
    return value if isinstance(value, list) else []
