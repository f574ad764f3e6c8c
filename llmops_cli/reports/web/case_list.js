// The list of all cases of a suite: filters, and a table of which only the rows in view are in the page.

const ROW_HEIGHT = 34; // CSS pixels, until a real row has been measured
const SPARE_ROWS = 8; // drawn above and below what is in view

/** The list in its place on the page. `open` is called with a list and a place in it. */
function caseList(place, open) {
  const number = place.dataset.suite;
  const list = { place, number, index: blockOf(`index-${number}`), shown: [], active: 0, height: ROW_HEIGHT, open };
  list.filter = { sign: -1, tag: -1, check: -1, text: "" };
  list.filters = filterBar(list);
  list.status = make("p", { class: "soft count", role: "status", "aria-live": "polite" });
  list.body = make("tbody");
  list.table = make("table", { role: "grid", "aria-label": `cases of ${list.index.name}` }, tableHead(list), list.body);
  list.view = make("div", { class: "view", tabindex: "-1", onscroll: () => draw(list) }, list.table);
  list.view.addEventListener("keydown", (event) => onTableKey(list, event));
  place.append(list.filters.bar, list.status, list.view);
  place.hidden = false;
  new ResizeObserver(() => requestAnimationFrame(() => draw(list))).observe(list.view);
  applyFilter(list);
  return list;
}

function tableHead(list) {
  const heads = [["what happened", "signs"], ["case", "id"], ["checks", "checks"], ["tags", "tags"], ["asked", "asked"]];
  if (!list.index.tags.length) heads.splice(3, 1);
  const cells = heads.map(([words, style]) => make("th", { scope: "col", class: style }, words));
  return make("thead", {}, make("tr", { "aria-rowindex": "1" }, cells));
}

// filters

function filterBar(list) {
  const { index, filter } = list;
  const signs = [["all", -1], ...index.signs.map((words, at) => [words, at])];
  const chips = signs.filter(([, at]) => at < 0 || index.compared || !["regressed", "improved", "new"].includes(index.signs[at]))
    .map(([words, at]) => chip(list, words, at));
  const search = make("input", { type: "search", placeholder: "search all texts (/)", "aria-label": "search all texts" });
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      filter.text = search.value.trim().toLowerCase();
      applyFilter(list);
    }, 120);
  });
  const choices = [choice(list, "check", index.checks), choice(list, "tag", index.tags)];
  const bar = make("div", { class: "filters", role: "group", "aria-label": "filter cases" },
    make("div", { class: "chips" }, chips.map((one) => one.button)), make("div", { class: "choices" }, choices, search));
  return { bar, chips, search };
}

function chip(list, words, sign) {
  const count = make("span", { class: "number" });
  const button = make("button", { type: "button", "aria-pressed": "false" }, words, " ", count);
  button.addEventListener("click", () => {
    list.filter.sign = sign;
    applyFilter(list);
  });
  return { button, count, sign };
}

function choice(list, name, values) {
  list.choices ??= {};
  if (!values.length) return null;
  const options = values.map((value, at) => make("option", { value: at }, value));
  const select = make("select", {}, make("option", { value: -1 }, `any ${name}`), options);
  select.addEventListener("change", () => {
    list.filter[name] = Number(select.value);
    applyFilter(list);
  });
  list.choices[name] = select;
  return make("label", {}, make("span", { class: "away" }, `only this ${name}`), select);
}

/** Show what a filter lets through: `sign`, `check` and `tag` by their words, empty for all; a search is ended. */
function setFilter(list, { sign = "", check = "", tag = "" } = {}) {
  const { index, filter } = list;
  Object.assign(filter, {
    sign: index.signs.indexOf(sign), check: index.checks.indexOf(check), tag: index.tags.indexOf(tag), text: "",
  });
  list.filters.search.value = "";
  for (const [name, select] of Object.entries(list.choices)) select.value = String(filter[name]);
  applyFilter(list);
}

