// The parts of the extension interface that the core uses, and a relay in the place of fetch. Each refuses what the
// real one would refuse, and keeps what it was asked.

const realFetch = (globalThis.stagedoorFake?.realFetch ?? globalThis.fetch).bind(globalThis);

/** A storage area; it keeps copies, as the real one does. */
function area() {
  const kept = {};
  const copy = (value) => JSON.parse(JSON.stringify(value));
  return {
    kept,
    get: async (keys) => {
      if (keys === undefined || keys === null) return copy(kept);
      if (typeof keys !== "string") throw new TypeError("unexpected keys");
      return keys in kept ? { [keys]: copy(kept[keys]) } : {};
    },
    set: async (items) => {
      if (Object.getPrototypeOf(items) !== Object.prototype) throw new TypeError("not a plain object");
      if (fake.full) throw new Error("quota exceeded");
      Object.assign(kept, copy(items));
    },
    remove: async (key) => void delete kept[key],
    clear: async () => Object.keys(kept).forEach((key) => delete kept[key]),
  };
}

/** Refuses objects with other members than these. */
function only(object, names) {
  const other = Object.keys(object).filter((name) => !names.includes(name));
  if (other.length) throw new TypeError(`unexpected property ${other}`);
  return object;
}

const fake = (globalThis.stagedoorFake ??= { realFetch, local: area(), session: area(), alarms: {}, badge: "" });

globalThis.chrome = {
  // Firefox's, where no administrator has set anything.
  storage: {
    local: fake.local,
    session: fake.session,
    managed: { get: async () => Promise.reject(new Error("Managed storage manifest not found")) },
  },
  identity: { getRedirectURL: (path) => `https://abc.chromiumapp.org/${path}` },
  runtime: {
    getManifest: () => ({ version: "0.1.0" }),
    getURL: (path) => `chrome-extension://abc/${path}`,
    sendMessage: async (message) => {
      fake.pushed.push(JSON.parse(JSON.stringify(message)));
      if (!fake.listening) throw new Error("Could not establish connection. Receiving end does not exist.");
      return true;
    },
  },
  commands: { getAll: async () => [{ name: "_execute_action", shortcut: "Alt+Shift+S" }] },
  alarms: {
    get: async (name) => fake.alarms[name],
    create: async (name, options) => {
      only(options, ["periodInMinutes", "delayInMinutes"]);
      fake.alarms[name] = { name, ...options };
    },
    clear: async (name) => delete fake.alarms[name],
    clearAll: async () => {
      fake.alarms = {};
      fake.silenced.push("alarms");
    },
  },
  action: {
    getBadgeText: async () => fake.badge,
    setBadgeText: async (options) => {
      fake.badge = only(options, ["text"]).text;
      fake.silenced.push(`badge ${fake.badge}`);
    },
  },
  extension: { isAllowedIncognitoAccess: async () => fake.allowed },
  windows: {
    getAll: async () => fake.windows.map((window) => ({ ...window, type: "normal", state: "normal" })),
    remove: async (id) => {
      const index = fake.windows.findIndex((window) => window.id === id);
      if (index < 0) throw new Error(`No window with id: ${id}.`);
      fake.windows.splice(index, 1);
    },
    create: async (options) => {
      only(options, ["url", "incognito", "focused"]);
      fake.created.push(options);
      if (fake.windowFault) throw new Error("no window");
      const window = { id: 40 + fake.created.length, incognito: options.incognito };
      fake.windows.push(window);
      return fake.allowed ? { ...window, tabs: [{ id: 1 }] } : null;
    },
  },
};

/** The background script's, which runs the collector. */
globalThis.readPage = async (tabId, recipes) => {
  if (!Array.isArray(recipes)) throw new TypeError("recipes are a list");
  if (!(tabId in fake.pages)) throw new Error("Cannot access contents of the page");
  fake.readWith.push(recipes);
  return [{ frameId: 0, documentId: "A", result: fake.pages[tabId] }];
};

/** The relay: answers by path with a function of the request's body, or as usual. */
globalThis.fetch = async (url, options) => {
  if (!fake.relay) return realFetch(url, options);
  only(options, [
    "method", "headers", "body", "signal", "credentials", "cache", "redirect", "referrerPolicy", "mode",
  ]);
  const bounds = [options.credentials, options.cache, options.redirect, options.referrerPolicy].join();
  if (bounds !== "omit,no-store,error,no-referrer") throw new TypeError(`unexpected options ${bounds}`);
  // The real constructor refuses what cannot be sent, such as a body with GET.
  const request = new Request(url, { ...options, signal: undefined });
  const body = await request.text();
  const { method } = request;
  const path = new URL(url).pathname;
  fake.requests.push({ method, url, path, body, headers: Object.fromEntries(request.headers) });
  const answer = fake.relay[path.endsWith("/outcome") ? "outcome" : path];
  return answer(body && JSON.parse(body), options);
};

Object.assign(fake, {
  json: (status, body, type = "application/json") =>
    new Response(JSON.stringify(body), { status, headers: { "Content-Type": type } }),
  problem: (status, code, detail) =>
    fake.json(status, { type: `/problems/${code}`, title: code, status, detail, code }, "application/problem+json"),
  allowed: true,
  listening: true,
  full: false,
  windowFault: false,
  windows: [{ id: 1, incognito: false }],
  created: [],
  silenced: [],
  pushed: [],
  requests: [],
  readWith: [],
  pages: {
    5: {
      version: 1,
      url: "https://crm.example/contacts/7",
      title: "Anna",
      truncated: false,
      people: [{ name: "adam nna", label: "name", around: "" }],
      facts: [
        { kind: "mailto", value: "mailto:anna@example.com", region: "main", visible: true, shadow: false },
        { kind: "text", value: "(anna@example.com)", region: "main", visible: true, shadow: true },
        { kind: "mailto", value: "mailto:desk@broker.example", region: "header", visible: true, shadow: false },
      ],
    },
  },
  rules: {
    staff: { email: "desk@broker.example", name: "Support desk" },
    keyId: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    platforms: [{ id: "main", name: "Main", url: "https://platform.example", environment: "live" }],
    policy: {
      reason: "optional", reasonMinLength: 0, isolation: "required", staffDomains: ["broker.example"], validitySeconds: 30,
    },
    relayVersion: "0.1.0",
  },
});
fake.relay = {
  "/v1/enrolments": (_body) => fake.json(201, { keyId: fake.enrolledKey(), staff: fake.rules.staff }),
  "/v1/session": () => fake.json(200, fake.rules),
  "/v1/logins": ({ requestId }) =>
    fake.json(201, {
      requestId,
      oneTimeToken: "sentinel-token-5c1e",
      platformUrl: "https://platform.example",
      validitySeconds: 30,
    }),
  outcome: () => new Response(null, { status: 204 }),
};
/** The id of the key that signed the last request. */
fake.enrolledKey = () => fake.requests.at(-1).headers["signature-input"].match(/keyid="([^"]+)"/)[1];
for (const storage of [fake.local, fake.session]) storage.clear();
