// Carries messages between the extension's pages and the core. It decides nothing.
//
// Listeners are registered before anything is awaited: a browser that starts this script for an event delivers the
// event only to listeners that exist by the end of its first run.

import init, { handle, minute, started, wake, window_removed } from "./core/stagedoor_extension_core.js";

const CORE = "core/stagedoor_extension_core_bg.wasm";

/**
 * Starts the core on first use, once for the life of this script. It looks first what the script before it was stopped in,
 * and everything else waits for that.
 */
let starting;
function core() {
  starting ??= init({ module_or_path: chrome.runtime.getURL(CORE) }).then(wake);
  return starting;
}

/** Only the extension's own pages may speak to the core: no web page, no content script, no other extension. */
function isOwnPage(sender) {
  return sender.id === chrome.runtime.id && (sender.url ?? "").startsWith(chrome.runtime.getURL(""));
}

async function answer(message) {
  try {
    await core();
    return await handle(message);
  } catch (fault) {
    // The core turns its own faults into views, so this is a package that cannot start it.
    console.error(fault);
    starting = undefined;
    return {
      screen: "error",
      code: "internal",
      title: { key: "error_internal_title", args: [] },
      cure: { key: "error_internal_cure", args: [] },
      retry: null,
    };
  }
}

chrome.runtime.onMessage.addListener((message, sender, respond) => {
  if (!isOwnPage(sender) || message?.type === "view") return false;
  answer(message).then(respond);
  return true;
});

chrome.windows.onRemoved.addListener((windowId) => {
  // The event waits for the promise, so that the report of the closed window is sent before this script sleeps.
  return core().then(() => window_removed(windowId)).catch(console.error);
});

/** The alarms that the core sets: one for whoever may approve logins of others, one to be woken after a login was cut off. */
chrome.alarms.onAlarm.addListener(({ name }) => {
  return core().then(() => name === "approvals" && minute()).catch(console.error);
});

chrome.runtime.onStartup.addListener(() => core().then(started).catch(console.error));

chrome.runtime.onInstalled.addListener(({ reason }) => {
  if (reason === "install") chrome.runtime.openOptionsPage();
});
