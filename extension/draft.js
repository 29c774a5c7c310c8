// What a person has typed for a customer while the popup is closed: who clicks into the CRM to fetch a ticket's number closes it.

const { session } = chrome.storage;

/** How long it is kept after the last letter, in milliseconds. */
const KEPT = 15 * 60 * 1000;

/** The reason and the ticket of a draft, if it is for this customer. */
export function draftFor(customer, draft) {
  const fits = draft?.customer === customer && Date.now() - draft.since < KEPT;
  return fits ? { reason: draft.reason, ticket: draft.ticket } : { reason: "", ticket: "" };
}

export function keepDraft(typed) {
  const { customer, reason, ticket } = typed;
  typed.kept = { customer, reason, ticket, since: Date.now() };
  session.set({ draft: typed.kept }).catch(console.error);
}

/** Once a login is asked for, the core keeps what was given, if it fails. */
export function forgetDraft(typed) {
  if (typed.kept?.customer !== typed.customer) return;
  typed.kept = undefined;
  session.remove("draft").catch(console.error);
}
