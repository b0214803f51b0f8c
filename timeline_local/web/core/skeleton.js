// @ts-check
/** The binary skeleton of a query (TLS1): days, counts, and one byte each of shape, kind and colour per memory. */

export const KINDS = ['photo', 'video', 'note', 'visit', 'event', 'audio', 'move', 'message', 'post', 'play', 'health', 'document', 'bookmark'];
export const FAVOURITE = 0x80;
const MAGIC = 0x31534c54;
/** Kinds drawn as chips above the pictures of their day: visit, event, move, play, health. */
const CHIP = new Uint8Array(128);
for (const code of [3, 4, 6, 9, 10]) CHIP[code] = 1;
/** @param {number} code */
export const isChip = (code) => CHIP[code & 0x7f] === 1;

/**
 * `order[position]` is the item at a place on the screen: within its day chips come first, else the server's order.
 * `first[d]..first[d+1]` are the positions of day d; the first `chips[d]` of them are chips.
 * @typedef {{n:number, rev:number, days:Int32Array, counts:Uint32Array, first:Uint32Array, chips:Uint32Array,
 *   ratio:Uint8Array, kind:Uint8Array, tint:Uint8Array, order:Uint32Array, place:Uint32Array}} Skeleton
 */

/** Read the bytes; throws RangeError when they are not a whole skeleton. O(n). @param {ArrayBuffer} buffer @returns {Skeleton} */
export function parseSkeleton(buffer) {
  if (buffer.byteLength < 16) throw new RangeError('The skeleton is too short.');
  const [magic, n, dayCount, rev] = new Uint32Array(buffer, 0, 4);
  if (magic !== MAGIC) throw new RangeError('This is not a skeleton.');
  if (buffer.byteLength < 16 + dayCount * 8 + n * 3) throw new RangeError('The skeleton is cut off.');
  const bytes = 16 + dayCount * 8;
  const skeleton = {
    n, rev,
    days: new Int32Array(buffer, 16, dayCount),
    counts: new Uint32Array(buffer, 16 + dayCount * 4, dayCount),
    first: new Uint32Array(dayCount + 1), chips: new Uint32Array(dayCount),
    ratio: new Uint8Array(buffer, bytes, n),
    kind: new Uint8Array(buffer, bytes + n, n),
    tint: new Uint8Array(buffer, bytes + 2 * n, n),
    order: new Uint32Array(n), place: new Uint32Array(n),
  };
  arrange(skeleton);
  return skeleton;
}

/** Fill first, chips, order and its inverse: a stable partition of each day, chips first. @param {Skeleton} skeleton */
function arrange({ n, counts, first, chips, kind, order, place }) {
  let at = 0;
  for (let d = 0; d < counts.length; d++) {
    const end = Math.min(n, at + counts[d]);
    first[d] = at;
    let next = at;
    for (let i = at; i < end; i++) if (CHIP[kind[i] & 0x7f]) order[next++] = i;
    chips[d] = next - at;
    for (let i = at; i < end; i++) if (!CHIP[kind[i] & 0x7f]) order[next++] = i;
    at = end;
  }
  first[counts.length] = at;
  for (let p = 0; p < n; p++) place[order[p]] = p;
}

/** The day (index) that holds a position. @param {Skeleton} skeleton @param {number} position */
export const dayOf = (skeleton, position) => lastAtMost(skeleton.first, skeleton.days.length, position);

/** The index of the shelf at or just before a calendar day (newest first); the last dated day when older than all. @param {Skeleton} skeleton @param {number} day */
export function findDay(skeleton, day) {
  const { days } = skeleton;
  let lo = 0, hi = days.length - 1, found = days.length - 1;
  while (lo <= hi) {
    const middle = (lo + hi) >> 1;
    if (days[middle] <= day) { found = middle; hi = middle - 1; } else lo = middle + 1;
  }
  return Math.max(0, found);
}

/** Last index below `length` whose value is at most `value`, or 0. @param {ArrayLike<number>} sorted @param {number} length @param {number} value */
export function lastAtMost(sorted, length, value) {
  let lo = 0, hi = length - 1, found = 0;
  while (lo <= hi) {
    const middle = (lo + hi) >> 1;
    if (sorted[middle] <= value) { found = middle; lo = middle + 1; } else hi = middle - 1;
  }
  return found;
}

/** "rgb(…)" of an RGB332 byte. @param {number} tint */
export const tintColour = (tint) => `rgb(${Math.round((tint >> 5) * 36.43)} ${Math.round(((tint >> 2) & 7) * 36.43)} ${(tint & 3) * 85})`;
