// The tracking script: `<script defer src=".../t.js" data-key="swk_..."></script>`, and `shopwarden.track(...)` as Segment has it.
import { watch as watchClicks } from "./clicks.ts";
import { isAllowed, type Settings, shopify } from "./consent.ts";
import { campaign, contextOf, type Page, pageNow } from "./context.ts";
import { attempt, on, safe } from "./guard.ts";
import { forget } from "./identity.ts";
import { seen, show, watch as watchLooking } from "./looking.ts";
import { given, here, host, key } from "./place.ts";
import { add, empty, held, leave, post, resume } from "./queue.ts";

type Properties = Record<string, unknown>;
type Call = [string, ...unknown[]];
type Api = Record<string, unknown> & { q?: Call[]; splice?: (from: number) => Call[] };

const PATIENCE_MS = 500;
const FINGERPRINT = "sw_fp";

/** Where the shop's theme tells each page itself, data-pages="manual" keeps it from being told twice. */
const isAutomatic = given.pages != "manual";

let settings: Settings | undefined;
let said: boolean | undefined;
/** undefined until it is known whether the visitor may be recognised. */
let allowed: boolean | undefined;
let ready = false;
let calls: Call[] = [];
let page: Page | undefined;
let context: Properties;
let fingerprint: string | undefined;
let isOpen = false;

const send = (type: string, more: Properties): void => add({ type, ...more, context });
const track = (event: string, properties?: unknown): void => send("track", { event, properties });

/** Nothing but the kind of page and where it was come to from: no id, and no path that names an order. */
function count(referrer: string): void {
  const from = referrer.split(/[/:]+/)[1] ?? "";
  const text = JSON.stringify({
    writeKey: key,
    path: location.pathname.replace(/(\/(checkouts?|orders?|account)\/).*/, "$1"),
    referrer: from == location.hostname ? "" : from,
    source: campaign(location.search).source ?? "",
  });
  post("/v1/count", text).catch(() => {});
}

function left(): void {
  if (!isOpen) return;
  isOpen = false;
  track("Page Left", { path: page!.path, ...seen() });
}

function open(referrer: string): void {
  page = pageNow(referrer);
  context = contextOf(page, fingerprint);
  seen();
  isOpen = true;
}

const told = (name?: unknown, more?: unknown): void =>
  send("page", { name, properties: { ...page, ...(more as object) } });

/** The visitor has come to another page, or to this one again. */
function view(): void {
  if (!isAutomatic) return;
  const referrer = page?.url ?? document.referrer;
  if (ready) {
    left();
    open(referrer);
    told();
  } else {
    page = pageNow(referrer);
    if (allowed == false) count(referrer);
  }
}

const methods: Record<string, (...given: never[]) => void> = {
  track,
  page: (...args: unknown[]) => {
    if (page!.url != location.origin + here()) {
      left();
      open(page!.url);
    }
    told(args.filter((arg) => typeof arg == "string").pop(), args.find((arg) => typeof arg == "object"));
  },
  identify: (...args: unknown[]) => send("identify", person(args, "userId")),
  group: (...args: unknown[]) => send("group", person(args, "groupId")),
  alias: (userId: string, previousId?: string) => send("alias", { userId, previousId }),
  reset: () => forget(),
  ready: (done: () => void) => done(),
};

const person = ([first, second]: unknown[], name: string): Properties => ({
  [name]: typeof first == "object" ? undefined : first,
  traits: second ?? first,
});

const call = safe(([name, ...args]: Call): void => {
  if (name == "consent") {
    said = args[0] as boolean;
    decide();
  } else if (ready) (methods[name] as (...given: unknown[]) => void)(...args);
  else if (allowed != false) calls.push([name, ...args]);
});

function begin(): void {
  if (ready || !allowed) return;
  ready = true;
  resume();
  open(page?.referrer ?? document.referrer);
  if (isAutomatic) told();
  for (const one of calls.splice(0)) call(one);
}

