"""A shop's Admin side: install and tokens, GraphQL, bulk operations, webhooks; and the switches that play with it.

Admin side: `{sandbox}/shopify/{name}.myshopify.com/admin/...`, or `/admin/...` with the shop as Host. A shop comes into
being when it is first named. The app `sandbox` with the secret `sandbox` is always there, and its token `sandbox` (that
of an app made in the shop's own admin) is good for every shop and every scope.

Control: `{sandbox}/shopify/_sandbox/shop...`, JSON in and out, 400 {"error"} for a wish that cannot be. `shop` is a name
like `demo.myshopify.com`: a member of the body, or `?shop=`; without it `demo.myshopify.com` is meant. Whatever changes
data answers {"<kind>": record, "deliveries": [ids of the webhooks sent]} and sends webhooks unless the body says
`"webhooks": false`. Records are in the names and shapes of GraphQL; `id` in an address is the bare number.

    POST   shop                     {shop, customers, orders, seed, until?, plan?: standard|advanced|plus|enterprise,
                                    name?, state?: open|frozen|gone|locked|forbidden, hide_personal?: bool,
                                    gaps?: [seconds between tries of a webhook, 8 of them], privacy_uri?}
                                    makes the shop anew when a size, seed or until is named, else changes what is named
    GET    shop                     {shop, customers, orders (counts now), state, plan, bucket, apps, subscriptions: [{id,
                                    topic, uri, client_id}], tokens: [{client_id, kind, scope, expires_at, refreshable}],
                                    pixels, definitions, writes (how many), deliveries (how many)}
    PUT    shop/app                 {client_id, client_secret, name?, redirect_uris?, scopes?, app_url?} for all shops
    POST   shop/token               {client_id?, scope?, expires_in?} -> {access_token}: a token without an install
    POST   shop/tokens/expire       {refresh?: bool} all access tokens (and the refresh tokens too) end now
    POST   shop/tokens/revoke       {} as if the merchant took the app's rights back, without a word
    POST   shop/session-token       {client_id?, user?} -> {session_token}: what App Bridge hands to an embedded page
    GET    shop/launch              ?client_id&app_url -> {url}: the app's address as the shop's admin opens it, signed
    POST   shop/customers           {customer: {part of a record}} makes one        -> customers/create
    POST   shop/customers/{id}      {customer: {...}} changes it                    -> customers/update, and for tags,
                                    consent and purchases the topics of their own
    DELETE shop/customers/{id}                                                      -> customers/delete
    GET    shop/customers/{id}      the whole record with its metafields
    POST   shop/orders              {order: {...}, customer?: id | null}            -> orders/create (orders/paid)
                                    + customers/purchasing_summary
    POST   shop/orders/{id}         {order: {...}}                                  -> orders/updated
    POST   shop/orders/{id}/refund  {amount?: "9.90"}                               -> refunds/create, orders/updated
    POST   shop/orders/{id}/dispute {status?, reason?, amount?}                     -> disputes/create, then disputes/update
    POST   shop/orders/{id}/cancel  {reason?}                                       -> orders/cancelled, orders/updated
    POST   shop/orders/{id}/risk    {level, facts?: [{description, sentiment}]} by the platform itself
                                                                                    -> orders/risk_assessment_changed
    GET    shop/orders/{id}         the record with metafields, risk, fulfillmentOrders, customer (its number)
    POST   shop/checkouts           {checkout: {token?, ...body of the webhook}, customer?: id} -> checkouts/create, and
                                    checkouts/update for a token known already
    POST   shop/privacy             {topic: customers/data_request|customers/redact|shop/redact, customer?: id} sent to
                                    the shop's `privacy_uri`
    POST   shop/uninstall           {client_id?} tokens die, subscriptions go       -> app/uninstalled
    POST   shop/webhook             {topic, body, uri?} sends this body as it is to who subscribed, or to `uri`
    POST   shop/drop                {topic?: "*", times?: 1} so many webhooks from now on get lost, silently
    GET    shop/deliveries          ?topic -> {deliveries: [{id, event_id, topic, uri, tries, status, error, state:
                                    waiting|delivered|dropped|failed, at}]}
    POST   shop/deliveries/{id}     {} sends this delivery once more, same webhook id
    GET    shop/deliveries/settled  answers when nothing is on its way any more (30 s at most) -> {waiting: n}
    POST   shop/subscriptions/forget {topic?, client_id?} subscriptions vanish      -> {forgotten: n}
    GET    shop/writes              ?kind&target -> {writes: [{kind: name of the mutation, target: gid, at, client_id,
                                    input: {...}}]}: what apps have written, oldest first
    POST   shop/bulk                {rate?: objects a second (0: at once), fail?: errorCode of all further operations or
                                    null, wait?: seconds in CREATED, cut?: number of bytes after which each download
                                    breaks off or null}
    POST   shop/bulk/kill           {} operations now running fail with INTERNAL_SERVER_ERROR
"""

from __future__ import annotations

from shopwarden.sandbox.shop_control import control
from shopwarden.sandbox.shop_door import admin
from shopwarden.sandbox.stand_in import Heard, Said, StandIn

CONTROL = "/_sandbox/shop"


async def answer(heard: Heard) -> Said:
    """Whatever comes in for a shop."""
    if heard.path == CONTROL or heard.path.startswith(CONTROL + "/"):
        return await control(heard, heard.path.removeprefix(CONTROL).strip("/"))
    return await admin(heard)


STAND_IN = StandIn(name="shopify", hosts=("*.myshopify.com",), answer=answer)
