// @ts-check
/** One change to many memories: through /memories/batch, with the way back in the toast. */
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { refreshBootstrap } from '../../core/session.js';
import { toast } from '../../core/toast.js';
import { KINDS } from '../../core/skeleton.js';
import { present } from '../../ui/dialog.js';

/** @typedef {import('./feed.js').Feed} Feed */
const MOST_IDS = 5000;

/** Send the change, show what happened, offer Undo. @param {Feed} feed @param {number[]} items @param {{action:string, tags?:string[]}} change @param {string} done text key */
async function apply(feed, items, change, done) {
  try {
    const whole = items.length > MOST_IDS && items.length === feed.ctl.sk?.n;
    const target = whole ? { q: feed.q } : { ids: await feed.wholeIdsOf(items) };
    const { changed, undo_token: token } = await api.post('/memories/batch', { ...target, ...change });
    feed.clearSelection();
    await settle(feed);
    toast({ text: t(done, { n: changed }), undo: token ? () => undo(feed, token) : undefined });
  } catch (problem) {
    if (/** @type {any} */ (problem).slug !== 'offline') toast({ text: /** @type {any} */ (problem).message, tone: 'danger' });
    await settle(feed);
  }
}

/** @param {Feed} feed */
async function settle(feed) {
  await feed.ctl.refresh().catch(() => {});
  refreshBootstrap().catch(() => {});
}

/** @param {Feed} feed @param {string} token */
async function undo(feed, token) {
  try {
    const { restored } = await api.post(`/undo/${token}`);
    toast({ text: t('batch.undone', { n: restored }), tone: 'ok' });
  } catch (problem) {
    toast({ text: /** @type {any} */ (problem).message, tone: 'danger' });
  }
  await settle(feed);
}

/** Favourite all, or none when all of them already are. @param {Feed} feed @param {number[]} items */
export function favourite(feed, items) {
  const all = items.every((item) => feed.ctl.item(item)?.favourite);
  for (const item of items) feed.ctl.chunks.patch(item, { favourite: !all });
  return apply(feed, items, { action: all ? 'unfavourite' : 'favourite' }, all ? 'batch.unfavourited' : 'batch.favourited');
}

/** To the trash: never further, and always with Undo. @param {Feed} feed @param {number[]} items */
export const trash = (feed, items) => apply(feed, items, { action: 'trash' }, 'batch.trashed');

/** @param {Feed} feed @param {number[]} items */
export async function askTags(feed, items) {
  const { TagDialog } = await import('./jump.js');
  const tags = await present(TagDialog, { n: items.length });
  if (Array.isArray(tags) && tags.length) await apply(feed, items, { action: 'tag', tags }, 'batch.tagged');
}

/** Into a collection; the selection stays when nothing was chosen. @param {Feed} feed @param {number[]} items */
export async function collect(feed, items) {
  const { addToCollection } = await import('../collections/add.js');
  if (await addToCollection(() => feed.wholeIdsOf(items), items.length)) feed.clearSelection();
}

/** Words open in the editor they were written in, everything else in the viewer with its panel. @param {Feed} feed @param {number[]} items */
export async function edit(feed, items) {
  const sk = feed.ctl.sk;
  if (!sk) return;
  if (KINDS[sk.kind[items[0]] & 0x7f] !== 'note') {
    sessionStorage.setItem('tl-info', '1');
    feed.viewing.value = sk.place[items[0]];
    return;
  }
  const { complain, editWords, read } = await import('../viewer/store.js');
  await feed.idsOf([items[0]]).then(([id]) => read(id)).then((memory) => editWords(memory, () => feed.ctl.refresh())).catch(complain);
}
