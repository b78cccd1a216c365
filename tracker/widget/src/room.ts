/** Who is in the shop: the feed's events folded into one picture. Pure; times are milliseconds by the server's clock. */

import type { Told, Visitor } from "./visitor.ts";

/** Beyond this many, those seen longest ago are only counted. */
const MOST_KEPT = 500;

export type Present = Visitor & { seen: number };

export class Room {
  readonly visitors = new Map<string, Present>();
  windowSeconds = 300;
  private stated = 0;
  private ahead: number | undefined;

  take(event: string, told: Told, clock: number): void {
    const at = Date.parse(told.at);
    // What arrives was sent a moment ago: the smallest difference is the nearest to that between the clocks.
    if (at) this.ahead = Math.min(this.ahead ?? Infinity, clock - at);
    const snapshot = event === "snapshot";
    if (snapshot) {
      this.windowSeconds = told.window_seconds ?? 300;
      this.visitors.clear();
    }
    for (const visitor of told.visitors ?? []) this.put(visitor);
    if (told.total !== undefined) this.stated = told.total;
    this.shrink();
  }

  now(clock: number): number {
    return clock - (this.ahead ?? 0);
  }

  /** Lets go of those whose time is over; whether anybody went. */
  expire(clock: number): boolean {
    const limit = this.now(clock) - this.windowSeconds * 1000;
    let gone = false;
    for (const [id, visitor] of this.visitors) {
      if (visitor.seen >= limit) continue;
      this.visitors.delete(id);
      this.stated -= 1;
      gone = true;
    }
    return gone;
  }

  /** At least those at hand; more where the feed counts visitors it does not list. */
  get total(): number {
    return Math.max(this.stated, this.visitors.size);
  }

  /** The last seen first; ties by id, so that nobody jumps about. */
  latest(): Present[] {
    return [...this.visitors.values()].sort(
      (one, other) => other.seen - one.seen || (one.visitorId < other.visitorId ? -1 : 1),
    );
  }

  private put(visitor: Visitor): void {
    const seen = Date.parse(visitor.lastSeen);
    const known = this.visitors.get(visitor.visitorId);
    if (known && known.seen > seen) return;
    if (!known) this.stated += 1;
    this.visitors.set(visitor.visitorId, { ...visitor, seen });
  }

  private shrink(): void {
    if (this.visitors.size <= MOST_KEPT) return;
    for (const visitor of this.latest().slice(MOST_KEPT)) this.visitors.delete(visitor.visitorId);
  }
}
