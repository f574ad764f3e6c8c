// Elements out of text alone. Nothing in this page reads markup, so whatever a model wrote stays text.

const HIDDEN =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text with control and direction characters written as escapes, so that they are seen and not obeyed. */
function visible(text) {
  return String(text).replace(HIDDEN, (character) => {
    if (character === "\r") return "\\r";
    const code = character.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** An element. Names of attributes come from this script alone; `on…` are listeners; children are nodes or texts. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") {
      element.addEventListener(key.slice(2), value);
    } else if (value === true) {
      element.setAttribute(key, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(key, visible(value));
    }
  }
  element.append(...nodes(children));
  return element;
}

/** Children as nodes: texts are made visible, null and undefined are left out, lists are taken apart. */
function nodes(children) {
  return children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false)
    .map((child) => (child instanceof Node ? child : document.createTextNode(visible(child))));
}

/** Keep what scrolls below an element within reach of the Tab key, and nothing else. Some browsers do so by themselves. */
function keepReachable(element) {
  for (const scroller of element.querySelectorAll("pre.text, .scroll, dialog > p")) sizes.observe(scroller);
}

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const scrolls = target.scrollHeight > target.clientHeight || target.scrollWidth > target.clientWidth;
    if (scrolls) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

/** The value of a block of data of this page. */
function blockOf(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

/** `1 case`, `3 cases`, with the digits of large numbers in groups. */
function many(count, one) {
  return `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
}

/** Put text into the clipboard. Resolves to whether it is there. */
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelecting(text);
  }
}

function copyBySelecting(text) {
  const area = make("textarea", { class: "away", "aria-hidden": "true" });
  area.value = text;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}
