// What visitors do with the page's own elements: links away, forms, and whatever carries data-sw-track.
import { on } from "./guard.ts";

type Tell = (event: string, properties: Record<string, unknown>) => void;
const PREFIX = "data-sw-";

/** data-sw-product-id="7" is {product_id: "7"}. */
function properties(element: Element): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const { name, value } of element.attributes) {
    if (name.startsWith(PREFIX) && name != PREFIX + "track") found[name.slice(PREFIX.length).replace(/-/g, "_")] = value;
  }
  return found;
}

function marked(element: Element, tell: Tell): void {
  const event = element.getAttribute(PREFIX + "track");
  if (event) tell(event, properties(element));
}

function submitted(form: HTMLFormElement, tell: Tell): void {
  // A field named "name", "id" or "action" hides the form's own property of that name.
  const own = (name: string): string => form.getAttribute(name) ?? "";
  if (form.matches(`[${PREFIX}ignore]`)) return;
  if (form.matches(`[${PREFIX}search]`)) {
    const field = form.querySelector<HTMLInputElement>("[type=search],[name=q]");
    tell("Products Searched", { query: field?.value });
  } else if (own(PREFIX + "track")) marked(form, tell);
  else if (own("method").toLowerCase() == "post" && !/\/(cart|checkout)/.test(own("action"))) {
    const name = own("name") || own("id");
    // What was typed into it stays on the page.
    if (name) tell("Form Submitted", { form: name });
  }
}

export function watch(tell: Tell): void {
  on(document, "click", ({ target }) => {
    const element = target as Element;
    const bearer = element.closest(`[${PREFIX}track]`);
    if (bearer && bearer.tagName != "FORM") marked(bearer, tell);
    const link = element.closest<HTMLAnchorElement>("a[href]");
    // Without the query, which may hold anything.
    if (link && link.host != location.host && /^http/.test(link.protocol)) {
      tell("Outbound Link Clicked", { url: link.origin + link.pathname });
    }
  });
  on(document, "submit", ({ target }) => submitted(target as HTMLFormElement, tell));
}
