// The settings page: shows what the core says of this browser, and passes on what the person enters.

import { endExpecting, expectConsent, relayTyped } from "./consent.js";
import { INTERNAL, ask, countDown, localisePage, showEnvironment, stamp, text, viewText } from "./page.js";
import { reasonsSection } from "./reasons.js";
import { sessions } from "./sessions.js";

const settings = document.getElementById("settings");
const progress = document.getElementById("progress");
const announcer = document.getElementById("announcer");

/** What was typed into the form, so that a refused code does not cost the typing. */
const typed = { relay: null, code: "" };
let view;
/** Looks again at a relay that could not be asked, while the page says so. */
let lookOnceMore;
/** What changes in the popup: the windows of logins, and the last reasons. */
let fromPopup;

/** Asks the core, and shows its answer whole: the page has no state of its own but what is being typed. */
async function request(message) {
  await showAnswer(ask(message));
}

async function showAnswer(asked) {
  settings.setAttribute("aria-busy", "true");
  const answer = await asked.catch(() => null);
  settings.setAttribute("aria-busy", "false");
  announcer.textContent = "";
  if (answer?.screen === "options") show(answer);
  else if (view) show({ ...view, error: answer ?? INTERNAL });
  else settings.replaceChildren(faultNotice(answer ?? INTERNAL));
}

function show(next) {
  view = next;
  lookOnceMore = null;
  if (view.enrolled) typed.relay = null;
  noteConsent();
  showProgress();
  // Until everything is set up, the steps are numbered and nothing stands between them.
  settings.toggleAttribute("data-setup", !(view.enrolled || view.lapsed) || !view.incognitoAllowed);
  const approvals = view.enrolled && view.mayApprove ? [stamp("section-approvals").root] : [];
  const teach = view.enrolled ? [stamp("section-teach").root] : [];
  const first = view.enrolled ? connection() : connect();
  fromPopup = [sessions(), reasonsSection()];
  settings.replaceChildren(first, privateWindows(), use(), ...fromPopup, ...approvals, ...teach, about());
}

/** Looks again, and leaves what has not changed as it is, with whatever is being typed there. */
async function lookAgain() {
  const answer = await ask({ type: "options/open" }).catch(() => null);
  if (answer?.screen !== "options" || isWorking()) return;
  const news = answer.error && JSON.stringify(answer.error) !== JSON.stringify(view.error);
  if (news || lasting(answer) !== lasting(view)) return show(answer);
  const before = fromPopup;
  fromPopup = [sessions(), reasonsSection()];
  for (const [index, part] of fromPopup.entries()) before[index].replaceWith(part);
}

/** What a view says of this browser, without what was last asked and answered on the page. */
const lasting = ({ test, error, anotherAccount, signIn, untold, ...rest }) => JSON.stringify(rest);

const isWorking = () => typed.code !== "" || document.querySelector('dialog[open], [aria-busy="true"]');

function noteConsent() {
  (view.incognitoAllowed ? endExpecting() : expectConsent(typed.relay)).catch(console.error);
}

function showProgress() {
  const done = [view.enrolled, view.incognitoAllowed, false];
  const now = done.indexOf(false);
  for (const [index, step] of [...progress.children].entries()) {
    const state = done[index] ? "done" : index === now ? "now" : "next";
    step.dataset.state = state;
    if (state === "now") step.setAttribute("aria-current", "step");
    else step.removeAttribute("aria-current");
    step.lastElementChild.textContent = text(`working_state_${state}`);
  }
}

