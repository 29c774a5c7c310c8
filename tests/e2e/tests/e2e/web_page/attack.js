// All that a web page can do to the relay and to the extension by itself. Before this stand `RELAY`, `EXTENSIONS` (the
// addresses of the extension's files), `ID`, `FORGED` (an address that occurs nowhere else), `NONCE` and `HOME` (where a
// sign-in comes back to). What the page could read of any answer is in `document.body.dataset.read` at the end.

const read = [];
const attempts = [];

// What it may read it does read: otherwise an empty list would show nothing.
const control = fetch(location.href).then((answer) => answer.status);

/** Notes whatever a promise gives, unless it is nothing. An attempt that never ends is given up, long after what does. */
function attempt(name, promise) {
  const late = control.then(() => new Promise((resolve) => setTimeout(resolve, 3000)));
  const seen = Promise.race([promise, late]).then((value) => {
    if (value !== undefined && value !== null && value !== "") read.push(`${name}: ${String(value).slice(0, 80)}`);
  });
  attempts.push(seen.catch(() => undefined));
}

attempt("control", control);

const LOGIN = JSON.stringify({
  requestId: "0190b5f0-7c1e-7b52-9d4e-2f9f3a1c2b4d", platform: "main", customerEmail: FORGED, extensionVersion: "0.1.0",
});
const KEY = { kty: "EC", crv: "P-256", x: "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE", y: "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE" };
const BODIES = {
  "/v1/logins": LOGIN,
  "/v1/logins/0190b5f0-7c1e-7b52-9d4e-2f9f3a1c2b4d/outcome": JSON.stringify({ outcome: "closed", cause: FORGED }),
  "/v1/enrolments": JSON.stringify({ code: "0123456789ABCDEFGHJZ", publicKey: KEY, extensionVersion: FORGED }),
  "/v1/sign-ins": JSON.stringify({
    code: FORGED, codeVerifier: "v".repeat(43), redirectUri: HOME, nonceSalt: "s".repeat(22), publicKey: KEY, extensionVersion: "0.1.0",
  }),
};
const GETS = ["/v1/session", "/v1/sign-in", "/v1/logins", "/healthz", "/readyz", "/metrics", "/"];
const SIGNATURE = {
  "Content-Type": "application/json",
  "Content-Digest": "sha-256=:AAAA:",
  "Signature-Input": `stagedoor=("@method" "@authority" "@path" "content-digest");created=1;nonce="${NONCE}";keyid="${"k".repeat(43)}";alg="ecdsa-p256-sha256"`,
  Signature: "stagedoor=:AAAA:",
};

// What a page says of where it comes from, it cannot choose; it tries.
const FETCHES = {
  simple: {},
  json: { headers: { "Content-Type": "application/json" } },
  signed: { headers: SIGNATURE },
  origin: { headers: { Origin: `chrome-extension://${ID}`, "X-Forwarded-Host": ID, Forwarded: "for=127.0.0.1" } },
  cookies: { credentials: "include" },
  blind: { mode: "no-cors" },
  blindSigned: { mode: "no-cors", headers: SIGNATURE },
  kept: { keepalive: true },
  manual: { redirect: "manual" },
  nameless: { referrerPolicy: "no-referrer" },
};
const readAnswer = (answer) => (answer.type === "opaque" || answer.type === "opaqueredirect" ? "" : answer.status);

for (const [way, options] of Object.entries(FETCHES)) {
  for (const path of GETS) attempt(`${way} GET ${path}`, fetch(RELAY + path, options).then(readAnswer));
  for (const [path, body] of Object.entries(BODIES)) {
    attempt(`${way} POST ${path}`, fetch(RELAY + path, { ...options, method: "POST", body }).then(readAnswer));
  }
}
for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]) {
  attempt(method, fetch(`${RELAY}/v1/logins`, { method, body: method === "HEAD" ? undefined : LOGIN }).then(readAnswer));
}
for (const [path, body] of Object.entries(BODIES)) {
  attempt(`XHR ${path}`, new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", RELAY + path);
    request.withCredentials = true;
    request.onloadend = () => resolve(request.status || request.responseText);
    request.send(body);
  }));
  navigator.sendBeacon(RELAY + path, body);
  navigator.sendBeacon(RELAY + path, new Blob([body], { type: "text/plain" }));
}
attempt("WebSocket", new Promise((resolve, reject) => {
  const socket = new WebSocket(`${RELAY.replace("http", "ws")}/v1/logins`, ["stagedoor"]);
  socket.onopen = () => resolve("open");
  socket.onerror = reject;
}));
attempt("EventSource", new Promise((resolve, reject) => {
  const source = new EventSource(`${RELAY}/v1/session`);
  source.onmessage = ({ data }) => resolve(data);
  source.onerror = () => { source.close(); reject(); };
}));

/** Adds an element that loads something, and gives what can be seen of it. */
function load(tag, attributes, seen) {
  const element = Object.assign(document.createElement(tag), attributes);
  document.body.append(element);
  return new Promise((resolve, reject) => {
    element.onload = () => resolve(seen(element));
    element.onerror = reject;
  });
}
for (const path of [...GETS, ...Object.keys(BODIES)]) {
  attempt(`image ${path}`, load("img", { src: RELAY + path }, ({ naturalWidth }) => naturalWidth || ""));
  attempt(`script ${path}`, load("script", { src: RELAY + path }, () => Object.keys(globalThis).find((name) => name === "staff") ?? ""));
  attempt(`style ${path}`, load("link", { rel: "stylesheet", href: RELAY + path }, ({ sheet }) => sheet?.cssRules.length || ""));
  attempt(`frame ${path}`, load("iframe", { src: RELAY + path }, ({ contentDocument }) => contentDocument?.body.textContent));
}

