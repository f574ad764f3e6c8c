// The report comes to life: lists in their places, the dialog, addresses of cases, and the key that leads to the search.

function start() {
  document.documentElement.classList.add("live");
  const view = caseView((closed) => {
    history.replaceState(null, "", `#suite-${closed.list.number}`);
    moveTo(closed.list, closed.place);
  });
  const open = (list, place) => showCase(view, list, place);
  const lists = [...document.querySelectorAll(".cases")].map((place) => caseList(place, open));
  window.addEventListener("hashchange", () => openAddressed(lists, open));
  document.addEventListener("keydown", (event) => focusSearch(lists, view, event));
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
    if (!list.shown.includes(at)) clearFilter(list);
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

function clearFilter(list) {
  list.filter = Object.assign(list.filter, { sign: -1, tag: -1, check: -1, text: "" });
  list.filters.search.value = "";
  list.filters.bar.querySelectorAll("select").forEach((select) => { select.value = "-1"; });
  applyFilter(list);
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
