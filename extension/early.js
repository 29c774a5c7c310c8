// What the popup begins before the rest of it is there: it has the background script started, which takes longest, finds
// out which tab it is about, asks what to show, and has the page read.

import { read } from "./reading.js";

const running = isRunning();
// Nobody answers. The first question comes while the background script is being started.
chrome.runtime.sendMessage({ type: "wake" }).catch(() => {});

/**
 * The core's code, or null if the background script is running: its answer comes sooner then. If it is not, it takes the code
 * from here where it can, instead of having it compiled once more.
 */
globalThis.core = running.then((is) => (is ? null : WebAssembly.compileStreaming(fetch(chrome.runtime.getURL("core/stagedoor_extension_core_bg.wasm")))));
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

/** What is kept in memory. */
export const memory = chrome.storage.session.get(null).catch(() => ({}));

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

/** Whether there is a background script by now. Firefox has it in a page, and says so at once. */
async function isRunning() {
  if (location.protocol === "moz-extension:") return chrome.extension.getBackgroundPage() !== null;
  return (await chrome.runtime.getContexts({ contextTypes: ["BACKGROUND"] })).length > 0;
}

async function findTab() {
  const named = new URLSearchParams(location.search).get("tab");
  if (named !== null) return Number(named);
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  return tab?.id;
}