/** The signs of a line that count under the filter; -1 when it is left out, whatever its signs are. */
function signsUnder(list, at) {
  const { filter, index } = list;
  const line = index.cases[at];
  if (filter.tag >= 0 && !line.tags.includes(filter.tag)) return -1;
  if (filter.text && !wordsOf(list, at).includes(filter.text)) return -1;
  if (filter.check < 0) return line.signs;
  const own = line.checks.find(([check]) => check === filter.check);
  if (!own) return -1;
  const ofChecks = line.checks.reduce((all, [, signs]) => all | signs, 0);
  return own[1] | (line.signs & ~ofChecks); // that a case is new, or has no answer, is so for every check
}

function applyFilter(list) {
  const { filter, index } = list;
  const counts = new Array(index.signs.length).fill(0);
  let all = 0;
  list.shown = [];
  index.cases.forEach((_, at) => {
    const signs = signsUnder(list, at);
    if (signs < 0) return;
    all += 1;
    counts.forEach((_, sign) => { counts[sign] += (signs >> sign) & 1; });
    if (filter.sign < 0 || (signs >> filter.sign) & 1) list.shown.push(at);
  });
  for (const { button, count, sign } of list.filters.chips) {
    const number = sign < 0 ? all : counts[sign];
    count.textContent = number.toLocaleString("en");
    button.setAttribute("aria-pressed", String(sign === filter.sign));
    button.classList.toggle("none", number === 0);
  }
  const total = index.cases.length;
  list.status.textContent = list.shown.length === total ? `${many(total, "case")}, the worst first`
    : `${list.shown.length.toLocaleString("en")} of ${many(total, "case")}`;
  list.active = 0;
  list.view.scrollTop = 0;
  draw(list);
}

/** All that is said in a case, in small letters; read when somebody searches for the first time. */
function wordsOf(list, at) {
  const line = list.index.cases[at];
  list.words ??= new Array(list.index.cases.length);
  list.words[at] ??= stringsIn([line.id, line.asked, line.tags.map((tag) => list.index.tags[tag]),
    saidIn(blockOf(`case-${list.number}-${at}`))]).join("\n").toLowerCase();
  return list.words[at];
}

/** What people and models said in a case: none of the words of this page, which would be found in every case. */
function saidIn({ golden, talk = [], asked = [], expected, cluster, sides }) {
  const results = sides.flatMap((side) => side.results);
  return [golden?.vars, golden?.expected, expected, cluster, [...talk, ...asked].map(([, text]) => text),
    results.map(({ output, error, tools, contexts, replies, by, scores = {} }) =>
      [output, error, tools, contexts, replies, by, Object.values(scores).map(([, , , reason]) => reason)])];
}

function stringsIn(value) {
  if (typeof value === "string") return [value];
  return value && typeof value === "object" ? Object.values(value).flatMap(stringsIn) : [];
}

// the table

/** Draw the rows that are in view, and empty rows as high as those above and below them; `again` when measured. */
function draw(list, again = false) {
  const first = Math.max(0, Math.floor(list.view.scrollTop / list.height) - SPARE_ROWS);
  const last = Math.min(list.shown.length, first + Math.ceil(list.view.clientHeight / list.height) + 2 * SPARE_ROWS);
  const focused = list.view.contains(document.activeElement);
  const rows = [];
  for (let place = first; place < last; place++) rows.push(caseRow(list, place));
  const empty = list.shown.length ? null : make("tr", {}, make("td", { colspan: 3, class: "soft" }, "no case"));
  list.table.setAttribute("aria-rowcount", String(list.shown.length + 1));
  list.body.replaceChildren(...nodes([spacer(list, first), rows, empty, spacer(list, list.shown.length - last)]));
  if (rows.length && !rows.some((row) => row.tabIndex === 0)) rows[0].tabIndex = 0;
  // a focused row that is scrolled away leaves the focus to the list, so that the keys still work
  if (focused) (activeRow(list) ?? list.view).focus({ preventScroll: true });
  const height = rows[0]?.getBoundingClientRect().height;
  if (!again && height && Math.abs(height - list.height) > 0.5) {
    list.height = height;
    draw(list, true);
  }
}

