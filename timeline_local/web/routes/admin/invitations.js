// @ts-check
/** Invitations: a link that lets one person make an account, shown once. */
import { html, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { ago } from '../../core/dates.js';
import { t } from '../../core/i18n.js';
import { toast } from '../../core/toast.js';
import { Button } from '../../ui/button.js';
import { Badge } from '../../ui/chip.js';
import { CopyButton } from '../../ui/copy.js';
import { Dialog, present } from '../../ui/dialog.js';
import { SelectField, TextField } from '../../ui/field.js';
import { moment } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { usePages } from '../../ui/resource.js';
import { Empty, Loading, Note, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';
import { Refusal } from '../account/door.js';
import { roleOptions } from './new_user.js';

export default function Invitations() {
  const pages = usePages('invitations', (cursor, signal) => api.get('/admin/invitations', { query: cursor ? { cursor } : {}, signal }));
  const task = useTask();
  const create = async () => { await present(NewInvitation); pages.reload(); };
  const revoke = (/** @type {any} */ one) => task.run(async () => { await api.delete(`/admin/invitations/${one.id}`); toast({ text: t('admin.invitation_revoked'), tone: 'ok' }); pages.reload(); });
  const make = html`<${Button} icon="plus" variant="primary" onClick=${create}>${t('admin.invite')}<//>`;
  return html`
    ${task.problem ? html`<${Trouble} problem=${task.problem} />` : null}
    ${pages.problem && !pages.items ? html`<${Trouble} problem=${pages.problem} onRetry=${pages.reload} />` : null}
    ${!pages.items && !pages.problem ? html`<${Loading} rows=${3} />` : null}
    ${pages.items && !pages.items.length ? html`<${Empty} icon="ticket" title=${t('admin.no_invitations')} action=${make}>${t('admin.no_invitations_body')}<//>` : null}
    ${pages.items?.length ? html`<div class="admin-bar"><span class="bar-grow fine">${t('admin.invitations_hint')}</span>${make}</div>
      <ul class="rows">${pages.items.map((one) => html`<${InvitationRow} key=${one.id} item=${one} onRevoke=${() => revoke(one)} />`)}</ul>` : null}
    ${pages.hasMore ? html`<${Button} busy=${pages.more.pending} onClick=${pages.next}>${t('ui.more')}<//>` : null}`;
}

/** @param {any} one */
const stateOf = (one) => (one.accepted_at ? 'accepted' : one.revoked_at ? 'revoked' : Date.parse(one.expires_at) < Date.now() ? 'expired' : 'open');

/** @param {{item: any, onRevoke: () => void}} props */
function InvitationRow({ item, onRevoke }) {
  const state = stateOf(item), name = item.email || t('admin.anyone');
  return html`<li class="row-static"><span class="row-mark"><${Icon} name="ticket" /></span>
    <div class="row-text"><b>${name}</b><span class="row-meta">${[t(`account.role_${item.role}`), t('admin.made', { when: ago(item.created_at) }), state === 'open' ? t('admin.expires', { when: moment(item.expires_at) }) : ''].filter(Boolean).join(' · ')}</span></div>
    <${Badge} tone=${state === 'open' ? 'accent' : 'quiet'}>${t(`admin.invitation.${state}`)}<//>
    ${state === 'open' ? html`<${Button} size="small" aria-label=${`${t('admin.invitation_revoke')}: ${name}`} onClick=${onRevoke}>${t('admin.invitation_revoke')}<//>` : null}
  </li>`;
}

/** @param {{close: (made: any) => void}} props */
function NewInvitation({ close }) {
  const [form, setForm] = useState({ email: '', role: 'member' }), [made, setMade] = useState(/** @type {any} */ (null)), { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const email = form.email.trim();
    run(async () => setMade(await api.post('/admin/invitations', { role: form.role, ...(email ? { email } : {}) })));
  };
  return html`<${Dialog} title=${t(made ? 'admin.invited' : 'admin.invite')} onClose=${() => close(made)} firm=${Boolean(made)} class="dialog-small">
    ${made ? html`<${Made} made=${made} onDone=${() => close(made)} />` : html`<form onSubmit=${submit}>
      <${TextField} label=${t('admin.invite_email')} hint=${t('admin.invite_email_hint')} type="email" maxlength="254" autocomplete="off" value=${form.email} onInput=${(/** @type {string} */ email) => setForm({ ...form, email })} data-autofocus />
      <${SelectField} label=${t('account.role')} value=${form.role} onChange=${(/** @type {string} */ role) => setForm({ ...form, role })} options=${roleOptions()} />
      <${Refusal} problem=${problem} />
      <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close(null)}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary" busy=${busy}>${t('admin.invite_make')}<//></div>
    </form>`}
  <//>`;
}

/** @param {{made: any, onDone: () => void}} props */
function Made({ made, onDone }) {
  return html`<div><${Note} tone="warm" icon="ticket">${t('admin.invitation_once')}<//>
    <label class="field-label" for="invitation-link">${t('admin.invitation_link')}</label>
    <input id="invitation-link" class="input key-value" type="text" readonly value=${made.url} onFocus=${(/** @type {any} */ event) => event.currentTarget.select()} data-autofocus />
    <div class="dialog-actions"><${CopyButton} text=${made.url} label=${t('admin.copy_link')} variant="primary" /><${Button} onClick=${onDone}>${t('admin.done')}<//></div></div>`;
}
