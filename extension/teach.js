// The page on which an administrator shows where a CRM has the customer's address. It puts a picker into the CRM's page,
// has the core make a recipe of what was picked, tries it there, and shows the lines for the relay's configuration.

import { ask, localisePage, text, viewText } from "./page.js";
import { picker } from "./picker.js";

const tabId = Number(new URLSearchParams(location.search).get("tab"));
const part = (id) => document.getElementById(id);
const announcer = part("announcer");

/** What was picked, what the core made of it, and which selector is tried. */
let picked;
let derived;
let selector;
/** Counts trials: an older one's result is not shown any more. */
let latest = 0;

const inject = (target, func, args = []) => chrome.scripting.executeScript({ target: { tabId, ...target }, func, args });

/** Brings the CRM's page to the front and waits until somebody has picked an element in one of its frames. */
async function pick() {
  const frames = await inject({ allFrames: true }, () => true);
  const never = new Promise(() => {});
  const picks = frames.map(async ({ frameId }) => {
    const inTop = frameId === 0;
    try {
      const [{ result }] = await inject({ frameIds: [frameId] }, picker, [inTop ? text("teach_banner") : ""]);
      return result;
    } catch (fault) {
      // A frame that went away takes nothing with it; without the page there is nothing to pick.
      return inTop ? Promise.reject(fault) : never;
    }
  });
  await chrome.tabs.update(tabId, { active: true });
  try {
    return await Promise.race(picks);
  } finally {
    await inject({ allFrames: true }, () => globalThis.stagedoorStop?.()).catch(() => {});
  }
}

async function teach() {
  if (part("pick").getAttribute("aria-busy") === "true") return;
  part("pick").setAttribute("aria-busy", "true");
  part("pick").textContent = text("teach_picking");
  tell();
  try {
    const found = await pick();
    if (found) await take(found);
    else tell(text("teach_stopped"));
  } catch {
    tell(text("teach_lost_title"), text("teach_lost_cure"));
  }
  part("pick").setAttribute("aria-busy", "false");
  part("pick").textContent = text("teach_pick_button");
  const own = await chrome.tabs.getCurrent();
  await chrome.tabs.update(own.id, { active: true });
  part(part("result").hidden ? "pick" : "result-title").focus();
}

/** Makes a recipe of what was picked: of the selectors, the first that finds exactly one address. */
async function take(found) {
  picked = found;
  derived = await ask({ type: "teach/derive", url: found.url, chain: found.chain, text: found.text });
  part("result").hidden = true;
  if (!derived?.shapes) return tell(text("teach_lost_title"), text("teach_lost_cure"));
  if (!derived.host) return tell(text("teach_no_page"));
  if (!derived.shapes.length) return tell(text("teach_no_id_title"), text("teach_no_id_cure"));
  offerIds();
  if (!part("name").value) part("name").value = new URL(found.url).hostname.slice(0, 40);
  part("picked").textContent = found.text;
  part("host").textContent = derived.host;
  let trial;
  for (selector of derived.selectors) if ((trial = await attempt()).ok !== false) break;
  if (!trial?.ok) selector = derived.selectors[0];
  await show();
}

/** Asks where in the page's address the record's id stands, if there are several places. */
function offerIds() {
  const choices = part("choices");
  choices.replaceChildren();
  for (const [index, { id, path, query }] of derived.shapes.entries()) {
    const label = document.createElement("label");
    const radio = Object.assign(document.createElement("input"), { type: "radio", name: "id", value: index, checked: index === 0 });
    const code = Object.assign(document.createElement("bdi"), { dir: "ltr", textContent: `${id}   ${pattern(path, query)}` });
    label.append(radio, code);
    choices.append(label);
  }
  part("ids").hidden = derived.shapes.length < 2;
}

function pattern(path, query) {
  const pairs = Object.entries(query ?? {}).map(([name, [value]]) => `${name}=${value}`);
  return pairs.length ? `${path}?${pairs.join("&")}` : path;
}

function draft() {
  const shape = derived.shapes[Number(document.querySelector("[name=id]:checked")?.value ?? 0)];
  return {
    name: part("name").value.trim() || derived.host.slice(0, 40),
    hosts: [derived.host],
    paths: [shape.path],
    query: shape.query ?? {},
    at: [selector],
    only: part("only").checked,
  };
}

/** What the recipe finds on the page as it is now. */
async function attempt() {
  const recipe = draft();
  const frames = await ask({ type: "read", tabId, recipes: [recipe] });
  if (!frames) throw new Error("the page cannot be read");
  return ask({ type: "teach/try", tabId, recipe, frames });
}

async function show() {
  const own = ++latest;
  const trial = await attempt().catch(() => null);
  if (own !== latest) return;
  if (!trial?.toml) return tell(viewText(trial?.title) || text("teach_lost_title"), viewText(trial?.cure) || text("teach_lost_cure"));
  part("selector").textContent = selector;
  part("trial").className = `notice ${trial.ok ? "good" : "bad"}`;
  part("trial-text").textContent = announcer.textContent = viewText(trial.text);
  part("trial-icon").setAttribute("href", trial.ok ? "#icon-check" : "#icon-warning");
  if (part("toml").value !== trial.toml) part("copy").textContent = text("common_copy");
  part("toml").value = trial.toml;
  part("toml").rows = trial.toml.split("\n").length - 1;
  part("give").hidden = !trial.ok;
  part("result").hidden = false;
  part("pick").className = "secondary";
}

/** Says what stands in the way; nothing, if nothing does. */
function tell(title = "", cure = "") {
  part("news").hidden = !title;
  part("news-title").textContent = title;
  part("news-cure").textContent = cure;
  announcer.textContent = [title, cure].filter(Boolean).join(". ");
  if (title) part("result").hidden = true;
  part("pick").className = "primary";
}

part("pick").addEventListener("click", teach);
part("settings").addEventListener("input", show);
part("settings").addEventListener("submit", (event) => event.preventDefault());
part("copy").addEventListener("click", async () => {
  await navigator.clipboard.writeText(part("toml").value);
  announcer.textContent = part("copy").textContent = text("common_copied");
});

localisePage("teach_title");
part("how").hidden = tabId > 0;
part("try").hidden = !(tabId > 0);
if (tabId > 0) await teach();
