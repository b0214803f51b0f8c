// @ts-check
/**
 * Exact timeline geometry from a skeleton, framework-free: justified rows with integer heights (scrollTop snaps to
 * device pixels; fractional tops would make a jump land on the day before), and bands where small days stand side by side.
 */
/** @typedef {import('./skeleton.js').Skeleton} Skeleton */

export const ROW = { TILES: 0, STRIP: 1, LINE: 2 };

/**
 * @typedef {{rowH:number, gap:number, header:number, strip:number, dayGap:number, maxStretch:number, foldChips:number,
 *   chipWidth:number, compactShare:number, compactGap:number, minDayWidth:number, line:number, words:Words}} Options
 * How words are set in a tile, in pixels: one letter, one line, the padding at both sides, and what stands above and below
 * them; `tallest` and `stretch` are in shares of a row.
 * @typedef {{letter:number, line:number, sides:number, around:number, tallest:number, stretch:number}} Words
 * dayTop of the days in one band are equal; dayRow[d]..dayRow[d+1] are the rows of day d. Widths follow rowBase; rowH is
 * the same but for rows of words, which are only as high as their text needs.
 * @typedef {{width:number, total:number, nRows:number, opt:Options, rowTop:Float64Array, rowH:Uint16Array, rowBase:Uint16Array, rowFirst:Uint32Array,
 *   rowCount:Uint32Array, rowType:Uint8Array, dayTop:Float64Array, dayH:Float64Array, dayX:Uint16Array, dayW:Uint16Array, dayRow:Uint32Array}} Layout
 * @typedef {{position:number, item:number, x:number, w:number, kind:number}} Tile
 * @typedef {{row:number, type:number, y:number, h:number, w:number, tiles:Tile[]}} Row
 */

/** @type {Options} */
export const WIDE = {
  rowH: 196, gap: 6, header: 68, strip: 44, dayGap: 28, maxStretch: 1.5, foldChips: 3, chipWidth: 148, compactShare: 0.45, compactGap: 28, minDayWidth: 208, line: 44,
  words: { letter: 8.6, line: 29, sides: 34, around: 70, tallest: 1, stretch: 1.6 },
};
/** @type {Options} */
export const NARROW = {
  ...WIDE, rowH: 112, gap: 4, dayGap: 18, maxStretch: 2, compactGap: 16, minDayWidth: 150,
  words: { letter: 7, line: 21, sides: 26, around: 63, tallest: 1.6, stretch: 2.4 },
};
/** A last row that would have to grow by more than this shares with the row before it… */
const GROWN = 1.15;
/** …rather in one row of this share of the usual height than in two. */
const LOWEST = 0.68;

/** What holds text and grows with it. */
const TEXT = /** @type {const} */ (['header', 'strip', 'chipWidth', 'minDayWidth', 'line']);

/** Options for a feed width, `scale` being the density chosen by the user and `text` the size of text (1 = normal). @param {number} width @param {number} [scale] @param {number} [text] @returns {Options} */
export function optionsFor(width, scale = 1, text = 1) {
  const base = width < 560 ? NARROW : WIDE;
  if (scale === 1 && text === 1) return base;
  const { letter, line, around } = base.words;
  const opt = { ...base, rowH: Math.round(base.rowH * scale), words: { ...base.words, letter: letter * text, line: line * text, around: around * text, tallest: base.words.tallest * Math.max(1, text) } };
  for (const name of TEXT) opt[name] = Math.round(base[name] * text);
  return opt;
}

/** @param {number} rows @param {number} dayCount @param {number} width @param {Options} opt @returns {Layout} */
function empty(rows, dayCount, width, opt) {
  return {
    width, total: 0, nRows: 0, opt,
    rowTop: new Float64Array(rows), rowH: new Uint16Array(rows), rowBase: new Uint16Array(rows), rowFirst: new Uint32Array(rows),
    rowCount: new Uint32Array(rows), rowType: new Uint8Array(rows),
    dayTop: new Float64Array(dayCount + 1), dayH: new Float64Array(dayCount), dayX: new Uint16Array(dayCount),
    dayW: new Uint16Array(dayCount), dayRow: new Uint32Array(dayCount + 1),
  };
}