/** The first run, or once the relay knows this browser no more: where the relay is, and who this is. */
function connect() {
  const parts = stamp("section-connect");
  const { root, form, relay, code, submit, error } = parts;
  relay.value = view.managed ? view.relay ?? "" : typed.relay ?? view.relay ?? "";
  code.value = typed.code;
  if (view.managed) {
    relay.readOnly = true;
    parts.relayHint.textContent = text("options_relay_managed");
    // What an administrator has set and cannot be used leaves nothing to do here.
    form.hidden = !view.relay;
  }
  parts.intro.hidden = view.managed || view.lapsed;
  if (view.lapsed) {
    parts.title.textContent = text("options_lapsed_title");
    root.append(signOut());
  }
  parts.untold.hidden = !view.untold;
  showFault(error, view.error, relay.value);
  if (view.anotherAccount) parts.signIn.textContent = text("options_sign_in_other");
  // Whoever has just tried to sign in somewhere need not wait for the button to come back.
  offerSignIn(parts, view.signIn || view.anotherAccount);
  lookAround(parts);
  relay.addEventListener("input", () => {
    typed.relay = relay.value;
    noteConsent();
  });
  relay.addEventListener("change", async () => {
    // What was said is about another address.
    sayAway(parts);
    await complete(parts);
    await lookAround(parts);
  });
  code.addEventListener("input", () => (typed.code = code.value));
  parts.signIn.addEventListener("click", () => connectBySignIn(parts));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    // Enter in the address field means the first of the two ways.
    if (!parts.signInPart.hidden && code.value.trim() === "") return connectBySignIn(parts);
    if (busy(submit) || busy(parts.signIn)) return;
    work(submit, "options_connecting");
    await complete(parts);
    await request({ type: "options/enrol", relay: relay.value.trim(), code: code.value.trim() });
    if (view.enrolled) {
      typed.code = "";
      endConnecting();
    } else {
      document.getElementById(view.error?.code === "relay_address_invalid" ? "relay" : "code").focus();
    }
  });
  return root;
}

/** Puts a host that was typed alone in full, so that the person sees where a code goes. */
async function complete({ relay }) {
  const { value } = relay;
  const answer = await ask({ type: "options/address", relay: value }).catch(() => null);
  if (!answer?.relay || relay.readOnly || relay.value !== value) return;
  relay.value = typed.relay = answer.relay;
  noteConsent();
}

/** Asks whether people can sign in at the relay that the form names, without drawing anew what is being typed into. */
async function lookAround(parts) {
  const relay = parts.relay.value.trim();
  if (relay === "" || parts.form.hidden) return;
  const answer = await ask({ type: "options/look", relay }).catch(() => null);
  if (!parts.form.isConnected || parts.relay.value.trim() !== relay) return;
  const { signIn, error } = answer?.screen === "options" ? answer : { error: INTERNAL };
  offerSignIn(parts, signIn);
  sayAway(parts, error);
}

/** Says why the relay could not be asked, unless that is said already, and has it asked again. */
function sayAway(parts, fault) {
  const { away, relay } = parts;
  if (fault?.code === view.error?.code) fault = null;
  lookOnceMore = fault && (() => lookAround(parts));
  const asked = away.querySelector("[aria-busy=true]");
  if (fault && fault.code === parts.said && !asked) return;
  parts.said = fault?.code;
  const again = showFault(away, fault, relay.value, async () => {
    if (busy(again)) return;
    work(again, "options_testing");
    await lookAround(parts);
    announcer.textContent = "";
  });
  if (asked) (again ?? (parts.signInPart.hidden ? parts.code : parts.signIn)).focus();
}

/** Where codes are not to be had, signing in is offered whatever the relay says: pressing the button says why not. */
function offerSignIn(parts, offered) {
  parts.signInPart.hidden = !(offered || !view.codes);
  parts.codePart.hidden = parts.submit.hidden = parts.or.hidden = !view.codes;
  parts.submit.className = parts.signInPart.hidden ? "primary" : "secondary";
}

async function connectBySignIn(parts) {
  const { signIn: button, relay, submit } = parts;
  if (busy(button) || busy(submit)) return;
  work(button, "options_signing_in");
  await complete(parts);
  await showAnswer(signIn({ ...view, relay: relay.value.trim() }));
  if (view.enrolled) endConnecting();
  else if (view.error?.code === "relay_address_invalid") document.getElementById("relay").focus();
  else settings.querySelector("[data-slot=signIn]")?.focus();
}

