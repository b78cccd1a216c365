/** The stream is read the same however the network cuts it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamReader } from "../src/stream.ts";

const TEXT = 'retry: 2000\n\n: still here\nid: 7-1\nevent: snapshot\ndata: {"a":\ndata: 1}\n\nevent: now\r\ndata:{"total":2}\r\n\r\ndata: x\n\n';
const EVENTS = [
  { event: "snapshot", data: '{"a":\n1}', id: "7-1" },
  { event: "now", data: '{"total":2}', id: "7-1" },
  { event: "message", data: "x", id: "7-1" },
];

test("whole, by single characters, and cut anywhere in two", () => {
  assert.deepEqual(new StreamReader().take(TEXT), EVENTS);
  const slow = new StreamReader();
  assert.deepEqual([...TEXT].flatMap((letter) => slow.take(letter)), EVENTS);
  for (let cut = 0; cut <= TEXT.length; cut += 1) {
    const stream = new StreamReader();
    assert.deepEqual([...stream.take(TEXT.slice(0, cut)), ...stream.take(TEXT.slice(cut))], EVENTS, `cut at ${cut}`);
    assert.equal(stream.retry, 2000);
  }
});

test("an event without data is none, and an unfinished one waits", () => {
  const stream = new StreamReader();
  assert.deepEqual(stream.take("event: now\n\ndata: 1\n"), []);
  assert.deepEqual(stream.take("\n"), [{ event: "message", data: "1", id: undefined }]);
});

test("unknown fields and lines without a colon are passed over", () => {
  assert.deepEqual(new StreamReader().take("nonsense\nfoo: bar\nretry: soon\ndata: a:b: c\n\n"), [
    { event: "message", data: "a:b: c", id: undefined },
  ]);
});
