// @ts-check
/** Memories as pictures and paper in a grid; each is a link to itself. */
import { html } from '../core/preact.js';
import { fuzzyDate } from '../core/dates.js';
import { t } from '../core/i18n.js';
import { shortDate } from './format.js';
import { Icon } from './icon.js';

const ICONS = /** @type {Record<string, string>} */ ({ photo: 'image', video: 'video', note: 'notebook-pen', visit: 'map-pin', event: 'ticket', audio: 'mic', move: 'route', message: 'message-circle', bookmark: 'bookmark', document: 'file-text' });
const EXACT = new Set(['instant', 'minute', 'day']);

/** @param {any} memory */
export const dateOf = (memory) => (memory.local_at && EXACT.has(memory.precision) ? shortDate(memory.local_at) : fuzzyDate(memory));

/** @param {any} memory */
export const nameOf = (memory) => memory.title || memory.body?.split('\n')[0].slice(0, 60) || memory.media?.[0]?.file_name || t(`kind.${memory.kind}`);

/** The file of a memory that can stand for it. @param {any} memory */
export const pictureOf = (memory) => memory.media?.find((/** @type {any} */ file) => file.grid);

/** The picture of a memory, or its words on paper. @param {{memory: any}} props */
export function Face({ memory }) {
  const picture = pictureOf(memory);
  if (picture) return html`<img src=${picture.grid} alt="" loading="lazy" decoding="async" draggable=${false} />`;
  return html`<span class="face-words">${memory.title ? html`<b>${memory.title}</b>` : null}${memory.body || (memory.title ? '' : html`<${Icon} name=${ICONS[memory.kind] ?? 'file'} />`)}</span>`;
}

/** @param {{memory: any, children?: any, [name: string]: any}} props */
export function MemoryTile({ memory, children, ...rest }) {
  return html`<li class="face" ...${rest}>
    <a href=${`/m/${memory.id}`} aria-label=${`${nameOf(memory)}, ${dateOf(memory)}`} draggable=${false}><${Face} memory=${memory} /><span class="face-date" aria-hidden="true">${dateOf(memory)}</span></a>
    ${children}
  </li>`;
}

/** @param {{memories: any[], label: string}} props */
export function MemoryGrid({ memories, label }) {
  return html`<ul class="faces" aria-label=${label}>${memories.map((memory) => html`<${MemoryTile} key=${memory.id} memory=${memory} />`)}</ul>`;
}