/** @param {Layout} L @param {number} top @param {number} height @param {number} first @param {number} count @param {number} type @param {number} [base] */
function addRow(L, top, height, first, count, type, base = height) {
  const r = L.nRows++;
  L.rowTop[r] = top; L.rowH[r] = height; L.rowBase[r] = base; L.rowFirst[r] = first; L.rowCount[r] = count; L.rowType[r] = type;
}

/**
 * Lay out everything. O(n), about 3 ms for 100 000 memories.
 * `unfolded` holds day numbers whose folded chips the user asked to see.
 * @param {Skeleton} sk @param {number} width @param {Options} [opt] @param {Set<number>} [unfolded] @returns {Layout}
 */
export function computeLayout(sk, width, opt = optionsFor(width), unfolded = new Set()) {
  const dayCount = sk.days.length;
  const L = empty(sk.n + dayCount * 2 + 8, dayCount, width, opt);
  let y = 0;
  for (let d = 0; d < dayCount;) {
    const end = bandEnd(sk, d, width, opt, unfolded);
    const height = end - d > 1 ? placeBand(sk, L, d, end, y, unfolded) : placeDay(sk, L, d, y, unfolded);
    y += height;
    d = end;
  }
  L.dayTop[dayCount] = y;
  L.dayRow[dayCount] = L.nRows;
  L.total = y;
  return L;
}

/** How many chips of the day stand in a strip: none when folded into the meta line. @param {Skeleton} sk @param {number} d @param {Options} opt @param {Set<number>} unfolded */
function shownChips(sk, d, opt, unfolded) {
  const chips = sk.chips[d];
  return chips > opt.foldChips && !unfolded.has(sk.days[d]) ? 0 : chips;
}

/** Width the day needs as one row of a band, or 0 when it deserves the full width. @param {Skeleton} sk @param {number} d @param {number} width @param {Options} opt @param {Set<number>} unfolded */
function compactWidth(sk, d, width, opt, unfolded) {
  const limit = width * opt.compactShare, from = sk.first[d] + sk.chips[d], end = sk.first[d + 1];
  if (end - from > 12 || (sk.chips[d] > opt.foldChips && unfolded.has(sk.days[d]))) return 0;
  let pixels = 0;
  for (let p = from; p < end; p++) {
    pixels += Math.round((sk.ratio[sk.order[p]] / 50) * opt.rowH) + (p > from ? opt.gap : 0);
    if (pixels >= limit) return 0;
  }
  const chips = shownChips(sk, d, opt, unfolded);
  const strip = Math.min(chips * opt.chipWidth, Math.max(pixels, 2 * opt.chipWidth));
  const wanted = Math.max(pixels, strip, opt.minDayWidth);
  return wanted < limit ? wanted : 0;
}

/** The end (exclusive) of the band that starts with day d; d + 1 when the day stands alone. @param {Skeleton} sk @param {number} d @param {number} width @param {Options} opt @param {Set<number>} unfolded */
function bandEnd(sk, d, width, opt, unfolded) {
  let used = compactWidth(sk, d, width, opt, unfolded), end = d + 1;
  if (used === 0) return end;
  while (end < sk.days.length) {
    const next = compactWidth(sk, end, width, opt, unfolded);
    if (next === 0 || used + opt.compactGap + next > width) break;
    used += opt.compactGap + next;
    end++;
  }
  return end;
}