// Forms need no permission to be sent anywhere, and can be made to look like JSON.
for (const [path, body] of Object.entries(BODIES)) {
  for (const [enctype, name] of [["text/plain", `${body.slice(0, -1)},"x":"`], ["application/x-www-form-urlencoded", body], ["multipart/form-data", body]]) {
    const frame = Object.assign(document.createElement("iframe"), { name: `form${document.forms.length}` });
    const form = Object.assign(document.createElement("form"), { action: RELAY + path, method: "post", enctype, target: frame.name });
    const field = Object.assign(document.createElement("input"), { name, value: '"}' });
    form.append(field);
    document.body.append(frame, form);
    attempt(`form ${enctype} ${path}`, new Promise((resolve) => (frame.onload = () => resolve(frame.contentDocument?.body.textContent))));
    form.submit();
  }
}

// A document without an origin of its own says `Origin: null`.
const nowhere = `<script>
  fetch(${JSON.stringify(`${RELAY}/v1/logins`)}, { method: "POST", body: ${JSON.stringify(LOGIN)} })
    .then((answer) => parent.postMessage({ nowhere: answer.status }, "*"), () => parent.postMessage({ nowhere: "" }, "*"));
<\/script>`;
attempt("no origin", new Promise((resolve) => {
  addEventListener("message", ({ data }) => "nowhere" in (data ?? {}) && resolve(data.nowhere));
  document.body.append(Object.assign(document.createElement("iframe"), { sandbox: "allow-scripts", srcdoc: nowhere }));
}));
attempt("worker", new Promise((resolve) => {
  const script = `fetch(${JSON.stringify(`${RELAY}/v1/session`)}).then((answer) => postMessage(answer.status), () => postMessage(""))`;
  const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  worker.onmessage = ({ data }) => resolve(data);
}));

// The extension: its messages, its files, its pages.
const MESSAGES = [
  { type: "popup/login", tabId: 1, email: FORGED, platform: "main", reason: "" },
  { type: "options/open" },
  { type: "options/signOut" },
  { type: "options/signedIn", redirect: `${HOME}?code=${FORGED}&state=x` },
];
const runtimes = [globalThis.chrome?.runtime, globalThis.browser?.runtime].filter(Boolean);
for (const message of MESSAGES) {
  for (const runtime of runtimes) {
    attempt("sendMessage", Promise.resolve(runtime.sendMessage?.(ID, message)));
    attempt("connect", new Promise((resolve) => {
      const port = runtime.connect?.(ID);
      port?.onMessage.addListener(resolve);
      port?.postMessage(message);
    }));
  }
  window.postMessage(message, "*");
  document.dispatchEvent(new CustomEvent("stagedoor", { detail: message }));
  new BroadcastChannel("stagedoor").postMessage(message);
}
addEventListener("message", ({ data, origin }) => origin !== location.origin && data?.screen && read.push(`message from ${origin}`));
for (const extension of EXTENSIONS) {
  for (const file of ["manifest.json", "popup.html", "options.html", "background.js", "early.js", "picker.js", "teach.html", "page.js", "icons/stagedoor-16.png", "_locales/en/messages.json", "managed_schema.json", "core/stagedoor_extension_core_bg.wasm"]) {
    attempt(`fetch ${file}`, fetch(extension + file).then((answer) => answer.text()));
    attempt(`blind ${file}`, fetch(extension + file, { mode: "no-cors" }).then((answer) => answer.type));
    attempt(`image ${file}`, load("img", { src: extension + file }, ({ naturalWidth }) => naturalWidth || ""));
    attempt(`script ${file}`, load("script", { src: extension + file, type: "module" }, () => "it ran"));
  }
  for (const page of ["popup.html?tab=1", "options.html"]) {
    attempt(`frame ${page}`, load("iframe", { src: extension + page }, (frame) => {
      for (const message of MESSAGES) frame.contentWindow.postMessage(message, "*");
      let seen = "";
      try { seen = frame.contentDocument?.querySelector("#screen, #settings")?.textContent ?? ""; } catch {}
      return seen;
    }));
  }
}

// Where a sign-in comes back to.
attempt("frame of the redirect", load("iframe", { src: `${HOME}?code=${FORGED}&state=forged` }, ({ contentDocument }) => contentDocument?.body?.textContent));
attempt("fetch of the redirect", fetch(`${HOME}?code=${FORGED}&state=forged`).then((answer) => answer.status));

// A person's hand.
const hand = { bubbles: true, cancelable: true, composed: true };
for (const target of [window, document, document.body]) {
  for (const key of ["Enter", "L", " "]) {
    for (const type of ["keydown", "keypress", "keyup"]) {
      target.dispatchEvent(new KeyboardEvent(type, { key, code: `Key${key}`, altKey: true, shiftKey: true, ...hand }));
    }
  }
  for (const type of ["pointerdown", "mousedown", "mouseup", "click", "dblclick"]) target.dispatchEvent(new MouseEvent(type, hand));
}
window.focus();

Promise.all(attempts).then(() => (document.body.dataset.read = JSON.stringify(read)));
