// @ts-check
/** Memories this one belongs with: replies, quotes, parts, versions. */
import { html } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { shortDate } from '../../ui/format.js';
import { useResource } from '../../ui/resource.js';

/** Nothing at all when there are none. @param {{memory: any, frame: (list: any) => any}} props  frame: draws the part around the list */
export function Relations({ memory, frame }) {
  const { data } = useResource(`relations ${memory.id} ${memory.version}`, (signal) => api.get(`/memories/${memory.id}/relations`, { signal }));
  if (!data?.items.length) return null;
  return frame(html`<ul class="relations">${data.items.map((/** @type {any} */ one) => html`<li key=${one.id}><span>${t(`viewer.relation.${one.kind}_${one.direction}`)}</span>
    <a class="text-link" href=${`/m/${one.memory.id}`}>${one.memory.title || t(`kind.${one.memory.kind}`)}${one.memory.local_on ? `, ${shortDate(one.memory.local_on)}` : ''}</a></li>`)}</ul>`);
}
