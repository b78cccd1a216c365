"""How fast visitors moved between the places they were seen at, and how much fraud there is at each speed."""

from __future__ import annotations

from shopwarden.contracts.store_metrics import Band, Velocity
from shopwarden.domain.comparison import ENOUGH, ratio, share_of
from shopwarden.domain.flow_period import Period
from shopwarden.domain.ids import StoreId
from shopwarden.store.database import Database
from shopwarden.store.fraud_sql import labelled_orders
from shopwarden.store.metrics_reading import BOTS, read_rows

BANDS = (
    ("still", 0.0, 1.0),
    ("ground", 1.0, 150.0),
    ("train", 150.0, 350.0),
    ("plane", 350.0, 1000.0),
    ("impossible", 1000.0, None),
)
"""Not moving; on foot, by bicycle, car; high-speed rail; jet (cruising at about 900 km/h); nothing people travel with."""

_EDGES = ", ".join(str(start) for _, start, _ in BANDS[1:])

# A visitor of a session of the time was last seen in it or later.
_VISITORS = f"""
WITH came AS MATERIALIZED (
  SELECT visitor_id FROM sessions WHERE store_id = $1 AND started_at >= $2 AND started_at < $3 GROUP BY visitor_id),
guilty AS MATERIALIZED (SELECT DISTINCT visitor_id FROM ({labelled_orders("$2", "$3")}) AS o
                         WHERE is_fraud AND visitor_id IS NOT NULL),
moved AS MATERIALIZED (
  SELECT v.id, width_bucket(v.fastest_travel_kmh, ARRAY[{_EDGES}]::float8[]) AS band FROM visitors v
   WHERE v.store_id = $1 AND v.last_seen >= $2 AND v.fastest_travel_kmh IS NOT NULL)
SELECT band, count(*) AS visitors, count(*) FILTER (WHERE visitor_id IN (SELECT visitor_id FROM guilty)) AS fraud
  FROM came LEFT JOIN moved ON moved.id = came.visitor_id WHERE visitor_id NOT IN ({BOTS}) GROUP BY band
"""  # noqa: S608 - SQL of our own


async def velocity(database: Database, store_id: StoreId, period: Period) -> Velocity:
    """Over visitors with a session begun in the period; fraud by their orders of the period."""
    rows = await read_rows(database, _VISITORS, store_id, period.since, period.until)
    found = {row["band"]: (row["visitors"], row["fraud"]) for row in rows}
    unlocated, unlocated_fraud = found.pop(None, (0, 0))
    located = sum(visitors for visitors, _ in found.values())
    enough = located >= ENOUGH
    bands = []
    for place, (name, start, end) in enumerate(BANDS):
        visitors, fraud = found.get(place, (0, 0))
        share = ratio(visitors, located)
        bands.append(
            Band(name=name, from_kmh=start, to_kmh=end, visitors=visitors, share=share, fraud=share_of(fraud, visitors))
        )
    return Velocity(
        visitors=located + unlocated,
        located=located,
        not_located=unlocated,
        not_located_fraud=share_of(unlocated_fraud, unlocated),
        bands=bands,
        enough=enough,
        note="" if enough else f"Only {located} visitors of this time were located twice: shares may be chance.",
    )
