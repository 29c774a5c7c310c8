// What the popup begins before the rest of it is there: it has the background script started, which takes longest, and
// finds out which tab it is about.

// Nobody answers. The popup's first question comes while the background script is being started.
chrome.runtime.sendMessage({ type: "wake" }).catch(() => {});

/** The tab that the popup is about. */
export const tab = findTab();

async function findTab() {
  const named = new URLSearchParams(location.search).get("tab");
  if (named !== null) return Number(named);
  const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
  return tab?.id;
}
