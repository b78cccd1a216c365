"""`shopwarden openapi`: the OpenAPI document, without any server."""

from __future__ import annotations

import json


def command() -> None:
    """Prints the OpenAPI document as JSON."""
    from shopwarden.web import openapi_document

    print(json.dumps(openapi_document(), indent=2, ensure_ascii=False))
