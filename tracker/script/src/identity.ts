// The visitor's first-party id, kept only by whoever agreed; and the word of whoever did not.
import { attempt } from "./guard.ts";

const NAME = "sw_id";
const NO = "no";
const YEAR = 31536000;
let id = "";

/** Without a secure context there is no randomUUID, but a blob's address ends with one. */
export const uuid = (): string => crypto.randomUUID?.() ?? URL.createObjectURL(new Blob()).slice(-36);

export const stored = (name: string): string => attempt(() => localStorage[name] as string) ?? "";

export function store(name: string, value: string): void {
  attempt(() => (value ? (localStorage[name] = value) : delete localStorage[name]));
}

function cookie(value: string, seconds: number): void {
  const secure = location.protocol == "https:" ? ";secure" : "";
  document.cookie = `${NAME}=${value};path=/;max-age=${seconds};samesite=lax${secure}`;
}

/** The id kept in this browser, "" for none. */
export function knownId(): string {
  const found = attempt(() => /\bsw_id=([\da-f-]{36})/.exec(document.cookie)![1]) ?? stored(NAME);
  return found == NO ? "" : found;
}

export const wasRefused = (): boolean => stored(NAME) == NO;

/** The id of this visitor, made where there is none, and kept for a year from now. */
export function visitorId(): string {
  if (!id) {
    id = knownId() || uuid();
    attempt(() => cookie(id, YEAR));
    store(NAME, id);
  }
  return id;
}

/** Forgets the visitor; `refused` is remembered, which takes no id. */
export function forget(refused?: boolean): void {
  id = "";
  if (knownId()) attempt(() => cookie("", 0));
  store(NAME, refused ? NO : "");
}
