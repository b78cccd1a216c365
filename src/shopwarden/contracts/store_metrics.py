"""What the metrics of a store tell: figures of one time, in the words of the API."""

from __future__ import annotations

from uuid import UUID

import msgspec

from shopwarden.domain.comparison import Share, ratio

Headline = dict[str, float | None]
"""The figures of a metric that are compared with the time before, by name."""


class Split(Share, frozen=True, kw_only=True):
    """The share among those of one `name`: a source, a country, a kind of device, `new` or `returning`."""

    name: str


class Conversion(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Visitors who ordered, of those who came; bots are left out. A visitor's first session of the time decides where it
    came from, and with what. The 20 largest of each kind; `unknown` where the shop was not told."""

    visitors: int
    visitors_with_order: int
    rate: Share
    by_source: list[Split]
    by_country: list[Split]
    by_device: list[Split]
    by_visitor: list[Split]
    enough: bool
    note: str

    def headline(self) -> Headline:
        return {"visitors": self.visitors, "visitorsWithOrder": self.visitors_with_order, "rate": self.rate.rate}


class Spread(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Of `count` values: mean and quartiles; null without any."""

    count: int
    average: float | None
    lower_quartile: float | None
    median: float | None
    upper_quartile: float | None
    enough: bool


class Timing(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Until orders of one kind were made: seconds since the visitor's first session and since the start of the order's own
    session; page views of the visitor in sessions begun before the order."""

    orders: int
    since_first_session: Spread
    since_session_start: Spread
    page_views_before: Spread


class TimeToFraud(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How long visitors take until they order, fraudulent orders (confirmed or suspected) beside legitimate ones.

    `withoutVisitor`: orders that no visit is known of; they are in no timing. Chargebacks come weeks after an order, so of
    the newest orders fewer are known to be fraud.
    """

    confirmed: int
    suspected: int
    legitimate_orders: int
    without_visitor: int
    fraud: Timing
    legitimate: Timing
    enough: bool
    note: str

    def headline(self) -> Headline:
        since = self.fraud.since_first_session
        return {
            "confirmed": self.confirmed,
            "suspected": self.suspected,
            "fraudAverageSecondsSinceFirstSession": since.average,
            "fraudMedianSecondsSinceFirstSession": since.median,
            "fraudMedianSecondsSinceSessionStart": self.fraud.since_session_start.median,
        }


class Pattern(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A shorter way within visits. `steps` are kinds of pages and what happened there, in order; `direct` if nothing came
    between them. Supports count visits that had it; `lift` is how many times as likely fraud is in a visit that had it;
    `timesAsCommon` the share in fraud by the share in legitimate visits (null if no legitimate one had it); `pValue` is
    adjusted for all patterns tested, null where the pattern was not tested but only counted."""

    steps: list[str]
    direct: bool
    fraud_visits: int
    legitimate_visits: int
    fraud_share: float | None
    legitimate_share: float | None
    lift: float | None
    times_as_common: float | None
    p_value: float | None
    sentence: str


class Patterns(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Patterns that tell fraudulent visits (with a confirmed or suspected order) from legitimate ones (with an order that is
    neither). Only what chance would show once in twenty such lists is listed, the surest first, and none that only repeats
    another. `fraudVisits` and `legitimateVisits` are all there are, `compared...` those looked at."""

    fraud_visits: int
    legitimate_visits: int
    compared_fraud_visits: int
    compared_legitimate_visits: int
    tested: int
    of_fraud: list[Pattern]
    of_legitimate: list[Pattern]
    enough: bool
    note: str

    def headline(self) -> Headline:
        return {"fraudVisits": self.fraud_visits, "legitimateVisits": self.legitimate_visits}


class Band(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Visitors whose fastest travel was from `fromKmh` until below `toKmh` (null: no end). `fraud`: those of them with a
    confirmed or suspected order in the time."""

    name: str
    from_kmh: float
    to_kmh: float | None
    visitors: int
    share: float | None
    fraud: Share


class Velocity(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How fast visitors of the time ever moved between two places they were seen at; bots are left out. `notLocated`: seen
    at one place only, or at places too uncertain for a speed."""

    visitors: int
    located: int
    not_located: int
    not_located_fraud: Share
    bands: list[Band]
    enough: bool
    note: str

    def headline(self) -> Headline:
        impossible = self.bands[-1]
        return {
            "located": self.located,
            "impossible": impossible.visitors,
            "impossibleShare": ratio(impossible.visitors, self.located),
            "impossibleFraudShare": impossible.fraud.rate,
        }


class Crowd(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Devices that from `fromVisitors` to `toVisitors` (null: no end) visitors came with, and those of them in fraud."""

    from_visitors: int
    to_visitors: int | None
    devices: int
    visitors: int
    fraud: Share


class SharedDevice(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One fingerprint in the time: visitors who came with it, customers known of them or of orders made with it, and about
    how many people use it (null until it is estimated)."""

    device_id: UUID
    people: int | None
    visitors: int
    customers: int
    orders: int
    fraud_orders: int
    kind: str | None
    browser: str | None
    os: str | None


class Fingerprints(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Devices of one strength of fingerprint. `shared`: seen with two or more visitors; `severalCustomers`: ordered with by
    two or more customers; `fraud`: devices a fraudulent order was made with, `sharedFraud` the shared ones of them."""

    devices: int
    shared: int
    shared_visitors: int
    several_customers: int
    fraud: Share
    shared_fraud: Share
    spread: list[Crowd]
    top: list[SharedDevice]
    meaning: str


class DeviceMatches(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Fingerprints met again, strong and weak ones apart: only a strong one stands for one device."""

    strong: Fingerprints
    weak: Fingerprints
    enough: bool
    note: str

    def headline(self) -> Headline:
        return {
            "devices": self.strong.devices,
            "sharedDevices": self.strong.shared,
            "sharedShare": ratio(self.strong.shared, self.strong.devices),
            "devicesInFraud": self.strong.fraud.hits,
            "sharedDevicesInFraud": self.strong.shared_fraud.hits,
        }
