// What the popup begins before the rest of it is there: it has the core compiled, finds out which tab it is about, asks what to
// show, which starts the background script, and has the page read.

import { read } from "./reading.js";

/** What the background script's core shows of a page, if that runs already and is in a page itself, as Firefox has it. */
export const glimpse = findRunning();

/** The core's code, unless the background script's core does. Where it can, that script takes the code from here. */
globalThis.core = glimpse ? Promise.resolve() : WebAssembly.compileStreaming(fetch(chrome.runtime.getURL("core/stagedoor_extension_core_bg.wasm")));
// Whoever waits for it sees to that.
core.catch(() => {});

/** The name of this opening: an earlier popup of the tab may still be there, with what the page showed then. */
export const opening = crypto.randomUUID();

/** Takes what the background script says; until somebody listens it is kept. */
let take = (...said) => void before.push(said);
const before = [];
chrome.runtime.onMessage.addListener((message, sender, respond) => {
  // Only the background script speaks to this page: scripts in tabs have the extension's id too.
  const own = sender.url === undefined || sender.url.startsWith(chrome.runtime.getURL(""));
  if (sender.id !== chrome.runtime.id || sender.tab !== undefined || !own) return false;
  if (message?.type !== "page") return take(message, respond);
  if (message.opening !== opening) return false;
  page.then(respond);
  return true;
});

/** Hands over what was said so far, and everything from now on. */
export function listen(listener) {
  take = listener;
  for (const said of before) listener(...said);
}

/** Says something to the popup as the background script does. */
export const say = (message) => void take(message, () => {});

/** The tab that the popup is about. */
export const tab = findTab();

/** What is to be shown. */
export const first = tab.then((tabId) => chrome.runtime.sendMessage({ type: "popup/open", tabId, opening }));
// Whoever waits for it sees to that.
first.catch(() => {});

const { session } = chrome.storage;

/** What is kept in memory of no tab. */
export const memory = session.get(["session", "recipes", "selected", "draft"]).catch(() => ({}));

/** What is kept of this tab: of others there is much. */
export const ofTab = tab.then((id) => session.get(`tab:${id}`)).catch(() => ({}));

/**
 * The page as it was read for this opening, or null. A background script that was stopped and asks anew is given the same:
 * whoever looks at the popup sees what this came to, and before a login the page is read again.
 */
export const page = readPage().catch(() => null);

async function readPage() {
  const [tabId, { session, recipes = [], selected }] = await Promise.all([tab, memory]);
  // The relay's last answer is kept for whoever is signed in, and for nobody else is a page read here. Nor is it while a text
  // is noted that names somebody else.
  return session && !selected ? { recipes: JSON.stringify(recipes), frames: await read(tabId, recipes) } : null;
}

function findRunning() {
  try {
    return chrome.extension.getBackgroundPage?.()?.glimpse;
  } catch {
    // The popup starts a core of its own then.
    return undefined;
  }
}

async function findTab() {
  const named = new URLSearchParams(location.search).get("tab");
  if (named !== null) return Number(named);
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  return tab?.id;
}
