// Where in the page something stands: its region, and the heading of its section.

const SIGNATURE = /(^|[\s_-])(signature|gmail_signature|moz-signature)($|[\s_-])/i;
/** Words in the names of parts that hold what people wrote or what happened. */
const CONVERSATION = /(^|[\s_-])(timeline\w*|activit(y|ies)|feed|notes?|comments?|messages?|threads?|conversations?|chats?|stream|history)(?=$|[\s_-]|[A-Z])/;
const ROLES = { banner: "header", contentinfo: "footer", navigation: "nav", complementary: "aside", main: "main", feed: "conversation", log: "conversation" };
const TAGS = { HEADER: "header", FOOTER: "footer", NAV: "nav", ASIDE: "aside", MAIN: "main", BLOCKQUOTE: "conversation" };
const SECTIONING = new Set(["ARTICLE", "ASIDE", "MAIN", "NAV", "SECTION", "DIALOG"]);

/** What an element says of the place that it is, by itself. */
const traitsOf = kept((element) => {
  const tag = tagOf(element);
  const role = attributeOf(element, "role");
  const names = [attributeOf(element, "class"), attributeOf(element, "id"), attributeOf(element, "data-smartmail")].filter(Boolean).join(" ");
  return {
    role,
    region: role ? ROLES[role] : TAGS[tag],
    sectioning: SECTIONING.has(tag) || role === "main",
    ignored: isIgnored(element),
    signature: names !== "" && SIGNATURE.test(names),
    conversation: isConversation(element, names),
  };
});

/** Whether an element holds what people wrote. One around the page's title is the page. */
function isConversation(element, names) {
  const editable = attributeOf(element, "contenteditable");
  // A value that can be written over where it stands is one word.
  const draft = editable !== null && editable !== "false" && /\s/.test(textOf(element));
  const written = draft || (names !== "" && CONVERSATION.test(names));
  return written && element !== bodyElement() && !querySelector.call(element, "h1");
}

/** Whether an element is in a part that the recipe says is about others. */
const isIgnoredWithin = kept((element) => {
  const parent = parentOf(element);
  return traitsOf(element).ignored || Boolean(parent && isIgnoredWithin(parent));
});

/** Parts whose whole content is not about the customer, whatever it says of itself. */
const OTHERS = new Set(["conversation", "signature", "ignored"]);

/**
 * The part of the page that a frame is in. A frame without an address of its own, or shut off from the page, is how the
 * text of a message is shown: what is in it was written by anybody.
 */
function regionOfFrame(frame) {
  if (frame === frame.top) return null;
  try {
    if (frame.origin === "null" || frame.location.protocol === "about:") return "conversation";
    const region = frame.frameElement ? regionIn(frame.frameElement) : null;
    return OTHERS.has(region) ? region : regionOfFrame(frame.parent);
  } catch {
    // The page around it does not let itself be seen.
    return null;
  }
}

let around;

/** What is around this whole frame, if that is nothing about the customer. */
function regionAround() {
  around ??= { region: regionOfFrame(window) };
  return OTHERS.has(around.region) ? around.region : null;
}

/** The innermost part of the page that an element is in. A header within an article is not the page's. */
const regionIn = kept((element) => {
  if (isIgnoredWithin(element)) return "ignored";
  let tentative = null;
  for (let outer = element; outer; outer = parentOf(outer)) {
    const { role, region, sectioning, signature, conversation } = traitsOf(outer);
    if (signature) return "signature";
    if (conversation) return "conversation";
    if (tentative && sectioning) tentative = null;
    if (!role && (region === "header" || region === "footer")) tentative ??= region;
    else if (region) return tentative ?? region;
  }
  return tentative;
});

function regionOf(element) {
  return regionAround() ?? regionIn(element);
}

/** Whether an element is in the part of the page where customers' addresses are proposed from. */
function isInMainPart(element) {
  return [null, "main"].includes(regionOf(element));
}
