// One case, opened: what was asked, both answers side by side with their differences, and all that is known of them.

const SIDE_NAMES = { baseline: "base", candidate: "this change", anchor: "anchor" };
const MEASURED_NAMES = { cost_usd: "cost", latency_ms: "latency", input_tokens: "tokens in", output_tokens: "tokens out" };
const ORIGINS = { asked: "asked in this run", cache: "the cache", recording: "a recording" };

/** The dialog in which cases are opened. `onClose` is called when it closes. */
function caseView(onClose) {
  const view = { list: null, place: 0, repeat: 0, marked: true };
  view.title = make("h2", { id: "case-title", tabindex: "-1" });
  view.about = make("p", { class: "soft" });
  view.verdict = make("p", {});
  view.said = make("span", { role: "status", "aria-live": "polite", class: "soft" });
  view.body = make("div", { class: "case-body" });
  const button = (words, title, action) => make("button", { type: "button", title, onclick: action }, words);
  view.previous = button("← previous", "previous case (left arrow)", () => step(view, -1));
  view.next = button("next →", "next case (right arrow)", () => step(view, 1));
  view.link = make("a", { onclick: (event) => copyLink(view, event) }, "copy link");
  view.copy = button("copy as golden case", "copy the case as a line of a golden set", () => copyGolden(view));
  const close = button("close", "close (Escape)", () => view.dialog.close());
  const tools = make("div", { class: "tools" }, view.previous, view.next, view.copy, view.link, view.said, close);
  view.dialog = make("dialog", { class: "case", "aria-labelledby": "case-title" }, tools, view.title, view.about, view.verdict, view.body);
  view.dialog.addEventListener("close", () => onClose(view));
  view.dialog.addEventListener("click", (event) => { if (event.target === view.dialog) view.dialog.close(); });
  view.dialog.addEventListener("keydown", (event) => onCaseKey(view, event));
  document.body.append(view.dialog);
  return view;
}

/** Open the case at a place of what a list shows. */
function showCase(view, list, place) {
  const at = list.shown[place];
  const line = list.index.cases[at];
  Object.assign(view, { list, place, line, details: blockOf(`case-${list.number}-${at}`) });
  view.repeat = tellingRepeat(view.details);
  view.title.textContent = visible(line.id);
  const tags = line.tags.map((tag) => list.index.tags[tag]).join(", ");
  const cluster = view.details.cluster ? `cluster ${view.details.cluster}` : "";
  const where = `${place + 1} of ${list.shown.length.toLocaleString("en")} in the list`;
  const facts = [checkWords(list, line), tags, cluster, where].filter((words) => words !== "");
  view.about.replaceChildren(...nodes([signWords(list.index, line), facts.map((words) => ` · ${words}`)]));
  const [kind, reason] = line.verdict ?? ["unasked", "this change was not asked this case"];
  const style = { fail: "bad", unmeasured: "open", pass: "good" }[kind] ?? "soft";
  view.verdict.replaceChildren(...nodes(["Verdict on this case: ", make("span", { class: `status ${style}` }, kind), ` · ${reason}`]));
  view.link.href = caseAddress(list, line);
  view.said.textContent = "";
  view.previous.disabled = place === 0;
  view.next.disabled = place === list.shown.length - 1;
  view.copy.disabled = !view.details.golden;
  view.copy.title = view.details.golden ? "copy the case as a line of a golden set" : "too long to be whole in this page";
  drawBody(view);
  if (!view.dialog.open) {
    view.dialog.showModal();
    view.title.focus();
  }
  view.dialog.scrollTop = 0;
  history.replaceState(null, "", view.link.getAttribute("href"));
}

/** What comes after the name of the file when the page is to open at a case. */
function caseAddress(list, line) {
  try {
    return `#case=${encodeURIComponent(line.id)}&suite=${encodeURIComponent(list.index.name)}`;
  } catch {
    return `#suite-${list.number}`; // half of a character pair, which no address can hold
  }
}

function step(view, by) {
  const place = view.place + by;
  if (place < 0 || place >= view.list.shown.length) return;
  view.list.active = place;
  showCase(view, view.list, place);
}

function onCaseKey(view, event) {
  const steps = { ArrowLeft: -1, ArrowRight: 1 };
  const inside = event.target.closest("input, select, .scroll");
  if (event.key in steps && !inside && !event.altKey && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    step(view, steps[event.key]);
  }
}

async function copyGolden(view) {
  sayCopied(view, await copyText(JSON.stringify(view.details.golden)));
}

async function copyLink(view, event) {
  event.preventDefault();
  sayCopied(view, await copyText(view.link.href));
}

function sayCopied(view, copied) {
  view.said.textContent = copied ? "copied" : "this browser does not let a page copy";
}

