// What all pages need: texts in the reader's language, screens stamped from templates, addresses shown safely.

/** The text of a key, with its arguments. */
export function text(key, args = []) {
  return chrome.i18n.getMessage(key, args.map(String)) || key;
}

/** The text of a view's `{key, args}`. */
export function viewText(message) {
  return message ? text(message.key, message.args) : "";
}

/** Where a text goes, by the attribute that names it. */
const TARGETS = {
  "data-i18n": (element, value) => (element.textContent = value),
  "data-i18n-label": (element, value) => element.setAttribute("aria-label", value),
  "data-i18n-tip": showTip,
  "data-i18n-placeholder": (element, value) => (element.placeholder = value),
};

function showTip(element, value) {
  element.setAttribute("aria-label", value);
  element.title = value;
}

/** Fills in the texts that the markup names. */
export function localise(root) {
  for (const [name, put] of Object.entries(TARGETS)) {
    for (const element of root.querySelectorAll(`[${name}]`)) put(element, text(element.getAttribute(name)));
  }
}

/** A key that is held down is no decision: what it has done once it does not do to what came under it since. */
export function ignoreHeldKeys() {
  const held = ({ key, target }) => key === "Enter" || (key === " " && !target.matches("textarea, input"));
  const ignore = (event) => event.repeat && held(event) && event.preventDefault();
  addEventListener("keydown", ignore, { capture: true });
}

/** Localises the page itself. */
export function localisePage(titleKey) {
  document.documentElement.lang = text("language");
  document.documentElement.dir = text("@@bidi_dir");
  document.title = text(titleKey);
  localise(document);
}

/** A new copy of a template: its root element, and its parts by the names in `data-slot`. */
export function stamp(id) {
  const content = document.getElementById(id).content.cloneNode(true);
  localise(content);
  const root = content.firstElementChild;
  const parts = { root };
  for (const element of content.querySelectorAll("[data-slot]")) parts[element.dataset.slot] = element;
  return parts;
}

/**
 * Shows an address whole and as it is: set apart from the direction of the text around it, always left to right, and
 * broken, if it must be, before its "@", and only then after a dot or hyphen.
 */
export function showAddress(element, email) {
  const at = email.lastIndexOf("@");
  const whole = document.createElement("bdi");
  whole.dir = "ltr";
  whole.append(breakable(email.slice(0, at)), breakable(email.slice(at)));
  element.replaceChildren(whole);
  element.dataset.size = email.length > 90 ? "small" : email.length > 38 ? "medium" : "large";
}

function breakable(value) {
  const element = document.createElement("span");
  element.className = "unit";
  for (const piece of value.split(/(?<=[._-])/u)) element.append(piece, document.createElement("wbr"));
  return element;
}

/** Where an address was found, in one line. How many places that are can be seen from the line. */
export function evidence(customer) {
  return customer.evidence.map(viewText).join(" · ");
}

/** Marks a platform as live or demo. */
export function showEnvironment(badge, environment) {
  badge.dataset.environment = environment;
  badge.textContent = text(`environment_${environment}`);
}

/** Makes a button put a text on the clipboard and say so. */
export function copies(button, value) {
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(value);
    button.querySelector("use").setAttribute("href", "#icon-check");
    showTip(button, text("common_copied"));
  });
}

/** A time that is left: in minutes while there are some, then in seconds. */
export function duration(seconds) {
  const [count, unit] = seconds > 90 ? [Math.ceil(seconds / 60), "minute"] : [seconds, "second"];
  return new Intl.NumberFormat(text("language"), { style: "unit", unit, unitDisplay: "long" }).format(count);
}

/** Says each second how long it is yet, until nothing is left of it. */
export function countDown(element, key, seconds) {
  const end = Date.now() + seconds * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    element.hidden = left <= 0;
    element.textContent = text(key, [duration(left)]);
    if (left > 0) setTimeout(() => element.isConnected && tick(), 1000);
  };
  tick();
}

/** What is shown where the background script was stopped, or could not start. */
export const INTERNAL = {
  code: "internal",
  title: { key: "error_internal_title", args: [] },
  cure: { key: "error_internal_cure", args: [] },
};

/** Sends a message to the core and returns its view. */
export async function ask(message) {
  // Nothing comes of a core that cannot be started.
  return (await chrome.runtime.sendMessage(message)) ?? { screen: "error", ...INTERNAL };
}
