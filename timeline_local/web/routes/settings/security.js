// @ts-check
/** Password, second factor, app lock, and the devices that are signed in. */
import { html, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { ago } from '../../core/dates.js';
import { t } from '../../core/i18n.js';
import { leave } from '../../core/session.js';
import { toast } from '../../core/toast.js';
import { Button } from '../../ui/button.js';
import { Switch } from '../../ui/choice.js';
import { Badge } from '../../ui/chip.js';
import { confirm } from '../../ui/confirm.js';
import { Dialog, present } from '../../ui/dialog.js';
import { Icon } from '../../ui/icon.js';
import { NewPasswordField, PasswordField } from '../../ui/password.js';
import { useResource } from '../../ui/resource.js';
import { Loading, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';
import { Refusal } from '../account/door.js';
import { WithMe } from './account.js';
import { NewCodes, SecondFactorOff, SecondFactorSetup } from './second_factor.js';

/** @param {{account: any, settings: any, reload: () => void}} props */
export function Security({ account, settings, reload }) {
  return html`<${WithMe} known=${account}>${(/** @type {any} */ { me }) => html`
    <${Password} me=${me} reload=${account.reload} /><${SecondFactor} me=${me} reload=${account.reload} /><${AppLock} me=${me} on=${settings.app_lock} reload=${reload} />`}<//>`;
}

/** @param {{me: any, reload: () => void}} props */
function Password({ me, reload }) {
  const open = async () => {
    if (!await present(PasswordDialog, { me })) return;
    toast({ text: t(me.has_password ? 'account.password_changed' : 'account.password_set'), tone: 'ok' });
    reload();
  };
  return html`<div class="setting-line">
    <div><b>${t('account.password')}</b><span class="field-hint">${me.has_password ? t('account.password_is_set') : t('account.password_first')}</span></div>
    <${Button} icon="key-round" onClick=${open}>${t(me.has_password ? 'account.change_password' : 'account.set_password')}<//>
  </div>`;
}

/** @param {{me: any, close: (changed: boolean) => void}} props */
function PasswordDialog({ me, close }) {
  const [old, setOld] = useState(''), [fresh, setFresh] = useState(''), { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(async () => {
      await api.post('/auth/password', { new_password: fresh, ...(me.has_password ? { current_password: old } : {}) });
      close(true);
    });
  };
  return html`<${Dialog} title=${t(me.has_password ? 'account.change_password' : 'account.set_password')} onClose=${() => close(false)} class="dialog-small"><form onSubmit=${submit}>
    ${me.has_password ? html`<${PasswordField} label=${t('account.current_password')} value=${old} onInput=${setOld} data-autofocus />` : null}
    <${NewPasswordField} value=${fresh} onInput=${setFresh} data-autofocus=${me.has_password ? undefined : true} />
    <${Refusal} problem=${problem} />
    <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close(false)}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary" busy=${busy}>${t('account.save_password')}<//></div>
  </form><//>`;
}

/** @param {{me: any, reload: () => void}} props */
function SecondFactor({ me, reload }) {
  const open = (/** @type {any} */ view) => present(view, { me }).then((changed) => { if (changed) reload(); });
  const on = me.has_second_factor;
  return html`<div class="setting-line">
    <div><b>${t('account.second_setup_name')}${on ? html`<${Badge} tone="ok" icon="shield-check">${t('account.on')}<//>` : null}</b>
      <span class="field-hint">${t(on ? 'account.second_on' : me.has_password ? 'account.second_off' : 'account.second_needs')}</span></div>
    ${on ? html`<div class="btn-row setting-buttons"><${Button} onClick=${() => open(NewCodes)}>${t('account.codes_new')}<//><${Button} onClick=${() => open(SecondFactorOff)}>${t('account.disable_second')}<//></div>`
      : html`<${Button} icon="shield-check" disabled=${!me.has_password} onClick=${() => open(SecondFactorSetup)}>${t('account.begin_second')}<//>`}
  </div>`;
}

/** @param {{me: any, on: boolean, reload: () => void}} props */
function AppLock({ me, on, reload }) {
  const [asked, setAsked] = useState(0);
  const change = async (/** @type {boolean} */ enabled) => {
    if (await present(LockDialog, { enabled })) toast({ text: t(enabled ? 'account.locked' : 'account.unlocked'), tone: 'ok' });
    setAsked(asked + 1);
    reload();
  };
  return html`<${Switch} key=${`${on} ${asked}`} label=${t('account.app_lock')} hint=${t(me.has_password ? 'account.app_lock_hint' : 'account.app_lock_needs')} checked=${on} disabled=${!me.has_password} onChange=${change} />`;
}

/** @param {{enabled: boolean, close: (done: boolean) => void}} props */
function LockDialog({ enabled, close }) {
  const [password, setPassword] = useState(''), { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); run(async () => { await api.put('/auth/app-lock', { enabled, password }); close(true); }); };
  return html`<${Dialog} title=${t('account.app_lock')} onClose=${() => close(false)} class="dialog-small"><form onSubmit=${submit}>
    <${PasswordField} label=${t('account.your_password')} value=${password} onInput=${setPassword} data-autofocus />
    <${Refusal} problem=${problem} />
    <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close(false)}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary" busy=${busy}>${t(enabled ? 'account.confirm_second' : 'account.disable_second')}<//></div>
  </form><//>`;
}

export function Devices() {
  const { data, problem, reload } = useResource('sessions', (signal) => api.get('/auth/sessions', { signal }));
  const task = useTask();
  const end = (/** @type {any} */ session) => task.run(async () => {
    await api.delete(`/auth/sessions/${session.id}`);
    if (session.current) return leave();
    toast({ text: t('account.revoked_device'), tone: 'ok' });
    reload();
  });
  const everywhere = async () => {
    const agreed = await confirm({ title: t('account.everywhere_title'), body: html`<p>${t('account.everywhere_body')}</p>`, action: t('account.everywhere'), danger: true });
    if (agreed) task.run(async () => { await api.post('/auth/logout-everywhere'); leave(); });
  };
  if (problem && !data) return html`<${Trouble} problem=${problem} onRetry=${reload} />`;
  if (!data) return html`<${Loading} rows=${2} />`;
  return html`${task.problem ? html`<${Trouble} problem=${task.problem} />` : null}
    <ul class="rows">${data.items.map((/** @type {any} */ session) => html`<${Device} key=${session.id} session=${session} onEnd=${() => end(session)} />`)}</ul>
    <div class="btn-row"><${Button} icon="log-out" onClick=${everywhere}>${t('account.everywhere')}<//></div>`;
}

/** @param {{session: any, onEnd: () => void}} props */
function Device({ session, onEnd }) {
  const name = session.kind === 'token' ? session.device || t('account.token') : deviceName(session.device);
  return html`<li class="row-static">
    <span class="row-mark"><${Icon} name=${session.kind === 'token' ? 'key-round' : 'monitor'} /></span>
    <div class="row-text"><b>${name}${session.current ? html` <${Badge} tone="accent">${t('account.current_device')}<//>` : null}</b>
      <span class="row-meta">${`${t('account.since', { when: ago(session.created_at) })} · ${t('account.last_seen', { when: ago(session.last_seen_at) })}`}</span></div>
    <${Button} size="small" aria-label=${`${t('account.revoke_device')}: ${name}`} onClick=${onEnd}>${t('account.revoke_device')}<//>
  </li>`;
}

const BROWSERS = /** @type {[RegExp, string][]} */ ([[/Edg\//, 'Edge'], [/OPR\//, 'Opera'], [/Firefox\//, 'Firefox'], [/Chrom(e|ium)\//, 'Chrome'], [/Safari\//, 'Safari']]);
const SYSTEMS = /** @type {[RegExp, string][]} */ ([[/Android/, 'Android'], [/iPhone|iPad/, 'iOS'], [/Windows/, 'Windows'], [/Mac OS X/, 'macOS'], [/Linux|X11/, 'Linux']]);
/** "Firefox, Linux" out of what the browser called itself. @param {string} agent */
function deviceName(agent) {
  const found = [BROWSERS, SYSTEMS].map((list) => list.find(([pattern]) => pattern.test(agent))?.[1]).filter(Boolean);
  return found.join(', ') || agent || t('account.unknown_device');
}
