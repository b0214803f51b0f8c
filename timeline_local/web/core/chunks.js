// @ts-check
/** Metadata of the skeleton's items, fetched in chunks of 256 for what is on screen, aborted for what has left it. */

export const CHUNK = 256;
const KEPT = 60;

/** @typedef {{id:string, kind:number, local_at:string|null, utc_offset_min:number|null, zone:string|null, title:string, text:string, marks:number[]|null, grid:string|null,
 *   placeholder:string|null, duration_ms:number|null, location:string|null, favourite:boolean, live:boolean, precision:string,
 *   conversation:{id:string, name:string, count:number, first:string, people:string[]}|null}} Item  conversation: its day is folded into this tile */

export class Chunks {
  /** @param {(from:number, to:number, rev:number, abort:AbortSignal) => Promise<any>} load @param {{onChunk:(c:number)=>void, onStale:()=>void}} hooks */
  constructor(load, hooks) {
    this.load = load;
    this.hooks = hooks;
    /** @type {Map<number, any>} */ this.have = new Map();
    /** @type {Map<number, AbortController>} */ this.flying = new Map();
    this.n = 0; this.rev = 0;
  }

  /** Start over for another skeleton. `have` may bring chunks that were already fetched for it. @param {number} n @param {number} rev @param {Map<number, any>} [have] */
  reset(n, rev, have = new Map()) {
    this.abortAll();
    this.n = n; this.rev = rev; this.have = have;
  }

  abortAll() {
    for (const controller of this.flying.values()) controller.abort();
    this.flying.clear();
  }

  /** Fetch the chunks that `wanted` names and drop the ones nobody waits for any more. @param {Set<number>} wanted */
  want(wanted) {
    for (const [c, controller] of this.flying) if (!wanted.has(c)) { controller.abort(); this.flying.delete(c); }
    for (const c of wanted) if (!this.have.has(c) && !this.flying.has(c)) this.fetch(c);
  }

  /** @param {number} c */
  async fetch(c) {
    const controller = new AbortController();
    this.flying.set(c, controller);
    try {
      const columns = await this.load(c * CHUNK, Math.min(this.n, (c + 1) * CHUNK), this.rev, controller.signal);
      if (this.flying.get(c) !== controller) return;
      this.keep(c, columns);
      this.hooks.onChunk(c);
    } catch (failure) {
      if (/** @type {any} */ (failure).slug === 'stale-revision') this.hooks.onStale();
    } finally {
      if (this.flying.get(c) === controller) this.flying.delete(c);
    }
  }

  /** @param {number} c @param {any} columns */
  keep(c, columns) {
    this.have.delete(c);
    this.have.set(c, columns);
    if (this.have.size > KEPT) {
      const oldest = this.have.keys().next().value;
      if (oldest !== undefined && oldest !== c) this.have.delete(oldest);
    }
  }

  /** @param {number} index @returns {Item|null} null while unknown */
  item(index) {
    const columns = this.have.get((index / CHUNK) | 0);
    if (!columns) return null;
    const k = index % CHUNK;
    if (columns.id[k] === undefined) return null;
    /** @type {any} */
    const one = {};
    for (const name of NAMES) one[name] = columns[name]?.[k] ?? null;
    return one;
  }

  /** Write a change the user just made into what we hold. @param {number} index @param {Partial<Item>} change */
  patch(index, change) {
    const columns = this.have.get((index / CHUNK) | 0);
    if (!columns) return;
    for (const [name, value] of Object.entries(change)) if (columns[name]) columns[name][index % CHUNK] = value;
    this.hooks.onChunk((index / CHUNK) | 0);
  }
}

const NAMES = ['id', 'kind', 'local_at', 'utc_offset_min', 'zone', 'title', 'text', 'marks', 'grid', 'placeholder', 'duration_ms', 'location', 'favourite', 'live', 'precision', 'conversation'];

/**
 * A text in pieces, every second one, from the second on, what was searched for.
 * @param {string} text @param {number[]} marks where hits begin and end, in characters @returns {string[]}
 */
export function pieces(text, marks) {
  const letters = [...text], ends = [...marks, letters.length];
  return ends.map((end, k) => letters.slice(k ? ends[k - 1] : 0, end).join(''));
}
