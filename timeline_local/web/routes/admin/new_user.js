// @ts-check
/** An account made by an administrator: name, address, role and a first password. */
import { html, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { Button } from '../../ui/button.js';
import { Dialog } from '../../ui/dialog.js';
import { SelectField, TextField } from '../../ui/field.js';
import { NewPasswordField } from '../../ui/password.js';
import { useTask } from '../../ui/task.js';
import { Refusal } from '../account/door.js';

export const GIVEN_ROLES = ['member', 'viewer', 'admin'];
/** @returns {{value: string, label: string}[]} */
export const roleOptions = () => GIVEN_ROLES.map((value) => ({ value, label: `${t(`account.role_${value}`)} – ${t(`admin.role_hint.${value}`)}` }));

/** @param {{close: (made: boolean) => void}} props */
export function NewUser({ close }) {
  const [form, setForm] = useState({ name: '', email: '', password: '', role: 'member' }), { run, busy, problem } = useTask();
  const field = (/** @type {string} */ name) => ({ value: /** @type {any} */ (form)[name], onInput: (/** @type {string} */ value) => setForm({ ...form, [name]: value }) });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(async () => { await api.post('/admin/users', { ...form, name: form.name.trim(), email: form.email.trim() }); close(true); });
  };
  return html`<${Dialog} title=${t('admin.user_new')} onClose=${() => close(false)} class="dialog-small"><form onSubmit=${submit}>
    <${TextField} label=${t('account.name')} ...${field('name')} required maxlength="100" autocomplete="off" data-autofocus />
    <${TextField} label=${t('account.email')} ...${field('email')} type="email" required maxlength="254" autocomplete="off" />
    <${SelectField} label=${t('account.role')} value=${form.role} onChange=${(/** @type {string} */ role) => setForm({ ...form, role })} options=${roleOptions()} />
    <${NewPasswordField} label=${t('admin.first_password')} ...${field('password')} />
    <${Refusal} problem=${problem} />
    <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close(false)}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary" busy=${busy}>${t('admin.user_make')}<//></div>
  </form><//>`;
}
