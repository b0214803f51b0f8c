// @ts-check
/** The settings this server runs with: secrets are masked by the server. */
import { html, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { Badge } from '../../ui/chip.js';
import { TextField } from '../../ui/field.js';
import { useResource } from '../../ui/resource.js';
import { Loading, Trouble } from '../../ui/states.js';

/** @param {any} value */
const show = (value) => (value === null || value === undefined || value === '' ? '—' : typeof value === 'object' ? JSON.stringify(value) : String(value));

export default function Report() {
  const [search, setSearch] = useState('');
  const { data, problem, reload } = useResource('report', (signal) => api.get('/admin/settings', { signal }));
  if (problem && !data) return html`<${Trouble} problem=${problem} onRetry=${reload} />`;
  if (!data) return html`<${Loading} rows=${6} />`;
  const wanted = search.trim().toLowerCase(), all = /** @type {any[]} */ (data.items ?? data);
  const rows = all.filter((one) => `${one.name} ${one.env ?? ''} ${one.description ?? ''}`.toLowerCase().includes(wanted));
  return html`<div class="admin-bar"><${TextField} label=${t('admin.find_setting')} type="search" value=${search} onInput=${setSearch} /><span class="fine" role="status">${t('admin.n_settings', { n: rows.length })}</span></div>
    <div class="table-wrap" tabindex="0" role="group" aria-label=${t('admin.tab.settings')}><table class="table effective">
      <caption class="sr">${t('admin.tab.settings')}</caption>
      <thead><tr><th scope="col">${t('settings.col_name')}</th><th scope="col">${t('settings.col_value')}</th><th scope="col">${t('settings.col_source')}</th></tr></thead>
      <tbody>${rows.map((one) => html`<tr key=${one.name}><th scope="row">${one.name}${one.env ? html`<code>${one.env}</code>` : null}${one.description ? html`<span class="field-hint">${one.description}</span>` : null}</th>
        <td><code>${show(one.value)}</code></td><td>${one.source ? html`<${Badge} tone=${one.source === 'default' ? 'quiet' : 'accent'}>${one.source}<//>` : null}</td></tr>`)}</tbody>
    </table></div>`;
}