/** Waits a moment for the fingerprint, so that a device does not seem to change in its first second. */
function recognise(): void {
  fingerprint = attempt(() => sessionStorage[FINGERPRINT] as string);
  if (!settings!.fingerprint || fingerprint) return begin();
  const part = document.createElement("script");
  part.src = host + "/fp.js";
  part.onload = safe(() => {
    (window as { shopwardenDevice?: Promise<string> }).shopwardenDevice!.then(
      safe((id: string) => {
        if (!allowed) return;
        fingerprint = id;
        attempt(() => (sessionStorage[FINGERPRINT] = id));
        if (ready) (context.device as Properties).fingerprint = id;
        begin();
      }),
      () => {},
    );
  });
  document.head.append(part);
  setTimeout(safe(begin), PATIENCE_MS);
}

/** Takes up what consent, given or withdrawn, changes. */
function decide(): void {
  if (!settings) return;
  const now = isAllowed(settings, said);
  if (now == allowed) return;
  const isFirst = allowed == undefined;
  allowed = now;
  if (now) return recognise();
  ready = isOpen = false;
  calls = [];
  forget(said);
  empty();
  attempt(() => delete sessionStorage[FINGERPRINT]);
  if (isFirst) view();
}

function watchNavigation(): void {
  let last = here();
  const moved = safe((isPushed: boolean, hash: string): void => {
    // The same address pushed again is a page shown again; only its part behind # is not.
    if (here() == last && !(isPushed && hash == location.hash)) return;
    last = here();
    view();
  });
  for (const name of ["pushState", "replaceState"] as const) {
    const own = history[name];
    history[name] = function (this: History, ...args: Parameters<History["pushState"]>) {
      const { hash } = location;
      own.apply(this, args);
      moved(name == "pushState", hash);
    };
  }
  on(window, "popstate", () => moved(false, ""));
  on(window, "pageshow", (event) => {
    if (!(event as PageTransitionEvent).persisted) return;
    // Back from where the browser kept it: it was left already.
    isOpen = false;
    view();
  });
}

function leaving(): void {
  if (!isOpen) return;
  const isLight = !held();
  left();
  leave(isLight);
}

function watchLeaving(): void {
  on(window, "pagehide", leaving);
  on(document, "visibilitychange", () => {
    if (document.visibilityState == "hidden") return leaving();
    isOpen = ready;
    show();
  });
}

/** Calls made before now are in `q`, or in an array of their own; the object stays, whoever holds it. */
function offer(): boolean {
  const owner = window as { shopwarden?: Api };
  const api = (owner.shopwarden ??= {});
  if (api.v) return false;
  const early = api.q ?? api.splice?.(0) ?? [];
  api.v = 1;
  for (const name of [...Object.keys(methods), "consent"]) api[name] = (...args: unknown[]) => call([name, ...args]);
  api.push = call;
  for (const one of early) call(one);
  return true;
}

function start(found: Settings): void {
  settings = found;
  const shop = shopify();
  if (found.consent == "shopify" && shop?.loadFeatures && !shop.customerPrivacy) {
    shop.loadFeatures([{ name: "consent-tracking-api", version: "0.1" }], safe(decide));
    setTimeout(safe(decide), 3e3);
  } else decide();
}

function boot(): void {
  if (!key || !offer()) return;
  watchLooking();
  watchNavigation();
  watchLeaving();
  watchClicks((event, properties) => call(["track", event, properties]));
  on(document, "visitorConsentCollected", decide);
  fetch(`${host}/t/settings?key=${key}`, { credentials: "omit" })
    .then((answer) => answer.json())
    // Who can't be asked has not agreed.
    .catch(() => ({}))
    .then(safe((found: Partial<Settings>) => start({ fingerprint: false, consent: "required", ...found } as Settings)));
}

on(document, "prerenderingchange", boot);
if (!(document as { prerendering?: boolean }).prerendering) safe(boot)();
