// @ts-check
/** API keys: made here, shown once, taken back any time. */
import { html } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { ago } from '../../core/dates.js';
import { t } from '../../core/i18n.js';
import { toast } from '../../core/toast.js';
import { Badge } from '../../ui/chip.js';
import { Button } from '../../ui/button.js';
import { confirm } from '../../ui/confirm.js';
import { present } from '../../ui/dialog.js';
import { moment } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { useResource } from '../../ui/resource.js';
import { Loading, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';
import { NewKey } from './newkey.js';

export function ApiKeys() {
  const { data, problem, reload } = useResource('api-keys', (signal) => api.get('/api-keys', { signal }));
  const task = useTask();
  const keys = /** @type {any[] | null} */ (data ? data.items ?? data : null);
  const create = async () => {
    await present(NewKey);
    reload();
  };
  const revoke = async (/** @type {any} */ key) => {
    const agreed = await confirm({
      title: t('settings.revoke_title', { name: key.name }), body: html`<p>${t('settings.revoke_body')}</p>`, action: t('settings.revoke'), danger: true,
    });
    if (agreed) task.run(async () => {
      await api.delete(`/api-keys/${key.id}`);
      toast({ text: t('settings.revoked', { name: key.name }), tone: 'ok' });
      reload();
    });
  };
  return html`<p class="field-hint">${t('settings.keys_hint')}</p>
    ${problem ? html`<${Trouble} problem=${problem} onRetry=${reload} />` : null}
    ${task.problem ? html`<${Trouble} problem=${task.problem} />` : null}
    ${!keys && !problem ? html`<${Loading} rows=${2} />` : null}
    ${keys?.length ? html`<ul class="rows">${keys.map((key) => html`<${KeyRow} key=${key.id} item=${key} onRevoke=${() => revoke(key)} />`)}</ul>` : null}
    ${keys && !keys.length ? html`<p class="none-here">${t('settings.keys_none')}</p>` : null}
    <div class="btn-row"><${Button} icon="plus" onClick=${create}>${t('settings.key_new')}<//></div>`;
}

/** @param {{item: any, onRevoke: () => void}} props */
function KeyRow({ item, onRevoke }) {
  const facts = [
    t('settings.key_made', { when: ago(item.created_at) }),
    item.last_used_at ? t('settings.key_used', { when: ago(item.last_used_at) }) : t('settings.key_unused'),
    item.requests_per_s ? t('settings.key_limit', { n: item.requests_per_s }) : '',
    item.expires_at ? t('settings.key_expires', { date: moment(item.expires_at) }) : '',
  ];
  return html`<li class="row-static">
    <span class="row-mark"><${Icon} name="key-round" /></span>
    <div class="row-text">
      <b>${item.name}</b>
      <span class="row-sub"><code>tl_${String(item.prefix).replace(/^tl_/, '')}_…</code></span>
      <span class="row-meta">${facts.filter(Boolean).join(' · ')}</span>
      <span class="badges">${(item.scopes ?? []).map((/** @type {string} */ scope) => html`<${Badge} key=${scope}>${scope}<//>`)}</span>
    </div>
    <${Button} size="small" aria-label=${`${t('settings.revoke')}: ${item.name}`} onClick=${onRevoke}>${t('settings.revoke')}<//>
  </li>`;
}
