/** One visitor's line, and what opens below it. */

import { make, show, write } from "./dom.ts";
import type { Visitor } from "./visitor.ts";
import { ago, device, flag, lasting, money, news, place, plain, source } from "./words.ts";

let rows = 0;

export class Row {
  readonly element = make("li", "row");
  private visitor: Visitor;
  private readonly flags: boolean;
  private readonly button = make("button", "line");
  private readonly score = make("span", "score");
  private readonly flag = make("span", "flag");
  private readonly page = make("bdi", "page");
  private readonly news = make("span", "tag");
  private readonly bot = make("span", "tag bot", "Bot");
  private readonly about = make("span", "about");
  private readonly basket = make("span", "basket");
  private readonly time = make("time");
  private readonly more = make("div", "more");

  constructor(visitor: Visitor, flags: boolean) {
    this.visitor = visitor;
    const id = `more-${(rows += 1)}`;
    const where = make("span", "where", this.page, this.news, this.bot);
    const title = make("span", "title", where, make("span", "sub", this.flag, this.about));
    const figures = make("span", "figures", this.basket, this.time);
    this.button.type = "button";
    this.button.append(this.score, title, figures, make("span", "arrow"));
    this.button.setAttribute("aria-expanded", "false");
    this.button.setAttribute("aria-controls", id);
    this.button.onclick = () => this.toggle();
    this.flag.setAttribute("aria-hidden", "true");
    this.flag.classList.toggle("code", !flags);
    this.flags = flags;
    this.more.id = id;
    this.more.hidden = true;
    this.element.append(this.button, this.more);
    this.fill();
  }

  /** Whether there was anything new to show. */
  update(visitor: Visitor): boolean {
    if (visitor === this.visitor) return false;
    const isNews = visitor.lastSeen !== this.visitor.lastSeen;
    this.visitor = visitor;
    this.fill();
    return isNews;
  }

  tick(now: number): void {
    write(this.time, ago(now - Date.parse(this.visitor.lastSeen)));
  }

  flash(): void {
    this.element.classList.remove("new");
    void this.element.offsetWidth; // Starts the animation again.
    this.element.classList.add("new");
  }

  private toggle(): void {
    const open = this.more.hidden;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.fillMore();
    this.more.hidden = !open;
  }

  private fill(): void {
    const visitor = this.visitor;
    const score = Math.round(visitor.behaviorScore);
    this.element.dataset["level"] = visitor.riskLevel;
    this.score.style.setProperty("--score", String(score));
    write(this.score, String(score));
    this.score.setAttribute("aria-label", `Behaviour score ${score} of 100, ${visitor.riskLevel} risk.`);
    this.score.setAttribute("role", "img");
    write(this.page, visitor.page || plain(visitor.pageKind));
    this.page.title = visitor.page ?? "";
    const [text, kind] = news(visitor) ?? ["", ""];
    write(this.news, text);
    show(this.news, text !== "");
    this.news.className = `tag ${kind}`;
    show(this.bot, visitor.isBot);
    const country = visitor.country ?? "";
    write(this.flag, this.flags ? flag(country) : country.slice(0, 2));
    show(this.flag, country !== "");
    write(this.about, `${place(visitor)} · ${device(visitor)} · ${source(visitor)}`);
    write(this.basket, visitor.basketValue > 0 ? money(visitor.basketValue, visitor.currency) : "");
    this.basket.title = visitor.basketValue > 0 ? "In the basket" : "";
    if (!this.more.hidden) this.fillMore();
  }

  private fillMore(): void {
    const visitor = this.visitor;
    const reasons = make("ul", "reasons");
    for (const factor of visitor.riskFactors ?? []) {
      const points = `${factor.points > 0 ? "+" : "−"}${Math.abs(Math.round(factor.points))}`;
      reasons.append(make("li", factor.points > 0 ? "raises" : "lowers", make("b", "", points), make("span", "", factor.sentence)));
    }
    const seen = visitor.patterns ?? [];
    if (seen.length) reasons.append(make("li", "patterns", `Noticed: ${seen.map(plain).join(", ")}`));
    if (!reasons.children.length) reasons.append(make("li", "none", "Nothing unusual about this visit."));
    const way = make("ol", "way");
    for (const step of visitor.way ?? []) {
      const kind = step === "payment_failed" ? "bad" : step === "order" ? "good" : "";
      way.append(make("li", kind, plain(step)));
    }
    const spent = Date.parse(visitor.lastSeen) - Date.parse(visitor.sessionStarted);
    const visits = visitor.sessions > 1 ? `visit ${visitor.sessions}` : "first visit";
    const facts = [
      `${visitor.pageViews} ${visitor.pageViews === 1 ? "page" : "pages"} in ${lasting(spent)}`,
      visits,
      visitor.orders ? `${visitor.orders} ${visitor.orders === 1 ? "order" : "orders"}` : "no order yet",
      visitor.isCustomer ? "a known customer" : "",
    ].filter(Boolean);
    const parts: [string, HTMLElement][] = [
      ["Why this score", reasons],
      ["Way through the shop", way],
      ["This visit", make("p", "facts", facts.join(" · "))],
    ];
    this.more.replaceChildren(...parts.map(([title, body]) => make("section", "", make("h3", "", title), body)));
  }
}
