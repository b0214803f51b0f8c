// @ts-check
/** A new account: with an invitation, on an open server, or the owner's own first one. */
import { html, useEffect, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { moreTexts, t } from '../core/i18n.js';
import { Button } from '../ui/button.js';
import { TextField } from '../ui/field.js';
import { NewPasswordField } from '../ui/password.js';
import { Loading, Note } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';
import { useTask } from '../ui/task.js';
import { Door, Refusal, takeFragment } from './account/door.js';

await Promise.all([stylesheet('screens.css'), stylesheet('account.css'), moreTexts('account')]);

export default function Register() {
  const [invitation] = useState(() => takeFragment('invitation')), [methods, setMethods] = useState(/** @type {any} */ (null)), [trouble, setTrouble] = useState(/** @type {any} */ (null));
  const [made, setMade] = useState(/** @type {any} */ (null));
  useEffect(() => { api.get('/auth/methods').then(setMethods, setTrouble); }, []);
  const toSignIn = html`<a class="text-link" href="/timeline" target="_self">${t('account.to_sign_in')}</a>`;
  if (made) return html`<${Door} title=${t(made.state === 'confirm' ? 'account.almost' : 'account.registered')} lead=${t(made.state === 'confirm' ? 'account.registered_mail' : 'account.registered_lead')} step="done">
    <div class="setup-actions"><a class="btn btn-primary btn-large" href="/timeline" target="_self"><span>${t('account.to_sign_in')}</span></a></div>
  <//>`;
  const closed = methods && methods.registration === 'closed' && !invitation;
  return html`<${Door} title=${t('account.register_title')} lead=${t(invitation ? 'account.register_invited' : 'account.register_lead')} foot=${html`${t('account.have_account')} ${toSignIn}`}>
    <${Refusal} problem=${trouble} />
    ${!methods && !trouble ? html`<${Loading} rows=${3} />` : null}
    ${closed ? html`<${Note} tone="warm" icon="lock">${t('account.register_closed')}<//>` : null}
    ${methods && !closed ? html`<${Form} invitation=${invitation} needsToken=${methods.registration === 'first'} onMade=${setMade} />` : null}
  <//>`;
}

/** @param {{invitation: string, needsToken: boolean, onMade: (answer: any) => void}} props */
function Form({ invitation, needsToken, onMade }) {
  const [form, setForm] = useState({ name: '', email: '', password: '', token: invitation }), { run, busy, problem } = useTask();
  const field = (/** @type {string} */ name) => ({ value: /** @type {any} */ (form)[name], onInput: (/** @type {string} */ value) => setForm({ ...form, [name]: value }) });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const token = form.token.trim();
    run(async () => onMade(await api.post('/auth/register', { name: form.name.trim(), email: form.email.trim(), password: form.password, ...(token ? { invitation: token } : {}) })));
  };
  return html`<form class="setup-form" onSubmit=${submit}>
    <${TextField} label=${t('account.name')} ...${field('name')} autocomplete="name" maxlength="100" required />
    <${TextField} label=${t('account.email')} ...${field('email')} type="email" autocomplete="username" maxlength="254" required />
    <${NewPasswordField} label=${t('account.password')} ...${field('password')} />
    ${needsToken && !invitation ? html`<${TextField} label=${t('account.setup_token')} hint=${t('account.setup_token_hint')} ...${field('token')} autocomplete="off" spellcheck=${false} required />` : null}
    <${Refusal} problem=${problem} />
    <div class="setup-actions"><${Button} type="submit" variant="primary" size="large" busy=${busy}>${t('account.register')}<//></div>
  </form>`;
}
