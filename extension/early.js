// What the popup begins before the rest of it is there: it has the background script started, which takes longest, finds
// out which tab it is about, and asks what to show.

// Nobody answers. The first question comes while the background script is being started.
chrome.runtime.sendMessage({ type: "wake" }).catch(() => {});

/** Takes what the background script says; until somebody listens it is kept. */
let take = (...said) => void kept.push(said);
const kept = [];
chrome.runtime.onMessage.addListener((...said) => take(...said));

/** Hands over what was said so far, and everything from now on. */
export function listen(listener) {
  take = listener;
  for (const said of kept) listener(...said);
}

/** The tab that the popup is about. */
export const tab = findTab();

/** What is to be shown. */
export const first = tab.then((tabId) => chrome.runtime.sendMessage({ type: "popup/open", tabId }));
// Whoever waits for it sees to that.
first.catch(() => {});

async function findTab() {
  const named = new URLSearchParams(location.search).get("tab");
  if (named !== null) return Number(named);
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  return tab?.id;
}
