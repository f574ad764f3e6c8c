// The difference of two texts: first by lines, then by words within lines that changed. All work is bounded.

const MOST_EDITS = 1_500; // beyond so many edits between two lists, what lies between them counts as changed altogether
const WORDS = /\n|[^\S\n]+|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{M}\p{N}_]+|[^]/gu;

/** Two texts as `[pieces before, pieces after]`; a piece is `[text, whether it changed]`. */
function wordDiff(before, after) {
  const lines = [before, after].map((text) => text.match(/[^\n]*\n|[^\n]+/g) ?? []);
  const changed = changes(lines[0], lines[1]);
  const pieces = [[], []];
  let [i, j] = [0, 0];
  while (i < lines[0].length || j < lines[1].length) {
    if (i < lines[0].length && j < lines[1].length && !changed[0][i] && !changed[1][j]) {
      pieces[0].push([lines[0][i++], false]);
      pieces[1].push([lines[1][j++], false]);
      continue;
    }
    const [from, start] = [i, j];
    while (i < lines[0].length && changed[0][i]) i++;
    while (j < lines[1].length && changed[1][j]) j++;
    diffWords(lines[0].slice(from, i).join(""), lines[1].slice(start, j).join(""), pieces);
  }
  return pieces.map(joined);
}

function diffWords(before, after, pieces) {
  const words = [before, after].map((text) => text.match(WORDS) ?? []);
  changes(words[0], words[1]).forEach((flags, side) => {
    bridged(words[side], flags);
    words[side].forEach((word, at) => pieces[side].push([word, Boolean(flags[at])]));
  });
}

/** Spaces and a few marks that stand unchanged between changed words belong to the change: it is easier to read so. */
function bridged(words, flags) {
  for (let at = 1; at < words.length; at++) {
    if (flags[at] || !flags[at - 1]) continue;
    let end = at;
    while (end < words.length && !flags[end]) end++;
    const run = words.slice(at, end).join("");
    if (end < words.length && /^[^\p{L}\p{N}\n]{1,3}$/u.test(run)) flags.fill(1, at, end);
    at = end;
  }
}

/** Neighbours of one kind as one piece. */
function joined(pieces) {
  const found = [];
  for (const [text, changed] of pieces) {
    const last = found[found.length - 1];
    if (last && last[1] === changed) last[0] += text;
    else found.push([text, changed]);
  }
  return found;
}

/** Two lists as two lists of flags: 1 where an entry has no counterpart in the other. */
function changes(before, after) {
  const flags = [new Uint8Array(before.length).fill(1), new Uint8Array(after.length).fill(1)];
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  const room = Math.min(before.length, after.length) - start;
  while (end < room && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  flags[0].fill(0, 0, start).fill(0, before.length - end);
  flags[1].fill(0, 0, start).fill(0, after.length - end);
  const middle = [before.slice(start, before.length - end), after.slice(start, after.length - end)];
  for (const [x, y] of commonEntries(middle[0], middle[1])) {
    flags[0][start + x] = 0;
    flags[1][start + y] = 0;
  }
  return flags;
}

/**
 * The places of a longest common subsequence, as pairs; none where it takes more than MOST_EDITS edits to find it.
 * E. Myers, An O(ND) Difference Algorithm and Its Variations, Algorithmica 1 (1986), figure 2.
 */
function commonEntries(before, after) {
  const most = Math.min(before.length + after.length, MOST_EDITS);
  const reach = new Int32Array(2 * most + 3);
  const middle = most + 1;
  const rounds = [];
  for (let edits = 0; edits <= most; edits++) {
    rounds.push(reach.slice(middle - edits - 1, middle + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && reach[middle + k - 1] < reach[middle + k + 1]);
      let x = down ? reach[middle + k + 1] : reach[middle + k - 1] + 1;
      while (x < before.length && x - k < after.length && before[x] === after[x - k]) x++;
      reach[middle + k] = x;
      if (x >= before.length && x - k >= after.length) return walkedBack(rounds, before.length, after.length);
    }
  }
  return [];
}

/** The diagonal steps of the path that the rounds found, from its end. */
function walkedBack(rounds, x, y) {
  const pairs = [];
  for (let edits = rounds.length - 1; edits >= 0; edits--) {
    const reach = (k) => rounds[edits][k + edits + 1];
    const k = x - y;
    const from = k === -edits || (k !== edits && reach(k - 1) < reach(k + 1)) ? k + 1 : k - 1;
    const startX = edits ? reach(from) : 0;
    const startY = edits ? startX - from : 0;
    while (x > startX && y > startY) pairs.push([--x, --y]);
    [x, y] = [startX, startY];
  }
  return pairs;
}
