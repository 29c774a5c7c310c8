// Carries messages between the extension's pages and the core. It decides nothing.
//
// Listeners are registered before anything is awaited: a browser that starts this script for an event delivers the
// event only to listeners that exist by the end of its first run.

import { comeBack, expectConsent } from "./consent.js";
import { glimpse, handle, initSync, minute, selected, started, wake, window_removed } from "./core/stagedoor_extension_core.js";
import { read } from "./reading.js";

/**
 * The core's code. In Firefox a popup is in the same process: what that has had compiled is not compiled once more, which would
 * keep both waiting. Nothing comes of it if the popup is closed before.
 */
async function code() {
  const popup = chrome.extension.getViews?.({ type: "popup" }).find(({ core }) => core);
  const closed = new Promise((done) => popup?.addEventListener("pagehide", () => done()));
  const compiled = popup && (await Promise.race([popup.core.catch(() => {}), closed]));
  return compiled ?? WebAssembly.compileStreaming(fetch(chrome.runtime.getURL("core/stagedoor_extension_core_bg.wasm")));
}

/**
 * Starts the core on first use, once for the life of this script. It looks first what the script before it was stopped in,
 * and everything else waits for that; so what is kept of it is asked for at once.
 */
let starting;
function core() {
  const kept = () => chrome.storage.session.get("underWay").catch(() => null);
  starting ??= Promise.all([code(), kept()])
    .then(([module, kept]) => {
      initSync(module);
      // A popup in the same process need not start a core of its own.
      globalThis.glimpse = glimpse;
      return wake(kept);
    })
    .catch((fault) => {
      // Whoever comes next tries anew.
      starting = undefined;
      throw fault;
    });
  return starting;
}

// Whatever this script was started for needs it. If it cannot start, that is what is told when something is asked.
core().catch(() => {});

const back = comeBack().catch(console.error);

/**
 * Reads a page for the core. What a popup has read of it will do for its opening, if the recipes are the same, and for nothing
 * else: a page is read again before a login, because it may have gone on to another customer.
 */
globalThis.readPage = async (tabId, recipes, opens) => {
  const opening = opens && openings.get(tabId);
  const found = opening && (await chrome.runtime.sendMessage({ type: "page", opening }).catch(() => null));
  return found?.recipes === JSON.stringify(recipes) ? found.frames : read(tabId, recipes);
};

/** The name of each tab's last opening of the popup, until that is answered. */
const openings = new Map();

/** Only the extension's own pages may speak to the core: no web page, no content script, no other extension. */
function isOwnPage(sender) {
  return sender.id === chrome.runtime.id && (sender.url ?? "").startsWith(chrome.runtime.getURL(""));
}

/** Settled once a text that was selected has been noted: the popup that it opens asks for it at once. */
let noted;

async function answer(message) {
  if (message?.opening) openings.set(message.tabId, message.opening);
  try {
    await core();
    // A page that is answered is the one that the person wanted, or comes after the one that came back.
    await back;
    await noted;
    return await handle(message);
  } catch (fault) {
    // The core turns its own faults into views, so this is a package that cannot start it. The pages say so.
    console.error(fault);
    return null;
  } finally {
    // A later one of the tab may wait for its answer yet.
    if (message?.opening === openings.get(message?.tabId)) openings.delete(message?.tabId);
  }
}

chrome.runtime.onMessage.addListener((message, sender, respond) => {
  if (!isOwnPage(sender) || message?.type === "view") return false;
  if (message?.type === "read") {
    read(message.tabId, message.recipes).then(respond, () => respond(null));
    return true;
  }
  answer(message).then(respond);
  return true;
});

chrome.windows.onRemoved.addListener((windowId) => {
  // The event waits for the promise, so that the report of the closed window is sent before this script sleeps.
  return core().then(() => window_removed(windowId)).catch(console.error);
});

/**
 * The alarms that the core sets: one for whoever may approve logins of others, one after a login was cut off, when no window was
 * closed, but there may be something to tell the relay.
 */
chrome.alarms.onAlarm.addListener(({ name }) => {
  return core().then(() => (name === "approvals" ? minute() : window_removed(-1))).catch(console.error);
});

chrome.runtime.onStartup.addListener(() => core().then(started).catch(console.error));

/** The entry on selected text. It opens the popup with whom the text names, and nothing else. */
chrome.contextMenus.onClicked.addListener(({ selectionText }, tab) => {
  // Text in a viewer or a panel of the browser's own is in no tab: then it is the one in front.
  const id = tab?.id >= 0 ? Promise.resolve(tab.id) : tabInFront();
  // The popup is there before it has been noted, and shows nobody until then.
  const { session } = chrome.storage;
  session.set({ selected: true }).catch(console.error);
  noted = Promise.all([id, core()])
    .then(([id]) => id !== undefined && selected(id, selectionText ?? ""))
    .catch(console.error)
    .finally(() => session.remove("selected"));
  // Firefox opens it only while the click is being handled, so nothing is awaited before.
  return openPopup().catch(async () => {
    const tabId = await id;
    // Without a tab it says that there is nothing to be read.
    const url = tabId === undefined ? "popup.html" : `popup.html?tab=${tabId}`;
    return chrome.windows.create({ url, type: "popup", width: 400, height: 620 });
  });
});

async function tabInFront() {
  const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
  return tab?.id;
}

/** Browsers that cannot do it throw, or have no such function. */
async function openPopup() {
  await chrome.action.openPopup();
}

chrome.runtime.onInstalled.addListener(({ reason }) => {
  chrome.contextMenus.removeAll(() =>
    chrome.contextMenus.create({ id: "selection", contexts: ["selection"], title: chrome.i18n.getMessage("menu_open") }),
  );
  if (reason === "install") expectConsent().then(() => chrome.runtime.openOptionsPage()).catch(console.error);
});
