"""The OpenAPI document against the running application: no 5xx, no answer the document does not know."""

from __future__ import annotations

import json
from contextlib import suppress
from uuid import UUID

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from shopwarden.store.database import Database
from shopwarden.web import openapi_document
from tests.api.test_tenancy import things_of

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
EXAMPLES = 15
schema = schemathesis.openapi.from_dict(json.loads(json.dumps(openapi_document())))
OPERATIONS = sorted(f"{result.ok().method.upper()} {result.ok().path}" for result in schema.get_all_operations())


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name != "POST /api/auth/logout"])
@pytest.mark.parametrize("mode", list(GenerationMode))
async def test_every_answer_is_a_documented_one(
    client: httpx.AsyncClient, database: Database, store_id: UUID, name: str, mode: GenerationMode
) -> None:
    """Half the calls name things that are there, so that more than 404 is seen."""
    method, path = name.split(" ")
    operation = schema[path][method]
    known = await things_of(database, store_id)
    made: list[Case] = []

    @settings(max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.generate], derandomize=True,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), swap=st.booleans())
    def collect(case: Case, swap: bool) -> None:
        for parameter in case.path_parameters or {}:
            # A feed that is open has no end to wait for: tests/api/test_live.py reads it.
            if swap and parameter in known and not path.endswith("/live"):
                case.path_parameters[parameter] = known[parameter]
        made.append(case)

    with suppress(Unsatisfiable):  # an operation without parameters can't be called wrongly
        collect()
    for case in made:
        await _call(client, case)


async def _call(client: httpx.AsyncClient, case: Case) -> None:
    sent = case.as_transport_kwargs(base_url="http://shopwarden.test")
    body: dict[str, object] = {}
    if sent.get("json") is not None:
        body["json"] = sent["json"]
    elif isinstance(sent.get("data"), str | bytes):
        body["content"] = sent["data"]
    headers = {name: str(value) for name, value in sent["headers"].items() if name.lower() != "authorization"}
    try:
        answer = await client.request(sent["method"], sent["url"], params=sent.get("params"), headers=headers, **body)  # type: ignore[arg-type]
    except (httpx.InvalidURL, UnicodeEncodeError):
        return  # nothing that could be sent
    case.validate_response(answer, checks=list(CHECKS))