function spacer(list, rows) {
  if (rows <= 0) return null;
  const row = make("tr", { "aria-hidden": "true", class: "spacer" }, make("td"));
  row.firstChild.style.height = `${rows * list.height}px`;
  return row;
}

function caseRow(list, place) {
  const line = list.index.cases[list.shown[place]];
  const cells = [
    make("td", { class: "signs" }, signWords(list.index, line)),
    make("td", { class: "id", title: line.id }, line.id),
    make("td", { class: "checks", title: checkWords(list, line) }, checkWords(list, line)),
    list.index.tags.length ? make("td", { class: "tags" }, line.tags.map((tag) => list.index.tags[tag]).join(", ")) : null,
    make("td", { class: "asked" }, line.asked),
  ];
  const row = make("tr", { "aria-rowindex": place + 2, tabindex: place === list.active ? 0 : -1 }, cells);
  row.dataset.place = place;
  row.addEventListener("focus", () => { list.active = place; });
  row.addEventListener("click", () => openPlace(list, place));
  return row;
}

/** Whether a sign, by its word, is among the bits of a line or of a check. */
function has(index, signs, word) {
  return Boolean((signs >> index.signs.indexOf(word)) & 1);
}

/** What happened to a case, in words. */
function signWords(index, line) {
  const words = line.critical ? [make("b", {}, "critical")] : [];
  const unsaid = has(index, line.signs, "regressed") ? "not passing" : ""; // goes without saying
  for (const word of index.signs) {
    if (word !== unsaid && has(index, line.signs, word)) {
      words.push(make("span", { class: `sign-${word.replaceAll(" ", "-")}` }, word));
    }
  }
  if (!line.signs) words.push(make("span", { class: "soft" }, line.checks.length ? "passes" : "not checked"));
  return words.flatMap((word, at) => (at ? [", ", word] : [word]));
}

/** The checks that say something of a case, first those that fell: all with a sign, else all there are. */
function checkWords(list, line) {
  const chosen = list.filter.check;
  const fell = (signs) => has(list.index, signs, "regressed");
  const speaking = line.checks.filter(([check, signs]) => (chosen < 0 ? signs : check === chosen))
    .sort(([, one], [, other]) => fell(other) - fell(one));
  return (speaking.length ? speaking : line.checks).map(([check, , said]) => `${list.index.checks[check]} ${said}`).join(" · ");
}

function activeRow(list) {
  return list.body.querySelector(`tr[data-place="${list.active}"]`);
}

function openPlace(list, place) {
  list.active = place;
  draw(list);
  list.open(list, place);
}

/** Make a row the one that has the focus, and bring it into view. */
function moveTo(list, place) {
  list.active = Math.min(Math.max(place, 0), list.shown.length - 1);
  const head = list.table.tHead.getBoundingClientRect().height;
  const top = list.active * list.height;
  const room = list.view.clientHeight - head;
  if (top < list.view.scrollTop) list.view.scrollTop = top;
  if (top + list.height > list.view.scrollTop + room) list.view.scrollTop = top + list.height - room;
  draw(list);
  activeRow(list)?.focus({ preventScroll: true });
}

function onTableKey(list, event) {
  if (event.altKey || event.ctrlKey || event.metaKey || !list.shown.length) return;
  const page = Math.max(1, Math.floor(list.view.clientHeight / list.height) - 2);
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
  if (event.key in steps) {
    moveTo(list, list.active + steps[event.key]);
  } else if (event.key === "Enter" || event.key === " ") {
    openPlace(list, list.active);
  } else {
    return;
  }
  event.preventDefault();
}
