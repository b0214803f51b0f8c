// @ts-check
/**
 * Scroll maths of the timeline: the visible window, positions that survive everything, and which metadata to fetch.
 * The view only renders `days`. Element heights are capped by browsers (about 17.9 M px in Firefox, 33.5 M in Chromium),
 * so the spacer never exceeds MAX_PX and `offset` says which part of the layout it stands for.
 */
import { CHUNK, Chunks } from './chunks.js';
import { buildRow, computeLayout, computeList, optionsFor } from './layout.js';
import { dayOf, findDay, lastAtMost } from './skeleton.js';

export const MAX_PX = 12_000_000;
const EDGE_PX = 1_000_000;
const OVERSCAN_PX = 700;
const FAST_PX_PER_MS = 6;
const SETTLE_MS = 90;

/** @typedef {import('./skeleton.js').Skeleton} Skeleton @typedef {import('./layout.js').Layout} Layout @typedef {import('./layout.js').Row} Row */
/** @typedef {{d:number, top:number, h:number, x:number, w:number, rows:Row[]}} VisibleDay */
/** A place in the timeline that new data and new widths do not move. @typedef {{day:number, fromEnd:number, px:number}} Anchor */

export class TimelineController {
  /** @param {{items:(from:number,to:number,rev:number,abort:AbortSignal)=>Promise<any>, skeleton:(fresh:boolean)=>Promise<Skeleton>}} source */
  constructor(source) {
    this.source = source;
    this.onWindow = () => {}; this.onPosition = () => {}; this.onLayout = () => {};
    this.onChunk = (/** @type {number} */ _c) => {};
    this.stretch = (/** @type {number} */ _height) => {};
    this.onNew = (/** @type {number} */ _above) => {};
    this.onSwap = (/** @type {Skeleton} */ _next) => {};
    this.chunks = new Chunks(source.items, { onChunk: (c) => this.onChunk(c), onStale: () => this.refresh() });
    /** @type {Skeleton|null} */ this.sk = null;
    /** @type {Layout|null} */ this.L = null;
    /** @type {HTMLElement|null} */ this.scroller = null;
    /** @type {VisibleDay[]} */ this.days = [];
    /** @type {Map<number, Row>} */ this.rowCache = new Map();
    /** @type {Set<number>} day numbers whose folded chips are open */ this.unfolded = new Set();
    this.mode = /** @type {'grid'|'list'} */ ('grid');
    this.scale = 1; this.text = 1; this.width = 0; this.vh = 800; this.offset = 0;
    this.focus = -1; this.first = -1; this.last = -1;
    this.frame = 0; this.timer = 0; this.lastY = 0; this.lastT = 0; this.speed = 0;
    this.refreshing = false; this.again = false; this.key = -1;
    /** True while the scrubber is held: metadata is fetched when it rests or is let go. */ this.coasting = false;
  }

  // ---- data

  async load() { this.adopt(await this.source.skeleton(false)); return this.sk; }

  /** @param {Skeleton} sk @param {Map<number, any>} [have] */
  adopt(sk, have) {
    this.sk = sk;
    this.chunks.reset(sk.n, sk.rev, have);
    this.L = null;
    this.rowCache.clear();
    if (this.width) this.relayout(this.width);
  }

  /** Fetch the skeleton again and swap it in without moving what is on the screen; tells onNew how many came in above. */
  async refresh() {
    if (this.refreshing) { this.again = true; return; }
    this.refreshing = true;
    try {
      const next = await this.source.skeleton(true);
      if (!this.sk || next.rev !== this.sk.rev || next.n !== this.sk.n) await this.swap(next);
    } finally {
      this.refreshing = false;
      if (this.again) { this.again = false; setTimeout(() => this.refresh(), 400); }
    }
  }

  /** @param {Skeleton} next */
  async swap(next) {
    const have = await this.prefetch(next);
    const anchor = this.L && this.y > 4 ? this.anchor() : null;
    const before = anchor ? this.locate(anchor) : -1;
    if (this.sk && this.focus >= 0) this.focus = this.carry(this.focus, next);
    this.onSwap(next);
    this.sk = next;
    this.chunks.reset(next.n, next.rev, have);
    this.layout();
    if (anchor) this.toAnchor(anchor); else this.goto(0);
    const after = anchor ? this.locate(anchor) : -1;
    if (anchor && after > before) this.onNew(after - before);
  }

