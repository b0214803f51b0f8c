// @ts-check
/** Where the keyboard goes: from tile to tile, and from day to day, month to month, year to year. */
import { monthIndex, UNDATED_DAY } from './dates.js';
import { dayOf } from './skeleton.js';

/** @typedef {import('./controller.js').TimelineController} Controller */

/** The next position in a direction that is not folded away; the same one at the end. @param {Controller} ctl @param {number} position @param {1|-1} step */
function shownBeside(ctl, position, step) {
  const n = ctl.sk?.n ?? 0;
  for (let p = position + step; p >= 0 && p < n; p += step) if (ctl.rowOf(p) >= 0) return p;
  return position;
}

/** Where an arrow, Home, End, PageUp or PageDown leads from a position. @param {Controller} ctl @param {number} position @param {string} key */
export function neighbour(ctl, position, key) {
  const sk = ctl.sk;
  if (!sk || !ctl.L || sk.n === 0) return -1;
  const d = dayOf(sk, position), last = sk.days.length - 1;
  switch (key) {
    case 'ArrowRight': return shownBeside(ctl, position, 1);
    case 'ArrowLeft': return shownBeside(ctl, position, -1);
    case 'Home': return shown(ctl, sk.first[d]);
    case 'End': return sk.first[d + 1] - 1;
    case 'PageDown': return shown(ctl, sk.first[Math.min(last, d + 1)]);
    case 'PageUp': return shown(ctl, sk.first[position > shown(ctl, sk.first[d]) ? d : Math.max(0, d - 1)]);
    case 'ArrowDown': return vertical(ctl, position, 1);
    case 'ArrowUp': return vertical(ctl, position, -1);
    default: return position;
  }
}

/** The position itself, or the next one that is not folded. @param {Controller} ctl @param {number} position */
export const shown = (ctl, position) => (ctl.rowOf(position) >= 0 ? position : shownBeside(ctl, position, 1));

/** The tile above or below, nearest by its middle; bands put several days on one line, so rows are compared by place. @param {Controller} ctl @param {number} position @param {1|-1} step */
function vertical(ctl, position, step) {
  const L = /** @type {any} */ (ctl.L), r = ctl.rowOf(position);
  if (r < 0) return position;
  const here = middle(ctl, r, position), top = L.rowTop[r];
  let bestTop = -1, best = position, bestGap = Infinity;
  for (let k = r + step, seen = 0; k >= 0 && k < L.nRows && seen < 64; k += step, seen++) {
    const beyond = step > 0 ? L.rowTop[k] > top : L.rowTop[k] < top;
    if (!beyond) continue;
    const nearer = bestTop < 0 || (step > 0 ? L.rowTop[k] < bestTop : L.rowTop[k] > bestTop);
    if (!nearer && L.rowTop[k] !== bestTop) { if (Math.abs(L.rowTop[k] - bestTop) > 600) break; continue; }
    if (nearer) { bestTop = L.rowTop[k]; bestGap = Infinity; }
    for (let p = L.rowFirst[k]; p < L.rowFirst[k] + L.rowCount[k]; p++) {
      const gap = Math.abs(middle(ctl, k, p) - here);
      if (gap < bestGap) { bestGap = gap; best = p; }
    }
  }
  return best;
}

/** Horizontal middle of a tile in the feed. @param {Controller} ctl @param {number} r @param {number} position */
function middle(ctl, r, position) {
  const L = /** @type {any} */ (ctl.L), d = dayOf(/** @type {any} */ (ctl.sk), position), tile = ctl.row(r, d).tiles[position - L.rowFirst[r]];
  const isStrip = L.rowType[r] === 1;
  return L.dayX[d] + (isStrip ? (position - L.rowFirst[r] + 0.5) * L.opt.chipWidth : tile.x + tile.w / 2);
}

/** Whether some of a position is on the screen. @param {Controller} ctl @param {number} position */
export function touches(ctl, position) {
  const L = ctl.L, r = L ? ctl.rowOf(position) : -1;
  return L !== null && r >= 0 && L.rowTop[r] + L.rowH[r] > ctl.y + 24 && L.rowTop[r] < ctl.y + ctl.vh - 24;
}

/** Scroll just enough that a position is fully visible. @param {Controller} ctl @param {number} position */
export function reveal(ctl, position) {
  const L = ctl.L, r = L ? ctl.rowOf(position) : -1;
  if (!L || r < 0) return ctl.update(true);
  const top = L.rowTop[r], height = L.rowH[r];
  if (top - L.opt.header < ctl.y) ctl.goto(top - L.opt.header - 12);
  else if (top + height + 12 > ctl.y + ctl.vh) ctl.goto(top + height - ctl.vh + 24);
  else ctl.update(true);
}

/** @param {number} day */
const yearIndex = (day) => Math.floor(monthIndex(day) / 12);
/** What counts as "the same" for a step: day, month or year; the undated shelf is its own. */
const GROUPS = {
  day: (/** @type {number} */ day) => day,
  month: (/** @type {number} */ day) => (day === UNDATED_DAY ? -1e9 : monthIndex(day)),
  year: (/** @type {number} */ day) => (day === UNDATED_DAY ? -1e9 : yearIndex(day)),
};

/** Day index of the first shelf of the next (older) or previous (newer) day, month or year. @param {Controller} ctl @param {number} from @param {'day'|'month'|'year'} unit @param {1|-1} direction */
export function stepDay(ctl, from, unit, direction) {
  const days = ctl.sk?.days ?? new Int32Array(), group = GROUPS[unit], last = days.length - 1;
  let d = from;
  while (d >= 0 && d <= last && group(days[d]) === group(days[from])) d += direction;
  d = Math.max(0, Math.min(last, d));
  while (direction < 0 && d > 0 && group(days[d - 1]) === group(days[d])) d--;
  return d;
}

/** Scroll one unit on from what is at the top. @param {Controller} ctl @param {'day'|'month'|'year'} unit @param {1|-1} direction (1 = older) */
export function scrollStep(ctl, unit, direction) {
  const L = ctl.L;
  if (!L || !ctl.sk?.n) return;
  const here = ctl.dayAt(ctl.y), isInside = direction < 0 && ctl.y > L.dayTop[here] + 1 && unit === 'day';
  let d = isInside ? here : stepDay(ctl, here, unit, direction);
  while (unit === 'day' && direction > 0 && d < ctl.sk.days.length - 1 && L.dayTop[d] === L.dayTop[here]) d++;
  ctl.goto(L.dayTop[d]);
}
