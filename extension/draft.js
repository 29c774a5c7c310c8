// What a person has typed for a customer while the popup is closed: who clicks into the CRM to fetch a ticket's number closes it.

const { session } = chrome.storage;

/** How long it is kept after the last letter, in milliseconds. */
const KEPT = 15 * 60 * 1000;

/** The reason and the ticket of a draft, if it is for this customer. */
export function draftFor(customer, draft) {
  const fits = draft?.customer === customer && Date.now() - draft.since < KEPT;
  return fits ? { reason: draft.reason, ticket: draft.ticket } : { reason: "", ticket: "" };
}

export function keepDraft({ customer, reason, ticket }) {
  session.set({ draft: { customer, reason, ticket, since: Date.now() } }).catch(console.error);
}

export function forgetDraft() {
  session.remove("draft").catch(console.error);
}
