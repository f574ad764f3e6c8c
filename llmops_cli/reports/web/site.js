// Finding prompts by typing. Rows are only hidden and shown; no text is ever made into markup.
const rows = [...document.querySelectorAll("#prompts > tr")];
const words = rows.map((row) => row.textContent.toLowerCase());
const find = document.getElementById("find");
const state = document.getElementById("state");
const live = document.getElementById("live");

function show() {
  const wanted = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  rows.forEach((row, index) => {
    const fits =
      wanted.every((word) => words[index].includes(word)) &&
      (!state.value || row.dataset.state === state.value) &&
      (!live.value || row.dataset.live.split(" ").includes(live.value));
    row.hidden = !fits;
    count += fits;
  });
  document.getElementById("shown").textContent = `${count} of ${rows.length}`;
  document.getElementById("none").hidden = count > 0;
}

if (find) {
  document.getElementById("controls").hidden = false;
  for (const control of [find, state, live]) control.addEventListener("input", show);
  show();
}
