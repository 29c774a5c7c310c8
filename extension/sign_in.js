// Shows the window in which a person signs in at the firm's provider. This page does it itself, because it outlives the
// background script; what is asked there and what the answer is worth, the core decides.

import { ask } from "./page.js";

/** Signs in, and gives the core's last word on it. */
export async function signIn({ relay, anotherAccount }) {
  const begun = await ask({ type: "options/signIn", relay, anotherAccount });
  if (!begun?.authorization) return begun;
  let redirect;
  try {
    redirect = await chrome.identity.launchWebAuthFlow({ url: begun.authorization, interactive: true });
  } catch (stopped) {
    return ask({ type: "options/signInStopped", words: stopped?.message ?? "" });
  }
  return ask({ type: "options/signedIn", redirect: redirect ?? "" });
}