/** Small days side by side, grown together to fill the width: tiles on one line, chips below them. Returns the height. @param {Skeleton} sk @param {Layout} L @param {number} d0 @param {number} d1 @param {number} y @param {Set<number>} unfolded */
function placeBand(sk, L, d0, d1, y, unfolded) {
  const { opt, width } = L, free = width - (d1 - d0 - 1) * opt.compactGap;
  let wanted = 0, x = 0, bottom = opt.header;
  for (let d = d0; d < d1; d++) wanted += compactWidth(sk, d, width, opt, unfolded);
  const scale = Math.min(opt.maxStretch, free / wanted), base = Math.round(opt.rowH * scale);
  for (let d = d0; d < d1; d++) {
    const first = sk.first[d], chips = shownChips(sk, d, opt, unfolded), from = first + sk.chips[d], end = sk.first[d + 1];
    L.dayTop[d] = y; L.dayRow[d] = L.nRows; L.dayX[d] = x;
    L.dayW[d] = Math.floor(Math.min(compactWidth(sk, d, width, opt, unfolded) * scale, width - x));
    const high = end > from ? heightOf(sk, opt, from, end, base) : 0, below = opt.header + (high ? high + opt.gap : 0);
    if (chips) addRow(L, y + below, opt.strip, first, chips, ROW.STRIP);
    if (high) addRow(L, y + opt.header, high, from, end - from, ROW.TILES, base);
    bottom = Math.max(bottom, below + (chips ? opt.strip + opt.gap : 0));
    x += L.dayW[d] + opt.compactGap;
  }
  for (let d = d0; d < d1; d++) L.dayH[d] = bottom + opt.dayGap;
  return bottom + opt.dayGap;
}

/** One day over the full width. Returns its height. @param {Skeleton} sk @param {Layout} L @param {number} d @param {number} top @param {Set<number>} unfolded */
function placeDay(sk, L, d, top, unfolded) {
  const { opt, width } = L, chips = shownChips(sk, d, opt, unfolded);
  L.dayTop[d] = top; L.dayRow[d] = L.nRows; L.dayX[d] = 0; L.dayW[d] = width;
  let y = top + opt.header;
  if (chips) { addRow(L, y, opt.strip, sk.first[d], chips, ROW.STRIP); y += opt.strip + opt.gap; }
  y = justify(sk, L, sk.first[d] + sk.chips[d], sk.first[d + 1], y);
  L.dayH[d] = y + opt.dayGap - top;
  return L.dayH[d];
}

/** Greedy justified rows for positions [from, end); a last row that stays short shares with the one before. Returns the y below them. @param {Skeleton} sk @param {Layout} L @param {number} from @param {number} end @param {number} y */
function justify(sk, L, from, end, y) {
  let before = -1, yBefore = y;
  for (let p = from; p < end;) {
    const k = breakAfter(sk, L, p, end);
    if (k === end && before >= 0 && fullHeight(sk, L, p, k) > L.opt.rowH * GROWN) {
      L.nRows--;
      return balance(sk, L, before, end, yBefore);
    }
    before = p; yBefore = y;
    y = place(sk, L, p, k, y);
    p = k;
  }
  return y;
}

/** Where the row that starts at p ends (exclusive): as near to the width as it gets. @param {Skeleton} sk @param {Layout} L @param {number} p @param {number} end */
function breakAfter(sk, L, p, end) {
  const { rowH: H, gap } = L.opt, { order, ratio } = sk, target = L.width / H, gapShare = gap / H;
  let sum = 0, k = p;
  while (k < end && k - p < 60) {
    const next = sum + ratio[order[k]] / 50 + (k > p ? gapShare : 0);
    if (k > p && next > target && next - target > target - sum) break;
    sum = next; k++;
    if (sum >= target) break;
  }
  return k;
}

/** The tiles of the last two rows once more: in one low row when that is possible, else in two of about the same weight. @param {Skeleton} sk @param {Layout} L @param {number} from @param {number} end @param {number} y */
function balance(sk, L, from, end, y) {
  if (fullHeight(sk, L, from, end) >= L.opt.rowH * LOWEST) return place(sk, L, from, end, y);
  const half = ratioSum(sk, from, end) / 2;
  let split = from, sum = 0;
  while (split < end - 1) {
    const next = sk.ratio[sk.order[split]] / 50;
    if (split > from && Math.abs(half - sum) <= Math.abs(half - sum - next)) break;
    sum += next; split++;
  }
  return place(sk, L, split, end, place(sk, L, from, split, y));
}

/** One row over the full width where its tiles reach that far. Returns the y below it. @param {Skeleton} sk @param {Layout} L @param {number} p @param {number} k @param {number} y */
function place(sk, L, p, k, y) {
  const { opt } = L, most = isWords(sk, p, k) ? Math.max(opt.maxStretch, opt.words.stretch) : opt.maxStretch;
  const base = Math.round(Math.min(fullHeight(sk, L, p, k), opt.rowH * most)), height = heightOf(sk, opt, p, k, base);
  addRow(L, y, height, p, k - p, ROW.TILES, base);
  return y + height + opt.gap;
}

