// @ts-check
/** Everybody with an account: role, whether they may come in, and the end of an account. */
import { html } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { ago } from '../../core/dates.js';
import { t } from '../../core/i18n.js';
import { bootstrap } from '../../core/session.js';
import { toast } from '../../core/toast.js';
import { Button } from '../../ui/button.js';
import { Badge } from '../../ui/chip.js';
import { confirm } from '../../ui/confirm.js';
import { present } from '../../ui/dialog.js';
import { Icon } from '../../ui/icon.js';
import { usePages } from '../../ui/resource.js';
import { Loading, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';
import { NewUser } from './new_user.js';

const ROLES = ['admin', 'member', 'viewer'];

export default function Users() {
  const pages = usePages('users', (cursor, signal) => api.get('/admin/users', { query: cursor ? { cursor } : {}, signal }));
  const task = useTask();
  const put = (/** @type {any} */ user) => pages.set((old) => old && { ...old, items: old.items.map((one) => (one.id === user.id ? user : one)) });
  const change = (/** @type {any} */ user, /** @type {any} */ changes, /** @type {string} */ done) => task.run(async () => {
    try { put(await api.patch(`/admin/users/${user.id}`, changes)); } catch (problem) { put({ ...user }); throw problem; }
    toast({ text: t(done, { name: user.name || user.email }), tone: 'ok' });
  });
  const remove = async (/** @type {any} */ user) => {
    const agreed = await confirm({ title: t('admin.delete_title', { name: user.name || user.email }), body: html`<p>${t('admin.delete_body')}</p>`, action: t('admin.delete'), danger: true, typed: 'DELETE' });
    if (agreed) task.run(async () => { await api.delete(`/admin/users/${user.id}`); toast({ text: t('admin.deleted'), tone: 'ok' }); pages.reload(); });
  };
  const create = async () => { if (await present(NewUser)) pages.reload(); };
  return html`<div class="admin-bar"><span class="bar-grow fine">${t('admin.users_hint')}</span><${Button} icon="plus" variant="primary" onClick=${create}>${t('admin.user_new')}<//></div>
    ${task.problem ? html`<${Trouble} problem=${task.problem} />` : null}
    ${pages.problem && !pages.items ? html`<${Trouble} problem=${pages.problem} onRetry=${pages.reload} />` : null}
    ${!pages.items && !pages.problem ? html`<${Loading} rows=${3} />` : null}
    ${pages.items ? html`<ul class="rows">${pages.items.map((user) => html`<${UserRow} key=${user.id} user=${user} onChange=${change} onRemove=${() => remove(user)} />`)}</ul>` : null}
    ${pages.hasMore ? html`<${Button} busy=${pages.more.pending} onClick=${pages.next}>${t('ui.more')}<//>` : null}`;
}

/** @param {{user: any, onChange: (user: any, changes: any, done: string) => void, onRemove: () => void}} props */
function UserRow({ user, onChange, onRemove }) {
  const name = user.name || user.email || t('admin.nameless'), mine = user.id === bootstrap.value?.user?.id, fixed = user.role === 'owner' || mine;
  const facts = [user.email && user.name ? user.email : '', user.last_login_at ? t('admin.last_login', { when: ago(user.last_login_at) }) : t('admin.never_in')];
  return html`<li class="row-static user-row">
    <span class="row-mark"><${Icon} name="user" /></span>
    <div class="row-text"><b>${name} ${mine ? html`<${Badge} tone="accent">${t('admin.you')}<//>` : null}${user.is_active ? null : html`<${Badge} tone="warm" icon="lock">${t('admin.disabled')}<//>`}</b><span class="row-meta">${facts.filter(Boolean).join(' · ')}</span></div>
    ${fixed ? html`<${Badge}>${t(`account.role_${user.role}`)}<//>` : html`<span class="select"><select class="input" aria-label=${t('admin.role_of', { name })} onChange=${(/** @type {any} */ event) => onChange(user, { role: event.currentTarget.value }, 'admin.role_changed')}>
        ${ROLES.map((role) => html`<option key=${role} value=${role} selected=${role === user.role}>${t(`account.role_${role}`)}</option>`)}</select><${Icon} name="chevron-down" /></span>
      <${Button} size="small" aria-label=${`${t(user.is_active ? 'admin.disable' : 'admin.enable')}: ${name}`} onClick=${() => onChange(user, { is_active: !user.is_active }, user.is_active ? 'admin.was_disabled' : 'admin.was_enabled')}>${t(user.is_active ? 'admin.disable' : 'admin.enable')}<//>
      <${Button} size="small" aria-label=${`${t('admin.delete')}: ${name}`} onClick=${onRemove}>${t('admin.delete')}<//>`}
  </li>`;
}
