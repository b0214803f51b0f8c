// @ts-check
/** Whole memories for the viewer and the memory page: a small cache, edits with If-Match, and their way back. */
import { signal } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { toast } from '../../core/toast.js';

/** @typedef {Record<string, any>} Memory */
const KEPT = 40;
/** @type {Map<string, Promise<Memory>>} */
const cache = new Map();
/** Grows whenever a memory was changed here, so that views read it again. */
export const changed = signal(0);

/** @param {string} id @returns {Promise<Memory>} */
export function read(id) {
  let found = cache.get(id);
  if (!found) {
    found = api.get(`/memories/${id}`);
    found.catch(() => cache.delete(id));
    cache.set(id, found);
    if (cache.size > KEPT) cache.delete(/** @type {string} */ (cache.keys().next().value));
  }
  return found;
}

/** @param {string} id */
export function forget(id) { cache.delete(id); changed.value++; }
export function forgetAll() { cache.clear(); changed.value++; }

/** The picture, film or sound of a memory; null for words and ways. @param {Memory} memory */
export const primary = (memory) => memory.media?.find((/** @type {any} */ one) => one.role === 'primary') ?? memory.media?.find((/** @type {any} */ one) => one.role !== 'track') ?? null;
/** The file that a way was read from. @param {Memory} memory */
export const track = (memory) => memory.media?.find((/** @type {any} */ one) => one.role === 'track') ?? null;
/** @param {Memory} memory */
export const motion = (memory) => memory.media?.find((/** @type {any} */ one) => one.role === 'motion') ?? null;

/** People and places go back by their id: two may have the same name. @param {string} name @param {any} value */
function references(name, value) {
  if (name === 'people') return value.map((/** @type {any} */ one) => ({ id: one.id }));
  return name === 'location' && value ? { id: value.id } : value;
}

/**
 * Save changes to a memory. Throws a Problem; status 412 means someone else changed it (nothing was saved).
 * @param {Memory} memory as it was read @param {Memory} changes @param {{quiet?:boolean}} [options] @returns {Promise<Memory>}
 */
export async function save(memory, changes, { quiet = false } = {}) {
  const fresh = await api.patch(`/memories/${memory.id}`, changes, { ifMatch: `"${memory.version}"` });
  forget(memory.id);
  if (!quiet) {
    /** @type {Memory} */
    const before = {};
    for (const name of Object.keys(changes)) before[name] = references(name, memory[name]) ?? null;
    toast({ text: t('viewer.saved'), undo: () => save(fresh, before, { quiet: true }).catch(complain) });
  }
  return fresh;
}

/** @param {any} problem */
export function complain(problem) {
  if (problem.slug === 'offline') return;
  toast({ text: problem.status === 412 ? t('viewer.conflict') : problem.message, tone: 'danger' });
}

/** Move to the trash, with Undo. @param {string} id @param {() => void} [after] also run after Undo */
export async function trash(id, after) {
  const { undo_token: token } = await api.post('/memories/batch', { ids: [id], action: 'trash' });
  forget(id);
  toast({
    text: t('batch.trashed', { n: 1 }),
    undo: async () => { try { await api.post(`/undo/${token}`); forget(id); after?.(); } catch (problem) { complain(problem); } },
  });
}

/** Edit what was written in the editor it was written in. @param {Memory} memory @param {() => void} [after] run when it was saved */
export async function editWords(memory, after) {
  const { openCapture } = await import('../capture.js'), saved = await openCapture({ memory });
  if (!saved) return;
  forget(saved.id);
  after?.();
}
