// @ts-check
/** Every setting of the server with its environment variable and where its value came from. */
import { html, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { hasText, t } from '../../core/i18n.js';
import { Badge } from '../../ui/chip.js';
import { Button } from '../../ui/button.js';
import { useResource } from '../../ui/resource.js';
import { Loading, Trouble } from '../../ui/states.js';

/** @param {{search: string}} props */
export function Effective({ search }) {
  const [open, setOpen] = useState(false);
  const wanted = search.trim().toLowerCase();
  const shown = open || wanted.length > 2;
  return html`<p class="field-hint">${t('settings.effective_hint')}</p>
    ${shown ? html`<${EffectiveTable} wanted=${wanted} />` : html`<${Button} icon="list" aria-expanded="false" onClick=${() => setOpen(true)}>${t('settings.effective_show')}<//>`}`;
}

/** @param {{wanted: string}} props */
function EffectiveTable({ wanted }) {
  const { data, problem, reload } = useResource('effective', (signal) => api.get('/settings/effective', { signal }));
  if (problem) return html`<${Trouble} problem=${problem} onRetry=${reload} />`;
  if (!data) return html`<${Loading} rows=${6} />`;
  const all = /** @type {any[]} */ (data.items ?? data);
  const found = all.filter((one) => !wanted || `${one.name} ${one.env} ${one.description ?? ''}`.toLowerCase().includes(wanted));
  const rows = found.length ? found : all;
  return html`<div class="table-wrap" tabindex="0" role="group" aria-label=${t('settings.effective_show')}>
    <table class="table effective">
      <caption class="sr">${t('settings.section.effective')}</caption>
      <thead><tr><th scope="col">${t('settings.col_name')}</th><th scope="col">${t('settings.col_value')}</th><th scope="col">${t('settings.col_source')}</th></tr></thead>
      <tbody>${rows.map((one) => html`<tr key=${one.name}>
        <th scope="row">${one.name}<code>${one.env}</code>${one.description ? html`<span class="field-hint">${one.description}</span>` : null}</th>
        <td><code>${show(one.value)}</code></td>
        <td><${Badge} tone=${one.source === 'default' ? 'quiet' : 'accent'}>${sourceName(one.source)}<//></td>
      </tr>`)}</tbody>
    </table>
  </div>`;
}

/** @param {any} value */
const show = (value) => (value === null || value === undefined || value === '' ? '—' : typeof value === 'object' ? JSON.stringify(value) : String(value));

/** @param {string} source */
function sourceName(source) {
  const key = `settings.source.${source.replaceAll(' ', '_')}`;
  return hasText(key) ? t(key) : source;
}
