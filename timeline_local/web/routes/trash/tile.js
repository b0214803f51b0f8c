// @ts-check
/** One trashed memory: its picture or its words, when it goes, and the two ways out. */
import { html } from '../../core/preact.js';
import { fuzzyDate } from '../../core/dates.js';
import { t } from '../../core/i18n.js';
import { IconButton } from '../../ui/button.js';
import { shortDate } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { pictureOf } from '../../ui/memories.js';

const KEPT_DAYS = 30;
const DAY_MS = 86_400_000;

/** @param {{memory: any, chosen: boolean, onChoose: () => void, onRestore: () => void, onPurge: () => void}} props */
export function TrashTile({ memory, chosen, onChoose, onRestore, onPurge }) {
  const name = nameOf(memory), picture = pictureOf(memory);
  return html`<li class=${chosen ? 'is-chosen' : undefined}>
    <label class="trash-pick">
      <input type="checkbox" checked=${chosen} onChange=${onChoose} aria-label=${t('trash.choose', { name })} />
      ${picture
        ? html`<img src=${picture.grid} alt="" loading="lazy" decoding="async" />`
        : html`<span class="trash-words">${memory.title ? html`<b>${memory.title}</b>` : null}${memory.body || (memory.title ? '' : html`<${Icon} name="file" />`)}</span>`}
    </label>
    <div class="trash-foot">
      <span class="trash-name"><b>${name}</b><span>${t('trash.days_left', { n: daysLeft(memory.trashed_at) })} · ${dateOf(memory)}</span></span>
      <${IconButton} icon="undo-2" label=${t('trash.restore_named', { name })} onClick=${onRestore} />
      <${IconButton} icon="trash-2" label=${t('trash.purge_named', { name })} onClick=${onPurge} />
    </div>
  </li>`;
}

const EXACT = new Set(['instant', 'minute', 'day']);

/** @param {any} memory */
const dateOf = (memory) => (memory.local_at && EXACT.has(memory.precision) ? shortDate(memory.local_at) : fuzzyDate(memory));

/** @param {any} memory */
function nameOf(memory) {
  return memory.title || memory.body?.split('\n')[0].slice(0, 60) || memory.media?.[0]?.file_name || t(`kind.${memory.kind}`);
}

/** Whole days until it is deleted by itself. @param {string | null} trashedAt */
export function daysLeft(trashedAt) {
  const gone = trashedAt ? (Date.now() - new Date(trashedAt).getTime()) / DAY_MS : 0;
  return Math.max(0, Math.ceil(KEPT_DAYS - gone));
}