  /** The same memory's position in the next skeleton, counted from the old end of its day. @param {number} position @param {Skeleton} next */
  carry(position, next) {
    const sk = /** @type {Skeleton} */ (this.sk), d = dayOf(sk, position), to = findDay(next, sk.days[d]);
    if (next.days[to] !== sk.days[d]) return -1;
    return Math.max(next.first[to], next.first[to + 1] - (sk.first[d + 1] - position));
  }

  /** Chunks around what is visible now, as they will be in `next`, so that the swap shows no empty tiles. @param {Skeleton} next */
  async prefetch(next) {
    const have = new Map();
    if (!this.sk || !this.L || next.n === 0) return have;
    const abort = new AbortController();
    const at = this.y > 4 ? this.carry(this.L.rowFirst[Math.max(0, this.first)] ?? 0, next) : 0;
    const c = (Math.max(0, at) / CHUNK) | 0;
    const wanted = [c, c + 1].filter((one) => one * CHUNK < next.n);
    await Promise.all(wanted.map(async (one) => {
      try { have.set(one, await this.source.items(one * CHUNK, Math.min(next.n, (one + 1) * CHUNK), next.rev, abort.signal)); } catch { /* shown as a placeholder instead */ }
    }));
    return have;
  }

  // ---- layout

  /** @param {number} width */
  relayout(width) {
    if (width < 50) return;
    this.width = width;
    if (!this.sk) return;
    const anchor = this.L ? this.anchor() : null;
    this.layout();
    if (anchor) this.toAnchor(anchor); else this.update(true);
  }

  layout() {
    const sk = /** @type {Skeleton} */ (this.sk), opt = optionsFor(this.width, this.scale, this.text);
    this.L = this.mode === 'list' ? computeList(sk, this.width, opt) : computeLayout(sk, this.width, opt, this.unfolded);
    this.rowCache.clear();
    this.first = this.last = -1;
    this.stretch(this.spacer); // before any scrolling: a browser clamps scrollTop to the height there is
    this.onLayout();
  }

  /** @param {{mode?:'grid'|'list', scale?:number}} look */
  setLook({ mode = this.mode, scale = this.scale }) {
    if (mode === this.mode && scale === this.scale) return;
    this.mode = mode; this.scale = scale;
    if (this.width) this.relayout(this.width);
  }

  /** Show or fold the chips of one day (its number). @param {number} day */
  toggleChips(day) {
    if (!this.unfolded.delete(day)) this.unfolded.add(day);
    this.relayout(this.width);
  }

  // ---- scrolling

  get total() { return this.L?.total ?? 0; }
  get spacer() { return Math.min(this.total, MAX_PX); }
  get y() { return (this.scroller ? this.scroller.scrollTop : 0) + this.offset; }
  get maxY() { return Math.max(0, this.total - this.vh); }

