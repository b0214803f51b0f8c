// @ts-check
/** Who one is here: the e-mail address, the role, the way out. */
import { html, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { leave, signOut } from '../../core/session.js';
import { toast } from '../../core/toast.js';
import { Button } from '../../ui/button.js';
import { Badge } from '../../ui/chip.js';
import { Dialog, present } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { PasswordField } from '../../ui/password.js';
import { useResource } from '../../ui/resource.js';
import { Loading, Note, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';
import { Refusal } from '../account/door.js';

/** The signed-in user and what this server offers; null while they are not known. */
export function useMe() {
  return useResource('me', async (signal) => {
    const [me, methods] = await Promise.all([api.get('/users/me', { signal }), api.get('/auth/methods', { signal })]);
    return { me, methods };
  });
}

/** Loading and trouble of a part that needs `useMe`. @param {{known: any, children: (known: {me: any, methods: any}) => any}} props */
export function WithMe({ known, children }) {
  if (known.problem && !known.data) return html`<${Trouble} problem=${known.problem} onRetry=${known.reload} />`;
  return known.data ? children(known.data) : html`<${Loading} rows=${2} />`;
}

/** @param {{account: any}} props */
export function Account({ account }) {
  return html`<${WithMe} known=${account}>${(/** @type {any} */ { me, methods }) => html`
    <${Email} me=${me} methods=${methods} reload=${account.reload} />
    <div class="setting-line"><div><b>${t('account.role')}</b><span class="field-hint">${t(`account.role_${me.role}`)}</span></div>
      <${Button} icon="log-out" onClick=${signOut}>${t('account.sign_out')}<//></div>`}<//>`;
}

/** @param {{me: any, methods: any, reload: () => void}} props */
function Email({ me, methods, reload }) {
  const { run, busy, problem } = useTask();
  const verify = () => run(async () => { await api.post('/auth/email/verification'); toast({ text: t('account.email_sent'), tone: 'ok' }); });
  const change = async () => { if (await present(EmailDialog, { me })) reload(); };
  const confirmed = Boolean(me.email_verified_at);
  return html`<div class="setting-line">
      <div><b>${t('account.email')}</b><span class="field-hint">${me.email || t('account.email_none')}${me.email ? html`<${Badge} tone=${confirmed ? 'ok' : 'warm'}>${t(confirmed ? 'account.email_verified' : 'account.email_unverified')}<//>` : null}</span></div>
      <${Button} onClick=${change}>${t(me.email ? 'account.email_change' : 'account.add_address')}<//>
    </div>
    ${me.pending_email ? html`<${Note} icon="info">${t('account.email_pending', { email: me.pending_email })}<//>` : null}
    ${me.email && !confirmed ? html`<${Note} icon="info" action=${methods.email ? html`<${Button} size="small" busy=${busy} onClick=${verify}>${t('account.email_send')}<//>` : null}>${t(methods.email ? 'account.email_hint' : 'account.mail_none')}<//>` : null}
    <${Refusal} problem=${problem} />`;
}

/** @param {{me: any, close: (changed: boolean) => void}} props */
function EmailDialog({ me, close }) {
  const [email, setEmail] = useState(me.email ?? ''), [password, setPassword] = useState(''), { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(async () => {
      await api.patch('/users/me', { email: email.trim(), ...(password ? { current_password: password } : {}) });
      close(true);
    });
  };
  return html`<${Dialog} title=${t('account.email')} onClose=${() => close(false)} class="dialog-small"><form onSubmit=${submit}>
    <${TextField} label=${t('account.email')} hint=${t('account.email_hint')} type="email" autocomplete="email" maxlength="254" required value=${email} onInput=${setEmail} data-autofocus />
    ${me.has_password ? html`<${PasswordField} label=${t('account.email_password')} value=${password} onInput=${setPassword} />` : null}
    <${Refusal} problem=${problem} />
    <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close(false)}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary" busy=${busy}>${t('account.save_address')}<//></div>
  </form><//>`;
}

/** @param {{account: any}} props */
export function Leaving({ account }) {
  return html`<${WithMe} known=${account}>${(/** @type {any} */ { me }) => html`
    <p class="field-hint">${t(me.role === 'owner' ? 'account.delete_owner' : 'account.delete_hint')}</p>
    ${me.role === 'owner' ? null : html`<div class="btn-row"><${Button} icon="trash-2" onClick=${() => present(DeleteDialog, { me })}>${t('account.delete')}<//></div>`}`}<//>`;
}

const TYPED = 'DELETE';

/** @param {{me: any, close: (gone: null) => void}} props */
function DeleteDialog({ me, close }) {
  const [typed, setTyped] = useState(''), [password, setPassword] = useState(''), { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(async () => {
      await api.delete('/users/me', { content: { confirm: TYPED, ...(password ? { password } : {}) } });
      leave();
    });
  };
  return html`<${Dialog} title=${t('account.delete_title')} onClose=${() => close(null)} class="dialog-small"><form onSubmit=${submit}>
    <div class="prose"><p>${t('account.delete_body')}</p></div>
    <${TextField} label=${t('ui.type_to_confirm', { text: TYPED })} value=${typed} onInput=${setTyped} autocomplete="off" autocapitalize="characters" data-autofocus />
    ${me.has_password ? html`<${PasswordField} label=${t('account.your_password')} value=${password} onInput=${setPassword} />` : null}
    <${Refusal} problem=${problem} />
    <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close(null)}>${t('ui.cancel')}<//><${Button} type="submit" variant="danger" busy=${busy} disabled=${typed.trim() !== TYPED}>${t('account.delete')}<//></div>
  </form><//>`;
}
