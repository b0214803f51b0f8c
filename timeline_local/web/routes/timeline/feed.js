// @ts-check
/** What the parts of the timeline share: the controller, its signals, the focus and the selection. */
import { computed, signal } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { TimelineController } from '../../core/controller.js';
import { CHUNK } from '../../core/chunks.js';
import { monthLabel } from '../../core/dates.js';
import { navigate, route } from '../../core/router.js';
import { bootstrap, saveSettings } from '../../core/session.js';
import { KINDS, parseSkeleton } from '../../core/skeleton.js';

/** Density choices of the settings, and what they do to the height of a row. */
export const DENSITIES = /** @type {Record<string, number>} */ ({ small: 0.72, medium: 1, large: 1.4 });
const MODE_KEY = 'tl-mode';
const mode = signal(/** @type {'grid'|'list'} */ (localStorage.getItem(MODE_KEY) === 'list' ? 'list' : 'grid'));

/** How the feed is drawn: pictures or a list (kept in this browser), and how tall (kept in the settings). */
export const look = computed(() => {
  const density = bootstrap.value?.user?.settings?.density;
  return { mode: mode.value, density: density in DENSITIES ? density : 'medium' };
});

/** @param {{mode?:'grid'|'list', density?:string}} change */
export function setLook(change) {
  if (change.mode) { mode.value = change.mode; localStorage.setItem(MODE_KEY, change.mode); }
  const boot = bootstrap.value;
  if (!change.density || !boot || change.density === look.value.density) return;
  bootstrap.value = { ...boot, user: { ...boot.user, settings: { ...boot.user?.settings, density: change.density } } };
  saveSettings({ density: change.density }).catch(() => {});
}

/** A memory's own page, or the chat a folded day is. @param {import('../../core/chunks.js').Item} item */
export const addressOf = ({ id, conversation, local_at: at }) => (conversation ? `/conversations/${conversation.id}${at ? `?on=${at.slice(0, 10)}` : ''}` : `/m/${id}`);

/** A conversation's day is one tile; who searches, finds every message. @param {string} q */
const asked = (q) => (q ? { q } : { fold: true });

/** @param {string} q @param {RequestCache} cache */
async function fetchSkeleton(q, cache) {
  const answer = await api.raw('/timeline/skeleton', { query: asked(q), headers: { Accept: 'application/octet-stream' }, cache });
  return parseSkeleton(await answer.arrayBuffer());
}

/** @type {{q:string, screen:import('../../core/router.js').Route, skeleton:Promise<import('../../core/skeleton.js').Skeleton>}|null} */
let warmed = null;
/** Ask for the first skeleton while the rest of the page still starts. @param {string} q */
export function warmUp(q) {
  warmed = { q, screen: route.peek(), skeleton: fetchSkeleton(q, 'default') };
  warmed.skeleton.catch(() => {}); // whoever takes it over hears of it
}

/** It counts for the screen it was asked for: a first run passes through setup and an import before it sees its timeline. @param {string} q */
function takeWarm(q) {
  const found = warmed?.q === q && warmed.screen === route.peek() ? warmed.skeleton : null;
  warmed = null;
  return found;
}

export class Feed {
  /** @param {string} q the query whose memories this is ("" = all of them) */
  constructor(q) {
    this.q = q;
    this.ctl = new TimelineController({
      skeleton: (fresh) => (fresh ? null : takeWarm(q)) ?? fetchSkeleton(q, fresh ? 'no-cache' : 'default'),
      items: (from, to, rev, abort) => api.get('/timeline/items', { query: { ...asked(q), from, to, rev }, signal: abort }),
    });
    this.days = signal(/** @type {import('../../core/controller.js').VisibleDay[]} */ ([]));
    this.version = signal(0);
    this.fraction = signal(0);
    this.month = signal('');
    this.focus = signal(-1);
    this.isEntered = computed(() => this.focus.value >= 0);
    this.selected = signal(/** @type {Set<number>} items of the skeleton */ (new Set()));
    this.fresh = signal(0);
    this.status = signal(/** @type {'loading'|'ready'|'empty'|'failed'} */ ('loading'));
    this.problem = signal(/** @type {any} */ (null));
    this.viewing = signal(-1);
    this.lead = -1;
    /** @type {Map<number, import('@preact/signals').Signal<number>>} one signal per chunk: only its tiles draw again */
    this.chunkSignals = new Map();
    this.wire();
  }

