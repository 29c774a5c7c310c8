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
  const names = `${attributeOf(element, "class") ?? ""} ${attributeOf(element, "id") ?? ""} ${attributeOf(element, "data-smartmail") ?? ""}`;
  return {
    role,
    region: role ? ROLES[role] : TAGS[tag],
    sectioning: SECTIONING.has(tag) || role === "main",
    ignored: isIgnored(element),
    signature: SIGNATURE.test(names),
    conversation: isConversation(element, names),
  };
});

/** Whether an element holds what people wrote. One around the page's title is the page. */
function isConversation(element, names) {
  const written = CONVERSATION.test(names) || attributeOf(element, "contenteditable") === "true";
  return written && element !== bodyElement() && !Element.prototype.querySelector.call(element, "h1");
}

/** Whether an element is in a part that the recipe says is about others. */
const isIgnoredWithin = kept((element) => {
  const parent = parentOf(element);
  return traitsOf(element).ignored || Boolean(parent && isIgnoredWithin(parent));
});

/** The innermost part of the page that an element is in. A header within an article is not the page's. */
const regionOf = kept((element) => {
  if (isIgnoredWithin(element)) return "ignored";
  let tentative = null;
  for (const outer of ancestors(element)) {
    const { role, region, sectioning, signature, conversation } = traitsOf(outer);
    if (signature) return "signature";
    if (conversation) return "conversation";
    if (tentative && sectioning) tentative = null;
    if (!role && (region === "header" || region === "footer")) tentative ??= region;
    else if (region) return tentative ?? region;
  }
  return tentative;
});

/** Whether an element is in the part of the page where customers' addresses are proposed from. */
function isInMainPart(element) {
  return [null, "main"].includes(regionOf(element));
}

const HEADINGS = new Set(["H2", "H3", "H4", "H5", "H6", "LEGEND", "CAPTION", "SUMMARY"]);

/** The heading of the section that an element is in: the nearest one that stands before it or before what it is in. */
const headingAbove = kept((element) => {
  for (let at = element, depth = 0; at && depth < 12; at = parentOf(at), depth += 1) {
    for (let earlier = at.previousElementSibling, steps = 0; earlier && steps < 6; earlier = earlier.previousElementSibling, steps += 1) {
      if (tagOf(earlier) === "H1") return "";
      const heading = HEADINGS.has(tagOf(earlier)) || attributeOf(earlier, "role") === "heading";
      if (heading) return textOf(earlier);
    }
    const own = attributeOf(at, "role") === "region" || tagOf(at) === "SECTION" ? attributeOf(at, "aria-label") : "";
    if (own) return own;
  }
  return "";
});
