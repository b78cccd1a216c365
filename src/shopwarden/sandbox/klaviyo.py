"""Klaviyo: profiles, events, metrics, lists, segments, webhooks and deletion; and the switches that play with them.

API: `{sandbox}/klaviyo/api/...`, or `/api/...` with a.klaviyo.com as Host. Keys `sandbox` and all that begin with `pk_` are
good, until `key` names the only one. The people are those of the shop `demo.myshopify.com`, so that both know the same.

Control: `{sandbox}/klaviyo/_sandbox/klaviyo...`, JSON in and out, 400 {"error"} for a wish that cannot be:

    POST   klaviyo                  {profiles?: 150, seed?: demo.myshopify.com, until?: time, webhooks?: bool (false: the
                                    plan has none, 403), limits?: bool (false: no rate limits), key?: str} profiles, seed
                                    or until make the account anew, all else changes what is named
    GET    klaviyo                  {profiles, events, webhooks: [...], writes, deliveries, deleted: [...]}
    POST   klaviyo/profiles         {attributes: {...}} makes one, or with {id} changes it ("updated" becomes now unless it
                                    is named) -> {profile}
    DELETE klaviyo/profiles/{id}
    POST   klaviyo/events           {metric: name, profile: id, properties?, value?, at?: time, webhooks?: bool}
                                    -> {event, deliveries}; sends the webhook of that metric to those who have its topic
    POST   klaviyo/webhook          {topic, profile?: id, stale?: seconds, wrong?: bool} a webhook to those who have the
                                    topic: as old as `stale`, or with a wrong signature -> {deliveries: [{status, ...}]}
    GET    klaviyo/writes           {writes: [{kind: "METHOD /path", at, input}]}: what was written by the API
    GET    klaviyo/deliveries       {deliveries: [{id, topic, uri, status, error, tries, state}]}
    GET    klaviyo/deliveries/settled answers when nothing is on its way any more (30 s at most)

`POST /_sandbox/send` {"vendor": "klaviyo", "to", "kind": topic, "secret", profile?: id} sends one anywhere.
"""

from __future__ import annotations

from shopwarden.sandbox.klaviyo_api import api
from shopwarden.sandbox.klaviyo_control import control, send
from shopwarden.sandbox.klaviyo_documents import error
from shopwarden.sandbox.stand_in import Heard, Said, StandIn

CONTROL = "/_sandbox/klaviyo"


async def answer(heard: Heard) -> Said:
    """Whatever comes in for Klaviyo."""
    if heard.path == CONTROL or heard.path.startswith(CONTROL + "/"):
        return await control(heard, heard.path.removeprefix(CONTROL).strip("/"))
    return api(heard)


STAND_IN = StandIn(
    name="klaviyo",
    hosts=("a.klaviyo.com",),
    answer=answer,
    faults={
        "rate_limited": error(429, "throttled", "Request was throttled. Expected available in 2 seconds.", wait=2),
        "error": error(500, "error", "A server error occurred."),
        "refuse": error(401, "not_authenticated", "Incorrect authentication credentials."),
        "down": error(503, "service_unavailable", "Service unavailable."),
    },
    send=send,
)
