// @ts-check
/** What happened on this server: who did what and when, in a chain that shows when it was tampered with. */
import { html, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { hasText, t } from '../../core/i18n.js';
import { Button } from '../../ui/button.js';
import { saveAs } from '../../ui/download.js';
import { SelectField } from '../../ui/field.js';
import { moment } from '../../ui/format.js';
import { usePages } from '../../ui/resource.js';
import { Empty, Loading, Note, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';

const ACTIONS = ['login', 'login.failed', 'logout', 'logout.everywhere', 'session.revoked', 'password.changed', 'password.reset', 'totp.enabled', 'totp.disabled',
  'user.created', 'user.role_changed', 'user.disabled', 'user.enabled', 'user.deleted', 'invitation.created', 'invitation.accepted', 'invitation.revoked',
  'api_key.created', 'api_key.revoked', 'export.created', 'export.fetched', 'export.deleted', 'memory.purged', 'media.purged', 'settings.changed', 'library.verified', 'anonymised_copy.made', 'secrets.rotated'];

/** @param {string} action */
const wordOf = (action) => { const key = `admin.action.${action.replaceAll('.', '_')}`; return hasText(key) ? t(key) : action; };

export default function Audit() {
  const [action, setAction] = useState('');
  const pages = usePages(`audit ${action}`, (cursor, signal) => api.get('/admin/audit', { query: { action, ...(cursor ? { cursor } : {}) }, signal }));
  const options = [{ value: '', label: t('admin.every_action') }, ...ACTIONS.map((value) => ({ value, label: wordOf(value) }))];
  return html`<div class="admin-bar"><${SelectField} label=${t('admin.filter')} value=${action} onChange=${setAction} options=${options} /><span class="bar-grow"></span><${Chain} /></div>
    ${pages.problem && !pages.items ? html`<${Trouble} problem=${pages.problem} onRetry=${pages.reload} />` : null}
    ${!pages.items && !pages.problem ? html`<${Loading} rows=${6} />` : null}
    ${pages.items && !pages.items.length ? html`<${Empty} icon="list" title=${t('admin.audit_empty')}>${t('admin.audit_empty_body')}<//>` : null}
    ${pages.items?.length ? html`<${AuditTable} items=${pages.items} />` : null}
    ${pages.more.problem ? html`<${Trouble} problem=${pages.more.problem} onRetry=${pages.next} />` : null}
    ${pages.hasMore ? html`<p class="btn-row"><${Button} busy=${pages.more.pending} onClick=${pages.next}>${t('ui.more')}<//></p>` : null}`;
}

/** Verify and download. */
function Chain() {
  const { run, busy, problem } = useTask(), [found, setFound] = useState(/** @type {any} */ (null));
  const verify = () => run(async () => setFound(await api.get('/admin/audit/verify')));
  return html`<div class="btn-row"><${Button} icon="shield-check" busy=${busy} onClick=${verify}>${t('admin.verify')}<//>
      <${Button} icon="download" onClick=${() => run(() => saveAs('/admin/audit/export', 'timeline-local-audit.jsonl'))}>${t('admin.download')}<//></div>
    ${found ? html`<div class="admin-whole"><${Note} tone=${isWhole(found) ? 'ok' : 'danger'} icon=${isWhole(found) ? 'circle-check' : 'triangle-alert'}>${t(isWhole(found) ? 'admin.chain_whole' : 'admin.chain_broken', { n: found.entries })}<//></div>` : null}
    ${problem ? html`<div class="admin-whole"><${Trouble} problem=${problem} /></div>` : null}`;
}

/** @param {any} found */
const isWhole = (found) => found.intact;

/** @param {{items: any[]}} props */
function AuditTable({ items }) {
  return html`<div class="table-wrap" tabindex="0" role="group" aria-label=${t('admin.tab.audit')}><table class="table">
    <caption class="sr">${t('admin.tab.audit')}</caption>
    <thead><tr><th scope="col">${t('admin.col_when')}</th><th scope="col">${t('admin.col_what')}</th><th scope="col">${t('admin.col_who')}</th><th scope="col">${t('admin.col_details')}</th></tr></thead>
    <tbody>${items.map((one) => html`<tr key=${one.seq}><td class="when">${moment(one.at)}</td><th scope="row">${wordOf(one.action)}</th>
      <td>${whoOf(one)}</td><td class="audit-details">${detailsOf(one)}</td></tr>`)}</tbody>
  </table></div>`;
}

/** @param {any} one */
const whoOf = (one) => (hasText(`admin.actor.${one.actor_kind}`) ? t(`admin.actor.${one.actor_kind}`) : one.actor_kind);

/** @param {any} one */
function detailsOf({ object_kind: kind, object_id: id, details }) {
  const facts = Object.entries(details ?? {}).map(([name, value]) => `${name}: ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  return [kind ? `${kind}${id ? ` ${String(id).slice(0, 8)}…` : ''}` : '', ...facts].filter(Boolean).join(' · ');
}