  /** @param {HTMLElement} element the scrolling one @param {HTMLElement} [spacer] its only child, as tall as the timeline */
  attach(element, spacer) {
    this.scroller = element;
    this.stretch = (/** @type {number} */ height) => { if (spacer) spacer.style.height = `${height}px`; };
    this.vh = element.clientHeight;
    const schedule = () => { if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.update(false); }); };
    element.addEventListener('scroll', schedule, { passive: true });
    return () => { element.removeEventListener('scroll', schedule); cancelAnimationFrame(this.frame); clearTimeout(this.timer); this.chunks.abortAll(); };
  }

  /** @param {number} y in layout pixels */
  goto(y) {
    if (!this.scroller || !this.L) return;
    const wanted = Math.max(0, Math.min(this.maxY, Math.round(y))), spacer = this.spacer, half = spacer / 2;
    if (this.total <= spacer) this.offset = 0;
    else this.offset = wanted < half ? 0 : wanted > this.total - half ? this.total - spacer : Math.round(wanted - half);
    this.scroller.scrollTop = wanted - this.offset;
    this.update(true);
  }

  rebase() {
    if (!this.scroller || this.total <= MAX_PX) return;
    const top = this.scroller.scrollTop, spacer = this.spacer;
    const nearTop = top < EDGE_PX && this.offset > 0;
    const nearEnd = top > spacer - EDGE_PX - this.vh && this.offset < this.total - spacer;
    if (nearTop || nearEnd) this.goto(this.y);
  }

  // ---- positions

  /** @returns {Anchor} */
  anchor() {
    const L = /** @type {Layout} */ (this.L), sk = /** @type {Skeleton} */ (this.sk), y = this.y, d = this.dayAt(y);
    if (d < 0) return { day: 0, fromEnd: 0, px: 0 };
    let row = -1;
    for (let r = this.rowAtLeast(d, y); r < L.dayRow[d + 1] && row < 0; r++) if (L.rowTop[r] + L.rowH[r] > y) row = r;
    const inHeader = row < 0 || y < L.dayTop[d] + L.opt.header;
    if (inHeader) return { day: sk.days[d], fromEnd: -1, px: y - L.dayTop[d] };
    return { day: sk.days[d], fromEnd: sk.first[d + 1] - L.rowFirst[row], px: y - L.rowTop[row] };
  }

  /** @param {Anchor} anchor */
  toAnchor({ day, fromEnd, px }) {
    const L = /** @type {Layout} */ (this.L), sk = /** @type {Skeleton} */ (this.sk);
    if (!sk.n) return this.goto(0);
    const d = findDay(sk, day);
    const r = fromEnd > 0 && sk.days[d] === day ? this.rowOf(Math.max(sk.first[d], sk.first[d + 1] - fromEnd)) : -1;
    this.goto(r < 0 ? L.dayTop[d] + Math.min(px, L.dayH[d]) : L.rowTop[r] + Math.min(px, L.rowH[r]));
  }

  /** The position an anchor points at, in the present skeleton. @param {Anchor} anchor */
  locate({ day, fromEnd }) {
    const sk = /** @type {Skeleton} */ (this.sk), d = findDay(sk, day);
    return sk.n === 0 ? 0 : fromEnd > 0 ? sk.first[d + 1] - fromEnd : sk.first[d];
  }

  /** What history.state keeps: the day and how far into it, exact to the pixel for the same width. */
  saved() {
    const L = /** @type {Layout} */ (this.L), sk = /** @type {Skeleton} */ (this.sk), d = this.dayAt(this.y);
    return d < 0 ? null : { day: sk.days[d], px: Math.round(this.y - L.dayTop[d]) };
  }

  /** @param {{day:number, px:number}} place */
  restore({ day, px }) {
    if (!this.sk?.n || !this.L) return;
    const d = findDay(this.sk, day);
    this.goto(this.L.dayTop[d] + (this.sk.days[d] === day ? px : 0));
  }

  /** First day of the band at a height, −1 when empty. @param {number} y */
  dayAt(y) {
    const L = this.L;
    if (!L || L.dayH.length === 0) return -1;
    let d = lastAtMost(L.dayTop, L.dayH.length, y);
    while (d > 0 && L.dayTop[d - 1] === L.dayTop[d]) d--;
    return d;
  }

  /** Bring a calendar day (number) to the top. @param {number} day */
  gotoDay(day) { this.restore({ day, px: 0 }); }

  // ---- the window

  /** First row of day d that may reach down to y. @param {number} d @param {number} y */
  rowAtLeast(d, y) {
    const L = /** @type {Layout} */ (this.L), a = L.dayRow[d], b = L.dayRow[d + 1];
    if (b - a < 4) return a;
    let lo = a, hi = b - 1;
    while (lo < hi) { const m = (lo + hi) >> 1; if (L.rowTop[m] + L.rowH[m] < y) lo = m + 1; else hi = m; }
    return lo;
  }

  /** @param {boolean} force */
  update(force) {
    if (!this.L || !this.sk || !this.scroller) return;
    this.rebase();
    const now = performance.now(), y = this.y;
    this.speed = Math.abs(y - this.lastY) / Math.max(1, now - this.lastT);
    this.lastY = y; this.lastT = now;
    this.show(y, force);
    this.onPosition();
    clearTimeout(this.timer);
    if (!this.coasting && (this.speed < FAST_PX_PER_MS || force)) this.fetchVisible();
    else this.timer = window.setTimeout(() => this.fetchVisible(), SETTLE_MS);
  }

  /** @param {number} y @param {boolean} force */
  show(y, force) {
    const L = /** @type {Layout} */ (this.L), top = Math.max(0, y - OVERSCAN_PX), bottom = y + this.vh + OVERSCAN_PX;
    const d0 = this.dayAt(top);
    if (d0 < 0) { this.days = []; this.first = this.last = -1; return this.onWindow(); }
    const d1 = lastAtMost(L.dayTop, L.dayH.length, bottom);
    /** @type {VisibleDay[]} */
    const days = [];
    let first = -1, last = -1;
    for (let d = d0; d <= d1; d++) {
      const rows = [];
      for (let r = this.rowAtLeast(d, top); r < L.dayRow[d + 1]; r++) {
        if (L.rowTop[r] > bottom && L.dayRow[d + 1] - L.dayRow[d] >= 4) break;
        rows.push(r);
        if (first < 0) first = r;
        last = r;
      }
      days.push(this.visibleDay(d, rows));
    }
    const key = d0 * 4096 + d1;
    if (!force && first === this.first && last === this.last && key === this.key) return;
    this.key = key; this.first = first; this.last = last;
    this.keepFocused(days, first, last);
    this.trimCache();
    this.days = days;
    this.onWindow();
  }

  /** @param {number} d @param {number[]} rows @returns {VisibleDay} */
  visibleDay(d, rows) {
    const L = /** @type {Layout} */ (this.L);
    return { d, top: L.dayTop[d] - this.offset, h: L.dayH[d], x: L.dayX[d], w: L.dayW[d], rows: rows.map((r) => this.row(r, d)) };
  }

  /** @param {number} r @param {number} d */
  row(r, d) {
    let row = this.rowCache.get(r);
    if (!row) this.rowCache.set(r, (row = buildRow(/** @type {Skeleton} */ (this.sk), /** @type {Layout} */ (this.L), r, d)));
    return row;
  }

  /** The row with the focus stays mounted however far away it is, or the keyboard would lose its place. @param {VisibleDay[]} days @param {number} first @param {number} last */
  keepFocused(days, first, last) {
    if (this.focus < 0) return;
    const r = this.rowOf(this.focus);
    if (r < 0 || (r >= first && r <= last)) return;
    const d = dayOf(/** @type {Skeleton} */ (this.sk), this.focus), there = days.find((day) => day.d === d);
    if (there) there.rows[r < first ? 'unshift' : 'push'](this.row(r, d));
    else days[r < first ? 'unshift' : 'push'](this.visibleDay(d, [r]));
  }

  trimCache() {
    if (this.rowCache.size < 1200) return;
    for (const r of this.rowCache.keys()) if (r < this.first - 200 || r > this.last + 200) this.rowCache.delete(r);
  }

  fetchVisible() {
    const L = this.L, sk = this.sk;
    if (!L || !sk || this.first < 0) return;
    const wanted = new Set();
    for (let r = this.first; r <= this.last; r++) {
      const from = sk.order[L.rowFirst[r]], to = sk.order[L.rowFirst[r] + L.rowCount[r] - 1];
      for (let c = (from / CHUNK) | 0; c * CHUNK <= to; c++) wanted.add(c);
    }
    this.chunks.want(wanted);
  }

  /** @param {number} item */
  item(item) { return this.chunks.item(item); }

  /** The row that shows a position, −1 while it is folded into the meta line. @param {number} position */
  rowOf(position) {
    const L = /** @type {Layout} */ (this.L), r = lastAtMost(L.rowFirst, L.nRows, position);
    return L.nRows > 0 && position >= L.rowFirst[r] && position < L.rowFirst[r] + L.rowCount[r] ? r : -1;
  }
}
