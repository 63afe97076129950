// The forms of pages: lists them, and sends them with a text in every text field.

/** What a page must never contain, whatever people wrote. */
export const FOREIGN = "script:not([src], [type='application/ld+json']), img:not(.logo), iframe, base, math, b, meta[http-equiv], [onerror], [onload], [onfocus], [ontoggle], a[href^='j'], form[action^='http']";

/** The forms of a page that target this site, with the names of their text fields. Similar forms have the same `key`. */
export function formsOf(page) {
  return page.evaluate(() => {
    const isText = (field) => field.matches("textarea, input:not([type]), input[type=text], input[type=email], input[type=search], input[type=password], input[type=number], input[type=date], input[type=url], input[type=tel]");
    return [...document.forms].filter((form) => !form.dataset.keys && !form.hidden).map((form) => {
      const texts = [...form.elements].filter(isText).map((field) => field.name);
      const action = form.getAttribute("action") ?? "";
      const hidden = [...form.elements].filter((field) => field.type === "hidden" && field.name === "step").map((field) => field.value);
      return { action, texts, key: [form.method, action.replace(/\d+|[\w-]{12,}/g, "#"), ...texts, ...hidden].join(" ") };
    });
  });
}

/**
 * Writes a text into every text field of a form, without the browser's checks, and returns what the form sends, or null if
 * there is no such form. Runs in a page: the form is in that page, which also sends it, or in `html`, which is only parsed.
 */
function fill({ html, action, texts, text }) {
  const parsed = html === undefined ? document : new DOMParser().parseFromString(html, "text/html");
  const form = [...parsed.forms].find((one) => (one.getAttribute("action") ?? "") === action && texts.every((name) => one.elements[name]));
  if (!form) return null;
  for (const [at, name] of texts.entries()) {
    // Lists of texts have several fields of one name.
    const found = form.elements[name];
    for (const field of found instanceof RadioNodeList ? found : [found]) {
      // Different passwords are refused, so that no link is used up and no password is changed.
      const value = field.type === "password" ? `${text}${at}` : text;
      if (field.tagName === "INPUT") field.type = "text";
      field.removeAttribute("maxlength");
      field.value = value;
    }
  }
  const sent = { method: form.method, fields: [...new FormData(form)] };
  if (html === undefined) HTMLFormElement.prototype.submit.call(form);
  return sent;
}

/** Sends the form with this key on the current page, with a text in each text field. Returns false if there is no such form. */
export async function send(page, wanted, text) {
  const loaded = page.waitForNavigation({ waitUntil: "load", timeout: 10_000 }).catch((error) => error);
  if (!(await page.evaluate(fill, { ...wanted, text }))) return false;
  const failed = await loaded;
  if (failed instanceof Error) throw failed;
  return true;
}

/**
 * Requests pages with the cookies of a visitor's page, and parses them like the browser but does not show them: takes a
 * fraction of the time, but does not run what a page contains.
 */
export class Unseen {
  /** `page`: the visitor's. `parser`: any page without a content policy. */
  constructor(page, parser) {
    Object.assign(this, { page, parser });
  }

  async open(target) {
    await this.#keep(await this.page.context().request.get(target));
  }

  /** Does the same as `send`. */
  async send(wanted, text) {
    const sent = await this.parser.evaluate(fill, { ...wanted, text, html: this.html });
    if (!sent) return false;
    const fields = new URLSearchParams(sent.fields).toString();
    const target = new URL(wanted.action, this.url);
    const { request } = this.page.context();
    const headers = { origin: target.origin, referer: this.url };
    if (sent.method === "get") {
      target.search = fields;
      await this.#keep(await request.get(target.href, { headers }));
    } else {
      headers["content-type"] = "application/x-www-form-urlencoded";
      await this.#keep(await request.post(target.href, { headers, data: fields }));
    }
    return true;
  }

  async #keep(answer) {
    Object.assign(this, { url: answer.url(), html: await answer.text() });
  }

  /** Whether the page marks a field as wrong. */
  isRefused() {
    return this.#matches("[aria-invalid=true]").then((found) => found.length > 0);
  }

  foreign() {
    return this.#matches(FOREIGN);
  }

  #matches(what) {
    return this.parser.evaluate(matches, { what, html: this.html });
  }
}

/** Returns the HTML of the elements that match. Runs in a page, like `fill`. */
function matches({ what, html }) {
  const parsed = html === undefined ? document : new DOMParser().parseFromString(html, "text/html");
  return [...parsed.querySelectorAll(what)].map((one) => one.outerHTML.slice(0, 200));
}

/** Returns the HTML in a page that can only come from an injected text. */
export function foreign(page) {
  return page.evaluate(matches, { what: FOREIGN });
}
