/** The feed's events folded: who is there, who is gone, how many. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Room } from "../src/room.ts";
import type { Visitor } from "../src/visitor.ts";
import { ago, flag, lasting, money, place } from "../src/words.ts";

const BEGIN = Date.parse("2026-03-02T10:00:00Z");
const iso = (seconds: number) => new Date(BEGIN + seconds * 1000).toISOString();
const visitor = (visitorId: string, seen: number, more: Partial<Visitor> = {}) =>
  ({ visitorId, lastSeen: iso(seen), page: "/", ...more }) as Visitor;
const clock = (seconds: number) => BEGIN + seconds * 1000;

function opened(...visitors: Visitor[]): Room {
  const room = new Room();
  room.take("snapshot", { at: iso(0), window_seconds: 300, total: visitors.length, visitors }, clock(0));
  return room;
}

const ids = (room: Room) => room.latest().map((one) => one.visitorId);

test("a snapshot replaces, a change adds or renews, the last seen stands first", () => {
  const room = opened(visitor("a", -20), visitor("b", -10));
  room.take("visitors", { at: iso(1), visitors: [visitor("a", 1), visitor("c", 0)] }, clock(1));
  assert.deepEqual([ids(room), room.total], [["a", "c", "b"], 3]);
  room.take("snapshot", { at: iso(2), total: 1, visitors: [visitor("b", 2)] }, clock(2));
  assert.deepEqual([ids(room), room.total], [["b"], 1]);
});

test("an older state of a visitor changes nothing", () => {
  const room = opened(visitor("a", 0, { page: "/new" }));
  room.take("visitors", { at: iso(1), visitors: [visitor("a", -5, { page: "/old" })] }, clock(1));
  assert.equal(room.latest()[0]?.page, "/new");
});

test("who did nothing within the window goes, by the server's clock", () => {
  const room = new Room();
  // This machine is ten minutes ahead of the server.
  room.take("snapshot", { at: iso(0), window_seconds: 300, total: 2, visitors: [visitor("a", 0), visitor("b", -200)] }, clock(600));
  assert.equal(room.expire(clock(690)), false);
  assert.equal(room.expire(clock(701)), true);
  assert.deepEqual([ids(room), room.total], [["a"], 1]);
});

test("a feed that counts more than it lists is believed, until those listed are more", () => {
  const room = new Room();
  room.take("snapshot", { at: iso(0), total: 5000, visitors: [visitor("a", 0)] }, clock(0));
  assert.equal(room.total, 5000);
  room.take("visitors", { at: iso(1), visitors: [visitor("b", 1)] }, clock(1));
  assert.equal(room.total, 5001);
  room.take("now", { at: iso(2), total: 0 }, clock(2));
  assert.equal(room.total, 2);
});

test("a crowd is kept bounded, the latest of it", () => {
  const room = opened();
  for (let n = 0; n < 1200; n += 1) room.take("visitors", { at: iso(n), visitors: [visitor(`v${n}`, n)] }, clock(n));
  assert.deepEqual([room.visitors.size, ids(room)[0], room.total], [500, "v1199", 1200]);
});

test("words", () => {
  assert.deepEqual([ago(-500), ago(12_400), ago(190_000)], ["just now", "12 s ago", "3 min ago"]);
  assert.deepEqual([lasting(10), lasting(180_000), lasting(3_900_000)], ["less than a minute", "3 min", "1 h 5 min"]);
  assert.match(money(9.5, "EUR"), /9[.,]50/);
  assert.match(money(9.5, "not a currency"), /9[.,]50/);
  assert.deepEqual([flag("DE"), flag("<b>"), flag("de")], ["\u{1F1E9}\u{1F1EA}", "", ""]);
  assert.equal(place(visitor("a", 0, { country: "FR", city: "Lyon" })), "Lyon, France");
  assert.equal(place(visitor("a", 0, { country: "not a code", city: null })), "not a code");
  assert.equal(place(visitor("a", 0, { country: null })), "Unknown place");
});
