// @ts-check
/** The collections and conversations a memory was put into. */
import { html } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { useResource } from '../../ui/resource.js';

const MOST = 20;

/** A conversation opens where the memory stands in it. @param {any} one @param {any} memory */
const address = (one, memory) => (one.kind === 'conversation' ? `/conversations/${one.id}${memory.local_on ? `?on=${memory.local_on}` : ''}` : `/collections/${one.id}`);

/** Nothing at all when it is in none. @param {{memory: any, frame: (list: any) => any}} props  frame: draws the part around the list */
export function Gathered({ memory, frame }) {
  const { data } = useResource(`gathered ${memory.id} ${memory.version}`, (signal) => api.get('/collections', { query: { memory: memory.id, limit: MOST }, signal }));
  if (!data?.items.length) return null;
  return frame(html`<ul class="relations">${data.items.map((/** @type {any} */ one) => html`<li key=${one.id}><a class="text-link" href=${address(one, memory)}>${one.name}</a></li>`)}</ul>`);
}
