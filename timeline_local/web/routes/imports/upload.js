// @ts-check
/**
 * Files dropped into the browser, sent three at a time. The state is a module signal, so it survives moving between
 * screens; closing the tab stops it, and the wizard says so. Libraries are imported by path instead and never uploaded.
 */
import { signal } from '../../core/preact.js';
import { api } from '../../core/api.js';

export const MAX_FILES = 500;
const AT_ONCE = 3;

/** @typedef {{total: number, done: number, bytesTotal: number, bytesDone: number, current: string, failed: {path: string, problem: any}[], finished: boolean}} Upload */

/** Uploads of this tab by import id. */
export const uploads = signal(/** @type {Record<string, Upload>} */ ({}));

/** Files already sent or being sent, per import, so that "try again" sends only what failed. */
const waiting = new Map(/** @type {[string, {file: File, path: string}[]][]} */ ([]));

/** Create the import and start sending; resolves with its id at once. @param {{file: File, path: string}[]} files @param {string} name */
export async function startUpload(files, name) {
  const created = await api.post('/imports', { upload: true, name });
  const bytesTotal = files.reduce((sum, { file }) => sum + file.size, 0);
  put(created.id, { total: files.length, done: 0, bytesTotal, bytesDone: 0, current: '', failed: [], finished: false });
  send(created.id, files);
  return /** @type {string} */ (created.id);
}

/** Send again what failed. @param {string} id */
export function retryFailed(id) {
  const files = waiting.get(id) ?? [];
  put(id, { ...uploads.value[id], failed: [], finished: false });
  send(id, files);
}

/** Give up on the failed files and look at what arrived. @param {string} id */
export function finishUpload(id) {
  return api.post(`/imports/${id}/scan`);
}

/** @param {string} id @param {{file: File, path: string}[]} files */
async function send(id, files) {
  const queue = [...files];
  const left = /** @type {{file: File, path: string}[]} */ ([]);
  const leave = (/** @type {BeforeUnloadEvent} */ event) => event.preventDefault();
  addEventListener('beforeunload', leave);
  await Promise.all(Array.from({ length: AT_ONCE }, () => drain(id, queue, left)));
  removeEventListener('beforeunload', leave);
  waiting.set(id, left);
  put(id, { ...uploads.value[id], current: '', finished: true });
  if (!left.length) await finishUpload(id).catch((problem) => note(id, '', problem));
}

/** @param {string} id @param {{file: File, path: string}[]} queue @param {{file: File, path: string}[]} left */
async function drain(id, queue, left) {
  for (let next = queue.shift(); next; next = queue.shift()) {
    try {
      await sendOne(id, next);
    } catch (problem) {
      left.push(next);
      note(id, next.path, problem);
    }
  }
}

/** @param {string} id @param {{file: File, path: string}} entry */
async function sendOne(id, { file, path }) {
  const form = new FormData();
  form.append('path', path);
  if (file.lastModified) form.append('modified', new Date(file.lastModified).toISOString());
  form.append('file', file, file.name);
  put(id, { ...uploads.value[id], current: path });
  let counted = 0;
  await api.upload(`/imports/${id}/files`, form, {
    onProgress: (/** @type {number} */ sent) => {
      const gained = Math.min(sent, file.size) - counted;
      counted += gained;
      put(id, { ...uploads.value[id], bytesDone: uploads.value[id].bytesDone + gained });
    },
  });
  const now = uploads.value[id];
  put(id, { ...now, done: now.done + 1, bytesDone: now.bytesDone + file.size - counted });
}

/** @param {string} id @param {string} path @param {any} problem */
function note(id, path, problem) {
  const now = uploads.value[id];
  put(id, { ...now, failed: [...now.failed, { path, problem }] });
}

/** @param {string} id @param {Upload} upload */
function put(id, upload) {
  uploads.value = { ...uploads.value, [id]: upload };
}