/** The repeat to begin with: the first of the candidate in which a check says no, else the first. */
function tellingRepeat(details) {
  const results = details.sides.find((side) => side.role === "candidate").results;
  const lost = results.find((result) => Object.values(result.scores ?? {}).some(([, , passed]) => passed === false));
  return (lost ?? results[0])?.repeat ?? 0;
}

function drawBody(view) {
  const sides = view.details.sides.map((side) => ({
    name: side.role === "baseline" ? view.list.index.base : SIDE_NAMES[side.role],
    role: side.role,
    who: side.who,
    result: side.results.find((result) => result.repeat === view.repeat) ?? null,
  }));
  view.body.replaceChildren(...nodes([
    section("Asked", askedOf(view.details)),
    expectedOf(view.details),
    repeatPicker(view),
    section("Answers", answers(view, sides)),
    section("Checks", checksTable(view, sides)),
    foldedTexts("The judges' replies, as they came", sides, repliesOf, true),
    foldedTexts("Tool calls", sides, (result) => result.tools),
    foldedTexts("Retrieved contexts", sides, (result) => result.contexts),
    section("Measured, and where it comes from", provenance(sides)),
  ]));
  keepReachable(view.body);
}

function section(title, ...children) {
  return make("section", {}, make("h3", {}, title), children);
}

// what was asked

function askedOf(details) {
  const asked = details.golden ? [...Object.entries(details.golden.vars), ...details.talk] : details.asked;
  if (!asked.length) return make("p", { class: "soft" }, "The prompt alone: this case has no variables.");
  return make("dl", {}, asked.map(([name, value]) => [make("dt", {}, name), make("dd", {}, textBlock(value))]));
}

function expectedOf(details) {
  const expected = details.golden ? details.golden.expected : details.expected;
  return expected === undefined || expected === null ? null : section("Expected", textBlock(expected));
}

// texts

/** The one or two stretches of a text that the page holds. */
function stretches(value) {
  return typeof value === "object" && value !== null ? [value.head, value.tail] : [value];
}

/** A value that may have been cut, as one block of text; `paint` turns a stretch of it into nodes. */
function textBlock(value, paint = (text) => [text]) {
  // a cut text is an object with exactly these keys; any other value of a case is shown as JSON
  const cut = isCut(value);
  const text = cut || typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const [head, tail] = stretches(text);
  if (!cut) return make("pre", { class: "text" }, text === "" ? make("span", { class: "soft" }, "(empty)") : paint(head, 0));
  const gap = make("span", { class: "left-out" }, ` [${value.cut.toLocaleString("en")} characters are left out here] `);
  return make("pre", { class: "text" }, paint(head, 0), gap, paint(tail, 1));
}

function isCut(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    && Object.keys(value).sort().join() === "cut,head,tail" && Number.isInteger(value.cut);
}

// answers

function repeatPicker(view) {
  const repeats = [...new Set(view.details.sides.flatMap((side) => side.results.map((result) => result.repeat)))];
  if (repeats.length < 2) return null;
  repeats.sort((one, other) => one - other);
  const buttons = repeats.map((repeat) => {
    const marks = view.details.sides.filter((side) => side.role !== "anchor")
      .map((side) => verdictOf(side.results.find((result) => result.repeat === repeat)));
    const button = make("button", { type: "button", "aria-pressed": String(repeat === view.repeat) },
      `${repeat + 1}: ${marks.join(" → ")}`);
    button.dataset.repeat = repeat;
    button.addEventListener("click", () => {
      view.repeat = repeat;
      drawBody(view);
      view.body.querySelector(`[data-repeat="${repeat}"]`).focus();
    });
    return button;
  });
  return section(`Repeats (${repeats.length})`, make("div", { class: "chips", role: "group", "aria-label": "repeats" }, buttons));
}

function verdictOf(result) {
  if (!result) return "–";
  if (result.output === undefined) return "no answer";
  const scores = Object.values(result.scores ?? {}).filter(([status]) => status === "scored");
  if (!scores.length) return "no score";
  return scores.every(([, , passed]) => passed) ? "pass" : "fail";
}

function answers(view, sides) {
  const [before, after] = ["baseline", "candidate"].map((role) => sides.find((side) => side.role === role));
  const both = before?.result?.output !== undefined && after?.result?.output !== undefined;
  const painters = both && view.marked ? differencePainters(before.result.output, after.result.output) : {};
  const same = both && JSON.stringify(before.result.output) === JSON.stringify(after.result.output);
  const figures = sides.map((side) => make("figure", {},
    make("figcaption", {}, make("b", {}, side.name), ` ${side.who}`), answer(side, painters[side.role])));
  const toggle = make("input", { type: "checkbox", checked: view.marked });
  toggle.addEventListener("change", () => {
    view.marked = toggle.checked;
    drawBody(view);
    view.body.querySelector(".mark-toggle input").focus();
  });
  return [
    same ? make("p", { class: "soft" }, "Both answers are the same.")
      : both ? make("label", { class: "mark-toggle soft" }, toggle, " mark the words that differ") : null,
    make("div", { class: "sides" }, figures),
  ];
}

