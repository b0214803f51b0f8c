// @ts-check
/** From the timeline: put what is selected into a collection, or keep a search as one. */
import { api } from '../../core/api.js';
import { moreTexts, t } from '../../core/i18n.js';
import { navigate } from '../../core/router.js';
import { toast } from '../../core/toast.js';
import { present } from '../../ui/dialog.js';
import { Pick } from '../../ui/pick.js';
import { stylesheet } from '../../ui/stylesheet.js';
import { NameDialog } from '../gather/name.js';
import { complain } from '../gather/undo.js';

const ready = () => Promise.all([stylesheet('screens.css'), stylesheet('gather.css'), moreTexts('gather')]);
const open = (/** @type {any} */ one) => ({ label: t('collections.open'), run: () => navigate(`/collections/${one.id}`) });
/** As many as the server takes in one call. */
const MOST = 5000;

/** True when they are in one. @param {() => Promise<string[]>} idsOf @param {number} n */
export async function addToCollection(idsOf, n) {
  await ready();
  const chosen = await present(Pick, { title: t('collections.add_to'), path: '/collections', label: t('collections.find'), icon: 'layout-grid', local: true, create: 'collections.add_new', keep: (/** @type {any} */ one) => !one.query });
  if (!chosen) return false;
  try {
    const collection = chosen.create ? await api.post('/collections', { name: chosen.create }) : chosen;
    const ids = await idsOf();
    for (let at = 0; at < ids.length; at += MOST) await api.post(`/collections/${collection.id}/memories`, { memories: ids.slice(at, at + MOST) });
    toast({ text: t('collections.added', { n, name: collection.name }), tone: 'ok', action: open(collection) });
    return true;
  } catch (problem) {
    complain(problem);
    return false;
  }
}

/** @param {string} query */
export async function keepSearch(query) {
  await ready();
  const made = await present(NameDialog, { title: t('collections.keep_search'), label: t('collections.name'), hint: t('collections.query_hint'), action: t('collections.create'), value: query, save: (/** @type {string} */ name) => api.post('/collections', { name, query }) });
  if (made?.id) toast({ text: t('collections.kept', { name: made.name }), tone: 'ok', action: open(made) });
}
