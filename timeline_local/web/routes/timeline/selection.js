// @ts-check
/** The bar that replaces the toolbar while memories are selected. */
import { html } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { may } from '../../core/session.js';
import { Icon } from '../../ui/icon.js';
import { askTags, collect, favourite, trash } from './batch.js';

/** @param {{feed:import('./feed.js').Feed}} props */
export default function Selection({ feed }) {
  const items = [...feed.selected.value], n = items.length;
  const action = (/** @type {string} */ icon, /** @type {string} */ word, /** @type {()=>any} */ run) => html`<button type="button" class="bar-btn" onClick=${run}><${Icon} name=${icon} /><span>${t(word)}</span></button>`;
  return html`<div class="toolbar selection" role="toolbar" aria-label=${t('batch.bar')}>
    <button type="button" class="icon-btn" aria-label=${t('batch.clear')} title=${t('batch.clear')} onClick=${() => feed.clearSelection()}><${Icon} name="x" /></button>
    <span class="when" role="status">${t('batch.selected', { n })}</span>
    <span class="toolbar-grow"></span>
    ${action('heart', 'batch.favourite', () => favourite(feed, items))}
    ${action('tag', 'batch.tag', () => askTags(feed, items))}
    ${may('collections:write') ? action('layout-grid', 'batch.collect', () => collect(feed, items)) : null}
    ${action('trash-2', 'batch.trash', () => trash(feed, items))}
  </div>`;
}
