// @ts-check
/** From the form to the API and back. */
import { api } from '../../core/api.js';
import { parseWhen, whenText } from './when.js';
import { tagsInText } from './format.js';

/**
 * @typedef {{title: string, body: string, tags: string[], when: string, zone: string, favourite: boolean}} Form
 */

/** @param {any} memory @param {string} day @param {string} zone @returns {Form} */
export function formOf(memory, day, zone) {
  if (!memory) return { title: '', body: '', tags: [], when: day, zone, favourite: false };
  return {
    title: memory.title ?? '', body: memory.body ?? '', tags: [...(memory.tags ?? [])], when: whenText(memory),
    zone: memory.zone ?? '', favourite: Boolean(memory.favourite),
  };
}

/** What POST /memories wants. @param {Form} form @param {string[]} media */
export function newMemory(form, media) {
  return { kind: 'note', ...words(form), ...timing(form), favourite: form.favourite, media };
}

/** Only what changed, as a merge patch. @param {any} memory @param {Form} form @param {string[]} media */
export function patchOf(memory, form, media) {
  const before = formOf(memory, '', '');
  const now = { ...words(form), favourite: form.favourite, media };
  const old = { title: before.title, body: before.body, tags: before.tags, favourite: before.favourite, media: (memory.media ?? []).map((/** @type {any} */ one) => one.id) };
  const patch = /** @type {Record<string, any>} */ ({});
  for (const [name, value] of Object.entries(now)) {
    if (JSON.stringify(value) !== JSON.stringify(/** @type {any} */ (old)[name])) patch[name] = value;
  }
  if (form.when !== before.when || form.zone !== before.zone) Object.assign(patch, timing(form));
  return patch;
}

/** @param {Form} form */
function words(form) {
  return { title: form.title.trim(), body: form.body, tags: [...new Set([...form.tags, ...tagsInText(form.body)])] };
}

/** @param {Form} form */
function timing(form) {
  const when = parseWhen(form.when);
  if (!when) return {};
  return 'local_at' in when && form.zone ? { ...when, zone: form.zone } : when;
}

/**
 * Save; a conflict is thrown as the server's 412 problem.
 * @param {{memory?: any, version?: number, form: Form, media: string[], key: string}} what
 */
export async function saveMemory({ memory, version, form, media, key }) {
  if (!memory) return api.post('/memories', newMemory(form, media), { idempotencyKey: key });
  const patch = patchOf(memory, form, media);
  return Object.keys(patch).length ? api.patch(`/memories/${memory.id}`, patch, { ifMatch: `"${version ?? memory.version}"` }) : memory;
}
