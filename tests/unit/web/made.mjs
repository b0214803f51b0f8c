// Skeletons made from plain words: days of [kind, ratio] pairs.
import { parseSkeleton } from '../../../timeline_local/web/core/skeleton.js';

const KIND = { photo: 0, video: 1, note: 2, visit: 3, event: 4 };

/** @param {{day:number, items:[string, number][]}[]} days newest first */
export function bytesOf(days, rev = 1) {
  const items = days.flatMap(({ items }) => items), n = items.length;
  const buffer = new ArrayBuffer(16 + days.length * 8 + n * 3);
  new Uint32Array(buffer, 0, 4).set([0x31534c54, n, days.length, rev]);
  new Int32Array(buffer, 16, days.length).set(days.map(({ day }) => day));
  new Uint32Array(buffer, 16 + days.length * 4, days.length).set(days.map(({ items }) => items.length));
  const at = 16 + days.length * 8;
  new Uint8Array(buffer, at, n).set(items.map(([, ratio]) => ratio));
  new Uint8Array(buffer, at + n, n).set(items.map(([kind]) => KIND[kind]));
  new Uint8Array(buffer, at + 2 * n, n).set(items.map((_, i) => i % 256));
  return buffer;
}

export const skeletonOf = (days, rev) => parseSkeleton(bytesOf(days, rev));
export const photos = (count, ratio = 75) => Array.from({ length: count }, () => /** @type {[string, number]} */ (['photo', ratio]));

/** A library of `count` days with `each` photos, newest first. */
export const library = (count, each, newest = 20000) => Array.from({ length: count }, (_, d) => ({ day: newest - d, items: photos(each, 60 + ((d * 7) % 60)) }));

/** A stand-in for the scrolling element. */
export function scroller(height = 800) {
  let top = 0;
  return { clientHeight: height, get scrollTop() { return top; }, set scrollTop(value) { top = Math.max(0, Math.round(value)); }, addEventListener() {}, removeEventListener() {} };
}

/** A controller over skeletons given in turn; every request for items is remembered. */
export async function controllerOver(Controller, skeletons, width = 1100) {
  const asked = [];
  const queue = [...skeletons];
  const ctl = new Controller({
    skeleton: async () => queue.length > 1 ? queue.shift() : queue[0],
    items: (from, to, rev, abort) => { asked.push({ from, to, rev, abort }); return Promise.resolve({ id: Array.from({ length: to - from }, (_, k) => `id-${from + k}`) }); },
  });
  ctl.attach(scroller());
  ctl.width = width;
  await ctl.load();
  return { ctl, asked };
}