  wire() {
    const { ctl } = this;
    ctl.setLook({ mode: look.value.mode, scale: DENSITIES[look.value.density] });
    ctl.onWindow = () => { this.days.value = ctl.days; };
    ctl.onChunk = (c) => { const one = this.chunkSignals.get(c); if (one) one.value++; };
    ctl.onLayout = () => {
      this.version.value++;
      this.status.value = ctl.sk?.n ? 'ready' : 'empty';
      this.focus.value = ctl.focus;
      for (const one of this.chunkSignals.values()) one.value++;
    };
    ctl.onSwap = (next) => this.carryOver(next);
    ctl.onNew = (above) => { this.fresh.value += above; };
  }

  /** New data renumbers everything: keep the selection and the open memory on the same ones. @param {import('../../core/skeleton.js').Skeleton} next */
  carryOver(next) {
    const { ctl } = this, sk = /** @type {any} */ (ctl.sk), last = next.n - 1;
    const same = (/** @type {number} */ position) => ctl.carry(Math.min(position, sk.n - 1), next);
    if (this.selected.value.size) this.selected.value = new Set([...this.selected.value].map((item) => next.order[same(sk.place[item])]).filter((item) => item !== undefined));
    if (this.lead >= 0) this.lead = same(this.lead);
    if (this.viewing.value >= 0) this.viewing.value = last < 0 ? -1 : Math.max(0, Math.min(last, same(this.viewing.value)));
  }

  async load() {
    this.status.value = 'loading';
    try {
      await this.ctl.load();
      this.status.value = this.ctl.sk?.n ? 'ready' : 'empty';
    } catch (failure) {
      this.problem.value = failure;
      this.status.value = 'failed';
    }
  }

  /** Metadata of an item; reading it inside a component subscribes that component to its chunk. @param {number} item */
  item(item) {
    const c = (item / CHUNK) | 0;
    let one = this.chunkSignals.get(c);
    if (!one) this.chunkSignals.set(c, (one = signal(0)));
    one.value;
    return this.ctl.item(item);
  }

  /** Tell the scrubber and the toolbar where we are. */
  reportPosition() {
    const { ctl } = this, d = ctl.dayAt(ctl.y);
    this.fraction.value = ctl.y / Math.max(1, ctl.maxY);
    if (d >= 0 && ctl.sk) this.month.value = monthLabel(ctl.sk.days[d]);
    if (ctl.y < 40) this.fresh.value = 0;
  }

  /** Open what stands at a position: a folded day as a chat, anything else in the viewer. @param {number} position */
  open(position) {
    const item = this.ctl.item(this.itemAt(position));
    if (item?.conversation) navigate(addressOf(item)); else this.viewing.value = position;
  }

  /** @param {number} position */
  setFocus(position) { this.focus.value = this.ctl.focus = position; }

  /** @param {number} position @returns {number} */
  itemAt(position) { return this.ctl.sk?.order[position] ?? -1; }

  /** @param {number} position */
  toggle(position) {
    const next = new Set(this.selected.value), item = this.itemAt(position);
    if (!next.delete(item)) next.add(item);
    this.lead = position;
    this.selected.value = next;
  }

  /** Select everything between the last touched tile and this one. @param {number} position */
  extendTo(position) {
    const next = new Set(this.selected.value), from = this.lead < 0 ? position : this.lead;
    for (let p = Math.min(from, position); p <= Math.max(from, position); p++) next.add(this.itemAt(p));
    this.lead = position;
    this.selected.value = next;
  }

  selectAll() { this.selected.value = new Set(Array.from({ length: this.ctl.sk?.n ?? 0 }, (_, i) => i)); }
  clearSelection() { if (this.selected.value.size) this.selected.value = new Set(); this.lead = -1; }

  /** Memory ids of items, fetching the chunks we do not have. @param {Iterable<number>} items @returns {Promise<string[]>} */
  async idsOf(items) {
    const { ctl } = this, list = [...items], missing = new Set(list.filter((i) => !ctl.item(i)).map((i) => (i / CHUNK) | 0));
    const fetched = new Map();
    for (const c of missing) fetched.set(c, await ctl.source.items(c * CHUNK, Math.min(ctl.chunks.n, (c + 1) * CHUNK), ctl.chunks.rev, new AbortController().signal));
    return list.map((i) => ctl.item(i)?.id ?? fetched.get((i / CHUNK) | 0)?.id[i % CHUNK]).filter(Boolean);
  }

  /** As `idsOf`, with every message of the conversations' days that are folded: for changes. @param {Iterable<number>} items @returns {Promise<string[]>} */
  async wholeIdsOf(items) {
    const list = [...items], ids = new Set(await this.idsOf(list));
    if (list.some((item) => this.mayFold(item))) await import('./folded.js').then(({ addFolded }) => addFolded(this, list, ids));
    return [...ids];
  }

  /** @param {number} item */
  mayFold(item) { return !this.q && KINDS[(this.ctl.sk?.kind[item] ?? 0) & 0x7f] === 'message'; }
}