function answer(side, paint) {
  if (!side.result) return make("p", { class: "soft" }, "Not asked.");
  if (side.result.output === undefined) {
    return make("div", { class: "bad" }, "No answer: ", textBlock(side.result.error ?? "nobody said why"));
  }
  return textBlock(side.result.output, paint);
}

/** For each side a function from a stretch of its answer to nodes, in which words that differ are marked. */
function differencePainters(before, after) {
  const [old, now] = [stretches(before), stretches(after)];
  const pairs = old.map((text, at) => wordDiff(text, now[at] ?? ""));
  if (now.length > old.length) pairs.push(wordDiff("", now[1]));
  const painted = (side, mark) => (_, at) => pairs[at][side].map(([text, changed]) => (changed ? make(mark, {}, text) : text));
  return { baseline: painted(0, "del"), candidate: painted(1, "ins") };
}

// checks

function checksTable(view, sides) {
  const names = [...new Set(sides.flatMap((side) => Object.keys(side.result?.scores ?? {})))];
  if (!names.length) return make("p", { class: "soft" }, "No check looked at this case.");
  const order = view.list.index.checks; // those that gate come first
  names.sort((one, other) => order.indexOf(one) - order.indexOf(other));
  const head = make("tr", {}, make("th", { scope: "col" }, "check"), sides.map((side) => make("th", { scope: "col" }, side.name)));
  const rows = names.map((name) => make("tr", {}, make("th", { scope: "row" }, name),
    sides.map((side) => make("td", {}, scoreOf(ownOf(side.result?.scores, name))))));
  return make("div", { class: "scroll" }, make("table", { class: "figures values" }, make("thead", {}, head), make("tbody", {}, rows)));
}

/** What an object has by this name, and not what every object has: a check may be called `constructor`. */
function ownOf(object = {}, name) {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function scoreOf(score) {
  if (!score) return "–";
  const [status, value, passed, reason] = score;
  const word = status === "scored" ? (passed ? "pass" : "fail") : status === "failed" ? "no score" : "skipped";
  const style = { pass: "good", fail: "bad", "no score": "open" }[word] ?? "soft";
  const number = typeof value === "number" && value !== 0 && value !== 1 ? ` ${value.toFixed(3)}` : "";
  return [make("span", { class: `status ${style}` }, word + number), reason === "" ? null : textBlock(reason)];
}

// what was said besides

function repliesOf(result) {
  return Object.entries(result.replies ?? {}).flatMap(([check, replies]) =>
    replies.map((reply, at) => [replies.length > 1 ? `${check} (${at + 1})` : check, reply]));
}

/** Texts with a name, by side, each behind its name. */
function foldedTexts(title, sides, textsOf, open = false) {
  const columns = sides.map((side) => [side, (side.result && textsOf(side.result)) ?? []]);
  if (!columns.some(([, texts]) => texts.length)) return null;
  return section(title, make("div", { class: "sides" }, columns.map(([side, texts]) =>
    make("div", {}, make("b", {}, side.name), texts.length ? null : make("p", { class: "soft" }, "none"),
      texts.map(([name, text]) => make("details", { open }, make("summary", {}, name || "(without a name)"), textBlock(text)))))));
}

function provenance(sides) {
  const rows = [
    ...Object.entries(MEASURED_NAMES).map(([key, name]) => [name, (result) => measuredOf(key, result.measured?.[key])]),
    ["cost of judges", (result) => measuredOf("cost_usd", result.judge_cost)],
    ["finish reason", (result) => result.finish],
    ["answered by", (result) => result.by],
    ["answered at", (result) => result.at],
    ["came from", (result) => ORIGINS[result.origin]],
    ["request", (result) => result.request && make("code", {}, result.request)],
  ].map(([name, valueOf]) => [name, sides.map((side) => (side.result ? valueOf(side.result) : null) ?? null)]);
  const known = rows.filter(([, values]) => values.some((value) => value !== null));
  const head = make("tr", {}, make("td", {}), sides.map((side) => make("th", { scope: "col" }, side.name)));
  const body = known.map(([name, values]) => make("tr", {}, make("th", { scope: "row" }, name),
    values.map((value) => make("td", {}, value ?? "–"))));
  return make("div", { class: "scroll" }, make("table", { class: "figures values" }, make("thead", {}, head), make("tbody", {}, body)));
}

function measuredOf(key, value) {
  if (value === undefined || value === null) return null;
  if (key === "cost_usd") return `$${value < 0.0001 && value ? value.toPrecision(2) : value.toFixed(4)}`;
  return value.toLocaleString("en", { maximumFractionDigits: 0 }) + (key === "latency_ms" ? " ms" : "");
}
