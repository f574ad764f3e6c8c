// The report comes to life: lists in their places, the dialog, addresses of cases, and the key that leads to the search.

function start() {
  const view = caseView((closed) => {
    history.replaceState(null, "", `#suite-${closed.list.number}`);
    moveTo(closed.list, closed.place);
  });
  const open = (list, place) => showCase(view, list, place);
  const lists = [...document.querySelectorAll(".cases")].map((place) => caseList(place, open));
  lists.forEach(leadToCases);
  document.documentElement.classList.add("live");
  window.addEventListener("hashchange", () => openAddressed(lists, open));
  document.addEventListener("keydown", (event) => focusSearch(lists, view, event));
  keepReachable(document);
  openAddressed(lists, open);
}

/** Open the case that the address of the page names: `#case=ID`, with `&suite=NAME` where there are several suites. */
function openAddressed(lists, open) {
  const wanted = addressed(location.hash);
  if (wanted === null) return;
  for (const list of lists) {
    const at = wanted.suite === null || wanted.suite === list.index.name
      ? list.index.cases.findIndex((line) => line.id === wanted.id) : -1;
    if (at < 0) continue;
    if (!list.shown.includes(at)) setFilter(list);
    open(list, list.shown.indexOf(at));
    return;
  }
}

function addressed(hash) {
  const match = /^#case=([^&]*)(?:&suite=([^&]*))?$/.exec(hash);
  if (!match) return null;
  try {
    return { id: decodeURIComponent(match[1]), suite: match[2] === undefined ? null : decodeURIComponent(match[2]) };
  } catch {
    return null;
  }
}

/** Make of every `worse/better` among the figures of a suite two ways to the cases that it counts. */
function leadToCases(list) {
  for (const words of list.place.closest(".suite").querySelectorAll(".moved")) {
    const { check, tag = "" } = words.dataset;
    // of cost and the like there are no signs; a tag that had to be made visible is not found again
    if (!list.index.checks.includes(check) || (tag && !list.index.tags.includes(tag))) continue;
    const counts = words.textContent.split("/");
    const ways = ["regressed", "improved"].map((sign, at) => (counts[at] === "0" ? "0" : make("button", {
      type: "button",
      "aria-label": `${counts[at]} ${sign} on ${check}${tag ? `, tag ${tag}` : ""}: show them`,
      onclick: () => showCases(list, { sign, check, tag }),
    }, counts[at])));
    words.replaceChildren(...nodes([ways[0], "/", ways[1]]));
  }
}

function showCases(list, filter) {
  setFilter(list, filter);
  list.filters.bar.scrollIntoView();
  activeRow(list)?.focus({ preventScroll: true });
}

/** `/` leads to the search of the list that is nearest to what is in view. */
function focusSearch(lists, view, event) {
  const typing = event.target.closest?.("input, select, textarea");
  if (event.key !== "/" || typing || view.dialog.open || event.ctrlKey || event.metaKey || event.altKey) return;
  const distance = (list) => Math.abs(list.filters.bar.getBoundingClientRect().top);
  const [nearest] = [...lists].sort((one, other) => distance(one) - distance(other));
  if (!nearest) return;
  event.preventDefault();
  nearest.filters.search.focus();
}

start();
