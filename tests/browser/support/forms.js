// The forms of pages: lists them, and sends them with a text in every text field.

/** What a page must never contain, whatever people wrote. */
export const FOREIGN = "script:not([src]), img, iframe, base, math, b, meta[http-equiv], [onerror], [onload], [onfocus], [ontoggle], a[href^='j'], form[action^='http']";

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
 * Writes a text into every text field of the form with this key, without the browser's checks, and sends it. Returns
 * false if the page has no such form.
 */
export async function send(page, wanted, text) {
  const loaded = page.waitForNavigation({ waitUntil: "load", timeout: 10_000 }).catch((error) => error);
  const isSent = await page.evaluate(({ action, texts, text }) => {
    const form = [...document.forms].find((one) => (one.getAttribute("action") ?? "") === action && texts.every((name) => one.elements[name]));
    if (!form) return false;
    for (const [at, name] of texts.entries()) {
      const field = form.elements[name];
      // Different passwords are refused, so that no link is used up and no password is changed.
      const value = field.type === "password" ? `${text}${at}` : text;
      if (field.tagName === "INPUT") field.type = "text";
      field.removeAttribute("maxlength");
      field.value = value;
    }
    HTMLFormElement.prototype.submit.call(form);
    return true;
  }, { ...wanted, text });
  if (!isSent) return false;
  const failed = await loaded;
  if (failed instanceof Error) throw failed;
  return true;
}

/** Returns the HTML in a page that can only come from an injected text. */
export function foreign(page) {
  return page.evaluate((what) => [...document.querySelectorAll(what)].map((one) => one.outerHTML.slice(0, 200)), FOREIGN);
}
