// @ts-check
/** Signing in with e-mail and password, then a second factor when the account has one; and the lock of this computer's own app. */
import { html, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { moreTexts, t } from '../core/i18n.js';
import { keep, lockedTicket } from '../core/session.js';
import { Button } from '../ui/button.js';
import { TextField } from '../ui/field.js';
import { PasswordField } from '../ui/password.js';
import { Note } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';
import { useTask } from '../ui/task.js';
import { Door, Refusal } from './account/door.js';

await Promise.all([stylesheet('screens.css'), stylesheet('account.css'), moreTexts('account')]);

/** Signed in: everything is read anew, so that nothing of another user is left in the page. @param {any} answer */
function enter(answer) {
  keep(answer);
  location.reload();
}

/** @param {{methods: {password: boolean, registration: string, email: boolean}}} props */
export function SignIn({ methods }) {
  const [form, setForm] = useState({ email: '', password: '', code: '' }), [step, setStep] = useState('password');
  const change = (/** @type {any} */ part) => setForm({ ...form, ...part });
  if (step === 'forgot') return html`<${Forgot} email=${form.email} onBack=${() => setStep('password')} />`;
  if (step === 'code') return html`<${SecondFactor} form=${form} change=${change} onBack=${() => { change({ code: '' }); setStep('password'); }} />`;
  return html`<main id="main" tabindex="-1"><${Door} title=${t('account.sign_in')} lead=${t('account.sign_in_lead')} step="password" foot=${methods.registration === 'closed' ? null : html`${t('account.no_account')} <a class="text-link" href="/register">${t('account.register')}</a>`}>
    <${Credentials} form=${form} change=${change} methods=${methods} onCode=${() => setStep('code')} onForgot=${() => setStep('forgot')} />
  <//></main>`;
}

/** @param {any} form */
const login = async (form) => enter(await api.post('/auth/login', { email: form.email.trim(), password: form.password, client: 'browser', ...(form.code ? { code: form.code.trim() } : {}) }));

/** @param {{form: any, change: (part: any) => void, methods: any, onCode: () => void, onForgot: () => void}} props */
function Credentials({ form, change, methods, onCode, onForgot }) {
  const { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(async () => {
      try { await login(form); } catch (failure) {
        if (/** @type {any} */ (failure).slug !== 'second-factor-needed') throw failure;
        onCode();
      }
    });
  };
  return html`<form class="setup-form" onSubmit=${submit}>
    <${TextField} label=${t('account.email')} type="email" autocomplete="username" required maxlength="254" value=${form.email} onInput=${(/** @type {string} */ email) => change({ email })} />
    <${PasswordField} label=${t('account.password')} value=${form.password} onInput=${(/** @type {string} */ password) => change({ password })} />
    <${Refusal} problem=${problem} />
    <div class="setup-actions">
      <${Button} type="submit" variant="primary" size="large" busy=${busy}>${t('account.sign_in')}<//>
      ${methods.email ? html`<button type="button" class="text-btn" onClick=${onForgot}>${t('account.forgot')}</button>` : null}
    </div>
    ${methods.email ? null : html`<p class="field-hint door-hint">${t('account.forgot_here')} <code>timeline-local account set-password</code></p>`}
  </form>`;
}

/** @param {{form: any, change: (part: any) => void, onBack: () => void}} props */
function SecondFactor({ form, change, onBack }) {
  const { run, busy, problem } = useTask(), [recovery, setRecovery] = useState(false);
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); run(() => login(form)); };
  const other = () => { change({ code: '' }); setRecovery(!recovery); };
  return html`<main id="main" tabindex="-1"><${Door} title=${t('account.second_title')} lead=${t(recovery ? 'account.recovery_lead' : 'account.second_lead')} step="code">
    <form class="setup-form" onSubmit=${submit}>
      ${recovery
        ? html`<${TextField} key="recovery" label=${t('account.recovery_code')} value=${form.code} onInput=${(/** @type {string} */ code) => change({ code })} autocomplete="off" autocapitalize="off" spellcheck=${false} required />`
        : html`<${TextField} key="code" label=${t('account.code')} value=${form.code} onInput=${(/** @type {string} */ code) => change({ code })} class="code-field" autocomplete="one-time-code" inputmode="numeric" pattern="[0-9 ]*" maxlength="7" required />`}
      <${Refusal} problem=${problem?.slug === 'second-factor-needed' ? null : problem} />
      <div class="setup-actions">
        <${Button} type="submit" variant="primary" size="large" busy=${busy}>${t('account.continue')}<//>
        <button type="button" class="text-btn" onClick=${other}>${t(recovery ? 'account.use_app' : 'account.use_recovery')}</button>
      </div>
    </form>
    <button type="button" class="text-btn setup-back" onClick=${onBack}>${t('account.back')}</button>
  <//></main>`;
}

/** @param {{email: string, onBack: () => void}} props */
function Forgot({ email: known, onBack }) {
  const [email, setEmail] = useState(known), [sent, setSent] = useState(false), { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(async () => { await api.post('/auth/password/forgot', { email: email.trim() }); setSent(true); });
  };
  return html`<main id="main" tabindex="-1"><${Door} title=${t('account.forgot_title')} lead=${t('account.forgot_lead')} step="forgot">
    ${sent ? html`<${Note} tone="ok" icon="circle-check">${t('account.forgot_sent', { email: email.trim() })}<//>` : html`<form class="setup-form" onSubmit=${submit}>
      <${TextField} label=${t('account.email')} type="email" autocomplete="username" required maxlength="254" value=${email} onInput=${setEmail} />
      <${Refusal} problem=${problem} />
      <div class="setup-actions"><${Button} type="submit" variant="primary" size="large" busy=${busy}>${t('account.forgot_send')}<//></div>
    </form>`}
    <button type="button" class="text-btn setup-back" onClick=${onBack}>${t('account.back')}</button>
  <//></main>`;
}

/** The launch ticket is good, but the app lock is on. */
export function Unlock() {
  const [password, setPassword] = useState(''), { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(async () => enter(await api.post('/auth/redeem', { ticket: lockedTicket, password })));
  };
  return html`<main id="main" tabindex="-1"><${Door} title=${t('account.unlock_title')} lead=${t('account.unlock_lead')}>
    <form class="setup-form" onSubmit=${submit}>
      <${PasswordField} label=${t('account.password')} value=${password} onInput=${setPassword} />
      <${Refusal} problem=${problem} />
      <div class="setup-actions"><${Button} type="submit" variant="primary" size="large" busy=${busy}>${t('account.unlock')}<//></div>
    </form>
  <//></main>`;
}
