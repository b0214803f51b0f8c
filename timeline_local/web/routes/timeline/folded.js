// @ts-check
/** The messages behind a tile that stands for a conversation's day: a change to the tile is one to all of them. */
import { api } from '../../core/api.js';
import { CHUNK } from '../../core/chunks.js';

const PAGE = 500;

/** @param {import('./feed.js').Feed} feed @param {number[]} items @param {Set<string>} ids gets more ids */
export async function addFolded(feed, items, ids) {
  const { chunks, source } = feed.ctl, abort = new AbortController().signal;
  const unknown = new Set(items.filter((item) => feed.mayFold(item) && !feed.ctl.item(item)).map((item) => (item / CHUNK) | 0)), fetched = new Map();
  for (const c of unknown) fetched.set(c, await source.items(c * CHUNK, Math.min(chunks.n, (c + 1) * CHUNK), chunks.rev, abort));
  for (const item of items) {
    const columns = fetched.get((item / CHUNK) | 0), k = item % CHUNK;
    const known = feed.ctl.item(item) ?? (columns && { conversation: columns.conversation[k], local_at: columns.local_at[k] });
    if (known?.conversation) for (const id of await messagesOf(known.conversation.id, known.local_at?.slice(0, 10))) ids.add(id);
  }
}

/** @param {string} conversation @param {string|undefined} day undefined: those without a date @returns {Promise<string[]>} */
async function messagesOf(conversation, day) {
  const ids = [];
  let cursor = null;
  do {
    const { items, next_cursor: next } = await api.get(`/collections/${conversation}/memories`, { query: { limit: PAGE, ...(day ? { since: day } : {}), ...(cursor ? { cursor } : {}) } });
    const here = items.filter((/** @type {any} */ one) => (one.local_on ?? undefined) === day);
    ids.push(...here.filter((/** @type {any} */ one) => one.kind === 'message').map((/** @type {any} */ one) => one.id));
    cursor = day && here.length < items.length ? null : next;
  } while (cursor);
  return ids;
}
