// How long a page was really looked at, how far down, and how often a person touched anything.
import { on } from "./guard.ts";

const INPUT_GAP_MS = 250;

let visibleSince = 0;
let seconds = 0;
let depth = 0;
let inputs = 0;
let lastInput = 0;

function measureDepth(): void {
  const share = (scrollY + innerHeight) / document.documentElement.scrollHeight;
  depth = Math.min(100, Math.max(depth, Math.round(share * 100)));
}

export function hide(): void {
  if (visibleSince) seconds += (performance.now() - visibleSince) / 1e3;
  visibleSince = 0;
}

export function show(): void {
  if (document.visibilityState != "hidden") visibleSince ||= performance.now();
}

/** What was seen since the last call; the count begins anew. */
export function seen(): { visible_seconds: number; scroll_depth: number; inputs: number } {
  hide();
  if (!depth) measureDepth();
  const found = { visible_seconds: +seconds.toFixed(1), scroll_depth: depth, inputs };
  seconds = depth = inputs = lastInput = 0;
  show();
  return found;
}

export function watch(): void {
  show();
  on(window, "scroll", measureDepth);
  on(window, "pointerdown pointermove keydown wheel", (event) => {
    // Each press counts; a hand that moves or a wheel that turns is one use, however many events it makes.
    if (event.isTrusted && (/n$/.test(event.type) || event.timeStamp - lastInput > INPUT_GAP_MS)) inputs++;
    lastInput = event.timeStamp;
  });
}