/**
 * Signs in at the firm's provider, and gives the core's last word on it. This page shows the window, because it outlives the
 * background script; what is asked there and what the answer is worth, the core decides.
 */
async function signIn({ relay, anotherAccount }) {
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

/** Focus alone would tell a screen reader the heading and not what has become of it. */
function endConnecting() {
  if (view.enrolled && !view.error) announcer.textContent = text("options_connected");
  document.getElementById("connection-title")?.focus();
}

function connection() {
  const parts = stamp("section-connection");
  parts.relay.textContent = view.relay;
  parts.managed.hidden = !view.managed;
  parts.name.textContent = view.staff?.name ?? "";
  parts.email.textContent = view.staff?.email ?? "";
  parts.key.textContent = view.keyId ?? "";
  showSession(parts);
  showFault(parts.error, view.error, view.relay);
  if (view.test) parts.test.replaceChildren(testResult(view.test));
  parts.testButton.addEventListener("click", async () => {
    if (busy(parts.testButton)) return;
    work(parts.testButton, "options_testing");
    await request({ type: "options/test" });
    settings.querySelector("[data-slot=testButton]")?.focus();
    if (view.test) announcer.textContent = [view.test.title, view.test.cure].map(viewText).join(". ");
  });
  parts.buttons.append(signOut());
  return parts.root;
}

/** Forgets all that this browser holds of the person; offered for as long as it holds any. */
function signOut() {
  const parts = stamp("sign-out");
  parts.signOutText.textContent = text(view.signedInUntil ? "options_sign_out_text_sign_in" : "options_sign_out_text");
  parts.signOut.addEventListener("click", () => parts.dialog.showModal());
  parts.cancel.addEventListener("click", () => parts.dialog.close());
  parts.confirm.addEventListener("click", async () => {
    if (busy(parts.confirm)) return;
    work(parts.confirm, "options_signing_out");
    await request({ type: "options/signOut" });
    if (view.untold) announcer.textContent = text("options_sign_out_untold");
    document.getElementById("relay")?.focus();
  });
  return parts.root;
}

/** How long the person is signed in, and the way to sign in again. A profile with a code has no such end. */
function showSession(parts) {
  const over = view.sessionOver === true;
  parts.state.classList.add(over ? "bad" : "good");
  parts.icon.setAttribute("href", over ? "#icon-warning" : "#icon-check");
  parts.stateText.textContent = text(over ? "options_session_over" : "options_connected");
  parts.untilRow.hidden = parts.signIn.hidden = !view.signedInUntil;
  if (!view.signedInUntil) return;
  const moment = new Intl.DateTimeFormat(text("language"), { dateStyle: "medium", timeStyle: "short" });
  parts.until.textContent = moment.format(view.signedInUntil * 1000);
  parts.signIn.className = over ? "primary" : "secondary";
  if (view.anotherAccount) parts.signIn.textContent = text("options_sign_in_other");
  parts.signIn.addEventListener("click", async () => {
    if (busy(parts.signIn)) return;
    work(parts.signIn, "options_signing_in");
    await showAnswer(signIn(view));
    endConnecting();
  });
}

function testResult(test) {
  if (!test.ok) return faultNotice(test);
  const { root, title, staff, none, label, platforms } = stamp("test-ok");
  title.textContent = viewText(test.title);
  staff.textContent = test.staff ? text("options_test_staff", [test.staff.name || test.staff.email]) : "";
  const some = test.platforms?.length > 0;
  none.hidden = some;
  label.hidden = !some;
  for (const platform of test.platforms ?? []) {
    const item = stamp("platform");
    item.name.textContent = platform.name;
    showEnvironment(item.environment, platform.environment);
    platforms.append(item.root);
  }
  return root;
}

function privateWindows() {
  const { root, state, icon, stateText, text: explains, steps, list, open } = stamp("section-private");
  const allowed = view.incognitoAllowed;
  explains.hidden = allowed;
  state.classList.add(allowed ? "good" : "bad");
  icon.setAttribute("href", allowed ? "#icon-check" : "#icon-warning");
  stateText.textContent = text(allowed ? "options_private_on" : "options_private_off");
  steps.hidden = allowed;
  for (const number of [1, 2, 3]) {
    const item = document.createElement("li");
    item.textContent = text(`options_private_${view.browser}_${number}`);
    list.append(item);
  }
  // Firefox lets no extension open its add-ons page.
  open.hidden = view.browser !== "chromium";
  if (view.enrolled) open.className = "primary";
  open.addEventListener("click", () => chrome.tabs.create({ url: `chrome://extensions/?id=${chrome.runtime.id}` }));
  return root;
}

function use() {
  const { root, none, row, keys, change } = stamp("section-use");
  none.hidden = Boolean(view.shortcut);
  row.hidden = !view.shortcut;
  for (const key of (view.shortcut ?? "").split("+")) {
    const cap = document.createElement("kbd");
    cap.textContent = key;
    keys.append(cap);
  }
  change.hidden = view.browser !== "chromium" && !chrome.commands?.openShortcutSettings;
  change.addEventListener("click", () =>
    chrome.commands?.openShortcutSettings
      ? chrome.commands.openShortcutSettings()
      : chrome.tabs.create({ url: "chrome://extensions/shortcuts" }),
  );
  return root;
}

function about() {
  const { root, version, id } = stamp("section-about");
  version.textContent = view.version;
  id.textContent = chrome.runtime.id;
  return root;
}

function faultNotice(fault) {
  const notice = document.createElement("div");
  notice.className = "notice bad";
  showFault(notice, fault, view?.relay);
  return notice;
}

/** Faults of which the browser itself says more when somebody goes to the relay's address. It says nothing to extensions. */
const FAULTS_BETWEEN = new Set(["relay_unreachable", "relay_lost", "relay_answer_unusable"]);

/** Shows a fault with its cure, the relay's own words if there are any, and the button to try again if there is a way. */
function showFault(box, fault, relay, retry) {
  box.hidden = !fault;
  if (!fault) return;
  const { root, icon, title, cure, wait, detail, again, open } = stamp("notice");
  again.hidden = !retry;
  again.addEventListener("click", retry);
  wait.hidden = true;
  if (fault.retryAfterSeconds) countDown(wait, "error_wait", fault.retryAfterSeconds);
  open.hidden = !(FAULTS_BETWEEN.has(fault.code) && URL.canParse("/", relay));
  open.addEventListener("click", () => chrome.tabs.create({ url: new URL("/", relay).href }));
  icon.setAttribute("href", "#icon-warning");
  title.textContent = viewText(fault.title);
  cure.textContent = viewText(fault.cure);
  detail.textContent = fault.detail ?? "";
  detail.hidden = !fault.detail;
  box.replaceChildren(root);
  return again;
}

function busy(button) {
  return button.getAttribute("aria-busy") === "true";
}

function work(button, label) {
  button.setAttribute("aria-busy", "true");
  button.textContent = text(label);
  announcer.textContent = text(label);
}

// Consent for private windows and shortcuts are changed elsewhere in the browser: look again when the person returns.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  if (view && !isWorking()) lookAgain();
  lookOnceMore?.();
});

// An administrator's settings can come late, or change; Firefox reads them once, when it starts. And the relay may say
// elsewhere that it knows this browser no more, while this page is seen beside that.
chrome.storage.onChanged.addListener((changes, area) => {
  if ((area === "managed" || changes.lapsed?.newValue) && view && !document.querySelector('[aria-busy="true"]')) request({ type: "options/open" });
});

localisePage("options_title");
announcer.textContent = text("options_loading");
typed.relay = await relayTyped();
await request({ type: "options/open" });
announcer.textContent = "";
if (view && !view.enrolled) document.getElementById(view.relay ? "code" : "relay").focus();
