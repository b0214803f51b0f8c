// @ts-check
/** The items of an import in a dialog: by verdict, or those behind one point of attention. */
import { html, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { Button } from '../../ui/button.js';
import { Badge } from '../../ui/chip.js';
import { Dialog, present } from '../../ui/dialog.js';
import { bytes, shortDate } from '../../ui/format.js';
import { usePages } from '../../ui/resource.js';
import { Loading, Trouble } from '../../ui/states.js';

const VERDICTS = ['', 'new', 'changed', 'same', 'skipped', 'failed'];
const TONES = /** @type {Record<string, any>} */ ({ new: 'ok', changed: 'accent', same: 'quiet', skipped: 'quiet', failed: 'danger' });

/** @param {any} item @param {{verdict?: string, attention?: {slug: string, title: string}}} wanted */
export function openItems(item, wanted) {
  return present(Items, { item, ...wanted });
}

/** @param {{item: any, verdict?: string, attention?: {slug: string, title: string}, close: (result: null) => void}} props */
function Items({ item, verdict: first = '', attention, close }) {
  const [verdict, setVerdict] = useState(first);
  return html`<${Dialog} title=${t(attention ? 'imports.attention' : 'imports.items')} onClose=${() => close(null)} class="dialog-wide">
    ${attention ? html`<p class="item-title">${attention.title}</p>` : html`<div class="chips" role="group" aria-label=${t('imports.verdicts')}>
      ${VERDICTS.map((one) => html`<button key=${one} type="button" class="chip-btn" aria-pressed=${String(one === verdict)} onClick=${() => setVerdict(one)}>${t(`imports.verdict.${one || 'all'}`)}</button>`)}
    </div>`}
    <${ItemList} id=${item.id} verdict=${verdict} attention=${attention?.slug} />
  <//>`;
}

/** Points of attention that the server can list. */
const POINTS = new Set(['undated', 'file-date-only', 'failed', 'skipped']);

/** @param {string} id @param {string} verdict @param {string | undefined} attention @param {string | null} cursor @param {AbortSignal} signal */
function readItems(id, verdict, attention, cursor, signal) {
  const point = attention && POINTS.has(attention) ? attention : undefined;
  return api.get(`/imports/${id}/items`, { query: { verdict, attention: point, cursor, limit: 100 }, signal });
}

/** Rows of items with their reason; used in the dialog and on the last page. @param {{id: string, verdict: string, attention?: string}} props */
export function ItemList({ id, verdict, attention }) {
  const pages = usePages(`items:${id}:${verdict}:${attention ?? ''}`, (cursor, signal) => readItems(id, verdict, attention, cursor, signal));
  if (pages.problem && !pages.items) return html`<${Trouble} problem=${pages.problem} onRetry=${pages.reload} />`;
  if (!pages.items) return html`<${Loading} rows=${5} />`;
  if (!pages.items.length) return html`<p class="none-here">${t('imports.no_items')}</p>`;
  return html`<ul class="item-list">${pages.items.map((entry) => html`<${Item} key=${entry.id} entry=${entry} />`)}</ul>
    ${pages.more.problem ? html`<${Trouble} problem=${pages.more.problem} onRetry=${pages.next} />` : null}
    ${pages.hasMore ? html`<${Button} busy=${pages.more.pending} onClick=${pages.next}>${t('ui.more')}<//>` : null}`;
}

/** @param {{entry: any}} props */
function Item({ entry }) {
  const name = entry.title || entry.path;
  const facts = !entry.kind ? [] : [
    t(`kind.${entry.kind}`),
    entry.local_at ? shortDate(entry.local_at) : t('imports.no_date'),
    entry.local_at && entry.time_basis ? t(`basis.${entry.time_basis}`) : '',
    entry.size_bytes ? bytes(entry.size_bytes) : '',
  ].filter(Boolean);
  return html`<li>
    <span class="item-text">
      ${entry.memory_id && entry.state === 'done' ? html`<a class="text-link" href=${`/m/${entry.memory_id}`}>${name}</a>` : html`<b>${name}</b>`}
      ${entry.title ? html`<span>${entry.path}</span>` : null}
      ${facts.length ? html`<span>${facts.join(' · ')}</span>` : null}
      ${entry.reason ? html`<span class=${entry.verdict === 'failed' ? 'item-bad' : ''}>${entry.reason.detail}</span>` : null}
    </span>
    <${Badge} tone=${TONES[entry.verdict] ?? 'quiet'}>${t(`imports.verdict.${entry.verdict}`)}<//>
  </li>`;
}
