// What becomes of the settings when the person lets the extension into private windows: browsers start it anew with that, and
// close its pages, also the one that has just led there.

const { local } = chrome.storage;

/** Notes that the consent is missing where the settings are shown, and the relay's address that was typed there. */
export function expectConsent(relay) {
  return local.set({ awaitsConsent: true, relayTyped: relay });
}

/** Notes that nobody has to be led to it any more. */
export function endExpecting() {
  return local.remove(["awaitsConsent", "relayTyped"]);
}

/** The address that was typed before the page was closed, or null. */
export async function relayTyped() {
  return (await local.get("relayTyped")).relayTyped ?? null;
}

/**
 * Shows the settings again once the consent is there. Once: also if the page cannot be shown, it is not tried again.
 *
 * Firefox starts the background script with the consent. Chromium starts it when something happens next, which is the press of
 * the toolbar button, and then the page would take the popup's place: there the popup leads to the settings.
 */
export async function comeBack() {
  if (!chrome.runtime.getURL("").startsWith("moz-extension:")) return;
  const { awaitsConsent } = await local.get("awaitsConsent");
  if (!awaitsConsent || !(await chrome.extension.isAllowedIncognitoAccess())) return;
  await local.remove("awaitsConsent");
  await chrome.runtime.openOptionsPage();
}