/** Sum of width by height. @param {Skeleton} sk @param {number} p @param {number} k */
function ratioSum(sk, p, k) {
  let sum = 0;
  for (let q = p; q < k; q++) sum += sk.ratio[sk.order[q]];
  return sum / 50;
}

/** The height at which the tiles [p, k) fill the width. @param {Skeleton} sk @param {Layout} L @param {number} p @param {number} k */
const fullHeight = (sk, L, p, k) => (L.width - (k - p - 1) * L.opt.gap) / ratioSum(sk, p, k);

/** Nothing but words in [p, k). @param {Skeleton} sk @param {number} p @param {number} k */
function isWords(sk, p, k) {
  for (let q = p; q < k; q++) if ((sk.kind[sk.order[q]] & 0x7f) <= LAST_PICTURE) return false;
  return true;
}
/** Photo 0 and video 1; everything after them is words. */
const LAST_PICTURE = 1;

/** Most letters of a note by its ratio in tens, from 50 on: the steps of domain/tiles.py, and a screenful for longer ones. */
const LETTERS = [30, 55, 80, 120, 180, 280, 420];
/** @param {number} ratio */
const lettersOf = (ratio) => LETTERS[Math.max(0, Math.min(LETTERS.length - 1, Math.ceil(ratio / 10) - 5))];

/** How high a row must be: `base`, but only what the longest text needs when there are no pictures. @param {Skeleton} sk @param {Options} opt @param {number} p @param {number} k @param {number} base */
function heightOf(sk, opt, p, k, base) {
  if (!isWords(sk, p, k)) return base;
  const { letter, line, sides, around, tallest } = opt.words;
  let height = 0;
  for (let q = p; q < k; q++) {
    const ratio = sk.ratio[sk.order[q]], lines = Math.ceil((lettersOf(ratio) * letter) / Math.max(40, (ratio / 50) * base - sides));
    height = Math.max(height, around + lines * line);
  }
  return Math.round(Math.min(height, Math.max(opt.rowH * tallest, around + 2 * line)));
}

/** List mode: one line per memory, the same days. @param {Skeleton} sk @param {number} width @param {Options} [opt] @returns {Layout} */
export function computeList(sk, width, opt = optionsFor(width)) {
  const L = empty(sk.n + 1, sk.days.length, width, opt);
  let y = 0;
  for (let d = 0; d < sk.days.length; d++) {
    L.dayTop[d] = y; L.dayRow[d] = L.nRows; L.dayW[d] = width;
    let at = y + opt.header;
    for (let p = sk.first[d]; p < sk.first[d + 1]; p++, at += opt.line) addRow(L, at, opt.line, p, 1, ROW.LINE);
    L.dayH[d] = at + opt.dayGap - y;
    y = at + opt.dayGap;
  }
  L.dayTop[sk.days.length] = y; L.dayRow[sk.days.length] = L.nRows; L.total = y;
  return L;
}

/** The tiles of one row; x is measured inside its day. @param {Skeleton} sk @param {Layout} L @param {number} r @param {number} d its day @returns {Row} */
export function buildRow(sk, L, r, d) {
  const first = L.rowFirst[r], count = L.rowCount[r], h = L.rowH[r], base = L.rowBase[r], type = L.rowType[r], width = L.dayW[d];
  /** @type {Tile[]} */
  const tiles = new Array(count);
  let x = 0;
  for (let k = 0; k < count; k++) {
    const item = sk.order[first + k];
    let w = type === ROW.TILES ? Math.round((sk.ratio[item] / 50) * base) : width;
    if (type === ROW.TILES && k === count - 1 && Math.abs(x + w - width) < 14) w = width - x;
    tiles[k] = { position: first + k, item, x, w: Math.min(w, width), kind: sk.kind[item] & 0x7f };
    x += w + L.opt.gap;
  }
  return { row: r, type, y: L.rowTop[r] - L.dayTop[d], h, w: width, tiles };
}
