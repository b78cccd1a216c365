// Nothing here may ever throw into the shop's page, and nothing the shop's page does may stop it.

/** The function as it is, but an error in it ends there. */
export function safe<Given extends unknown[]>(action: (...given: Given) => void): (...given: Given) => void {
  return (...given) => {
    try {
      action(...given);
    } catch {
      // The page must not notice.
    }
  };
}

/** Listens before the page's own listeners can stop the event. */
export function on(target: EventTarget, names: string, action: (event: Event) => void): void {
  for (const name of names.split(" ")) target.addEventListener(name, safe(action), { capture: true, passive: true });
}

/** What `read` answers, undefined where it throws: storage may be forbidden, an address unreadable. */
export function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
