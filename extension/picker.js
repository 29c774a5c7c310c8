// Lets a person point at an element of a page, and returns facts about it. It is injected as a function, so it is whole by
// itself. It changes nothing on the page but for a sheet of its own over it, which takes every click and key; it acts on
// nothing, and what a script of the page sends it does not count.

/** Resolves with the picked element's facts, or with null when the person ends it. `words` is what to do, if said here. */
export function picker(words) {
  // An element of that name would be found, too.
  if (Object.hasOwn(globalThis, "stagedoorStop")) globalThis.stagedoorStop();
  return new Promise((resolve) => {
    // Forms and documents have members of any name, so nodes are asked by way of the prototypes.
    const caller = ({ prototype }, name) => (node, ...given) => prototype[name].call(node, ...given);
    const getter = ({ prototype }, name) => {
      const { get } = Object.getOwnPropertyDescriptor(prototype, name);
      return (node) => get.call(node);
    };
    const parentOf = getter(Node, "parentNode");
    const textContentOf = getter(Node, "textContent");
    const childrenOf = getter(Element, "children");
    const attributesOf = getter(Element, "attributes");
    const tagOf = getter(Element, "localName");
    const scrollTopOf = getter(Element, "scrollTop");
    const childNodesOf = getter(Node, "childNodes");
    const rootOf = caller(Node, "getRootNode");
    const boxOf = caller(Element, "getBoundingClientRect");
    const isShown = caller(Element, "checkVisibility");
    const make = (tag) => caller(Document, "createElement")(document, tag);

    const getShadow = Object.getOwnPropertyDescriptor(Element.prototype, "openOrClosedShadowRoot")?.get;
    const shadowOf = (element) => {
      try {
        return getShadow ? getShadow.call(element) : globalThis.chrome.dom.openOrClosedShadowRoot(element);
      } catch {
        return null;
      }
    };
    const outOf = (element) => {
      const parent = parentOf(element);
      return parent instanceof ShadowRoot ? parent.host : parent instanceof Element ? parent : null;
    };
    const isField = (element) => element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement;
    const contentOf = (element) => (isField(element) ? element.value : textContentOf(element)).replace(/\s+/gu, " ").trim();

    const sheet = make("div");
    const shadow = sheet.attachShadow({ mode: "closed" });
    const frame = make("div");
    const said = make("p");
    const shown = make("div");
    Object.assign(sheet.style, {
      all: "initial", position: "fixed", inset: "0", width: "100vw", height: "100vh", margin: "0", padding: "0",
      border: "0", background: "none", overflow: "visible", zIndex: "2147483647", cursor: "crosshair",
    });
    Object.assign(frame.style, {
      position: "fixed", border: "3px solid #6746e0", borderRadius: "4px", background: "#f9bd4233",
      boxShadow: "0 0 0 2px #fff", pointerEvents: "none", boxSizing: "border-box", display: "none",
    });
    Object.assign(said.style, {
      position: "fixed", inset: "auto 0 24px 0", width: "fit-content", maxWidth: "80%", margin: "0 auto", padding: "12px 18px",
      font: "600 15px/1.4 system-ui, sans-serif", color: "#fff", background: "#2b2050", borderRadius: "9px",
      boxShadow: "0 4px 18px #0007", pointerEvents: "none", overflowWrap: "anywhere",
    });
    said.setAttribute("role", "status");
    said.append(words, shown);
    if (!words) said.style.display = "none";
    shadow.append(frame, said);
    // Above whatever the page has put on top.
    sheet.popover = "manual";
    getter(Document, "documentElement")(document).append(sheet);
    sheet.showPopover?.();

    /** The innermost element at a point, through shadow roots. */
    const under = (root, x, y) => {
      const hits = caller(root === document ? Document : ShadowRoot, "elementsFromPoint")(root, x, y);
      const found = hits.find((element) => element !== sheet && rootOf(element) === root);
      const inner = found && shadowOf(found);
      return (inner && under(inner, x, y)) ?? found;
    };

    let current = null;
    const show = (element) => {
      current = element;
      const { left, top, width, height } = element ? boxOf(element) : {};
      Object.assign(frame.style, element
        ? { display: "block", left: `${left - 4}px`, top: `${top - 4}px`, width: `${width + 8}px`, height: `${height + 8}px` }
        : { display: "none" });
    };

    /** Elements that show an address themselves, for the keyboard. */
    const addressed = (root, found = []) => {
      for (const element of caller(root === document ? Document : DocumentFragment, "querySelectorAll")(root, "*")) {
        if (found.length >= 200) break;
        const own = isField(element)
          ? element.value
          : [...childNodesOf(element)].filter((node) => node instanceof Text).map((node) => node.data).join("");
        if (own.includes("@") && !(element instanceof HTMLScriptElement) && isShown(element)) found.push(element);
        const inner = shadowOf(element);
        if (inner && element !== sheet) addressed(inner, found);
      }
      return found;
    };
    let stops;
    const step = (by) => {
      stops ??= addressed(document);
      if (stops.length === 0) return;
      const at = stops.indexOf(current);
      const next = stops[at < 0 ? (by > 0 ? 0 : stops.length - 1) : (at + by + stops.length) % stops.length];
      caller(Element, "scrollIntoView")(next, { block: "center", behavior: "instant" });
      show(next);
      shown.textContent = contentOf(next).slice(0, 80);
      said.style.display = "block";
    };

    const describe = (element) => {
      const content = contentOf(element);
      const chain = [];
      let same = true;
      for (let at = element; at && chain.length < 20; at = outOf(at)) {
        same &&= contentOf(at) === content;
        const parent = parentOf(at);
        const siblings = parent instanceof ShadowRoot ? parent.children : parent instanceof Element ? childrenOf(parent) : [at];
        const attributes = [...attributesOf(at)].slice(0, 24).map(({ name, value }) => [name, value.slice(0, 100)]);
        chain.push({
          tag: tagOf(at),
          attributes: Object.fromEntries(attributes),
          nth: [...siblings].indexOf(at) + 1,
          same,
          top: parent instanceof ShadowRoot,
        });
      }
      return { url: location.href, text: content.slice(0, 200), chain };
    };

    const end = (picked) => {
      for (const [name, listener] of Object.entries(listeners)) removeEventListener(name, listener, true);
      sheet.remove();
      delete globalThis.stagedoorStop;
      resolve(picked && describe(picked));
    };
    globalThis.stagedoorStop = () => end(null);

    const swallow = (event) => {
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    /** For what a person does; a script's own events are none of this function's business. */
    const byPerson = (act) => (event) => {
      if (!event.isTrusted) return;
      swallow(event);
      act?.(event);
    };
    const point = ({ clientX, clientY }) => {
      const found = under(document, clientX, clientY);
      const inner = found instanceof HTMLIFrameElement || found instanceof HTMLFrameElement;
      // Over a frame the sheet lets through what that frame's own picker takes.
      sheet.style.pointerEvents = inner ? "none" : "auto";
      show(inner ? null : found);
    };
    const keys = {
      Escape: () => end(null),
      Enter: () => current && end(current),
      Tab: ({ shiftKey }) => step(shiftKey ? -1 : 1),
      ArrowDown: () => step(1),
      ArrowUp: () => current && outOf(current) && show(outOf(current)),
    };
    const listeners = {
      pointermove: byPerson(point),
      // The sheet keeps the wheel from the parts of a page that scroll by themselves.
      wheel: byPerson((event) => {
        for (let at = under(document, event.clientX, event.clientY); at; at = outOf(at)) {
          const before = scrollTopOf(at);
          caller(Element, "scrollBy")(at, { top: event.deltaY, behavior: "instant" });
          if (scrollTopOf(at) !== before) break;
        }
        point(event);
      }),
      click: byPerson((event) => {
        point(event);
        if (current) end(current);
      }),
      keydown: byPerson((event) => {
        // A key held down is no decision.
        if (!(event.repeat && event.key === "Enter")) keys[event.key]?.(event);
      }),
    };
    for (const name of "pointerdown pointerup mousedown mouseup dblclick auxclick contextmenu touchstart touchend keyup keypress".split(" ")) {
      listeners[name] = byPerson();
    }
    for (const [name, listener] of Object.entries(listeners)) addEventListener(name, listener, { capture: true, passive: false });
  });
}
