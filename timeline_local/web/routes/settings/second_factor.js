// @ts-check
/** Setting up a second factor, its recovery codes, and switching it off. */
import { html, useEffect, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { Button } from '../../ui/button.js';
import { CopyButton } from '../../ui/copy.js';
import { Dialog } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';
import { PasswordField } from '../../ui/password.js';
import { QrCode } from '../../ui/qr.js';
import { Loading, Note, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';
import { Refusal } from '../account/door.js';

/** Key first, then a code that proves the app has it, then the recovery codes. @param {{close: (changed: boolean) => void}} props */
export function SecondFactorSetup({ close }) {
  const [made, setMade] = useState(/** @type {any} */ (null)), [codes, setCodes] = useState(/** @type {string[] | null} */ (null));
  const start = useTask();
  const begin = () => start.run(async () => setMade(await api.post('/auth/totp')));
  useEffect(() => { begin(); }, []);
  return html`<${Dialog} title=${t(codes ? 'account.second_done' : 'account.second_setup')} onClose=${() => close(Boolean(codes))} firm=${Boolean(made)} class="dialog-small">
    ${start.problem ? html`<${Trouble} problem=${start.problem} onRetry=${begin} />` : null}
    ${!made && !start.problem ? html`<${Loading} rows=${3} />` : null}
    ${made && !codes ? html`<${Key} made=${made} onCodes=${setCodes} />` : null}
    ${codes ? html`<${Codes} codes=${codes} onDone=${() => close(true)} />` : null}
  <//>`;
}

/** @param {{made: {secret: string, uri: string}, onCodes: (codes: string[]) => void}} props */
function Key({ made, onCodes }) {
  const [code, setCode] = useState(''), { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); run(async () => onCodes((await api.post('/auth/totp/confirm', { code: code.replaceAll(' ', '') })).recovery_codes)); };
  return html`<form onSubmit=${submit}>
    <div class="prose"><p>${t('account.second_scan')}</p></div>
    <div class="second-setup"><${QrCode} text=${made.uri} label=${t('account.second_qr')} />
      <div><p id="second-key">${t('account.second_key')}</p><code>${made.secret.match(/.{1,4}/g)?.join(' ')}</code><p>${t('account.key_uri')}</p><code>${made.uri}</code></div></div>
    <${CodeField} value=${code} onInput=${setCode} />
    <${Refusal} problem=${problem} />
    <div class="dialog-actions"><${Button} type="submit" variant="primary" busy=${busy}>${t('account.confirm_second')}<//></div>
  </form>`;
}

/** @param {{value: string, onInput: (code: string) => void}} props */
const CodeField = ({ value, onInput }) => html`<${TextField} label=${t('account.code')} hint=${t('account.code_wrong_hint')} value=${value} onInput=${onInput} class="code-field" autocomplete="one-time-code" inputmode="numeric" pattern="[0-9 ]*" maxlength="7" required data-autofocus />`;

/** @param {{codes: string[], onDone: () => void}} props */
function Codes({ codes, onDone }) {
  const text = codes.join('\n');
  const save = () => {
    const address = URL.createObjectURL(new Blob([text + '\n'], { type: 'text/plain' })), link = document.createElement('a');
    link.href = address;
    link.download = t('account.codes_file');
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  };
  return html`<div>
    <${Note} tone="warm" icon="key-round">${t('account.codes_once')}<//>
    <ol class="codes" aria-label=${t('account.codes_title')}>${codes.map((code) => html`<li key=${code}>${code}</li>`)}</ol>
    <div class="dialog-actions"><${Button} icon="download" onClick=${save}>${t('account.codes_save')}<//><${CopyButton} text=${text} label=${t('account.codes_copy')} />
      <${Button} variant="primary" onClick=${onDone}>${t('account.codes_done')}<//></div>
  </div>`;
}

/** @param {{close: (changed: boolean) => void}} props */
export function NewCodes({ close }) {
  const [code, setCode] = useState(''), [codes, setCodes] = useState(/** @type {string[] | null} */ (null)), { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); run(async () => setCodes((await api.post('/auth/recovery-codes', { code: code.replaceAll(' ', '') })).recovery_codes)); };
  return html`<${Dialog} title=${t('account.codes_new')} onClose=${() => close(Boolean(codes))} firm=${Boolean(codes)} class="dialog-small">
    ${codes ? html`<${Codes} codes=${codes} onDone=${() => close(true)} />` : html`<form onSubmit=${submit}>
      <${CodeField} value=${code} onInput=${setCode} /><${Refusal} problem=${problem} />
      <div class="dialog-actions"><${Button} type="submit" variant="primary" busy=${busy}>${t('account.codes_new')}<//></div></form>`}
  <//>`;
}

/** @param {{close: (changed: boolean) => void}} props */
export function SecondFactorOff({ close }) {
  const [password, setPassword] = useState(''), { run, busy, problem } = useTask();
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); run(async () => { await api.post('/auth/totp/disable', { password }); close(true); }); };
  return html`<${Dialog} title=${t('account.disable_second_title')} onClose=${() => close(false)} class="dialog-small"><form onSubmit=${submit}>
    <div class="prose"><p>${t('account.disable_second_body')}</p></div>
    <${PasswordField} label=${t('account.your_password')} value=${password} onInput=${setPassword} data-autofocus />
    <${Refusal} problem=${problem} />
    <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close(false)}>${t('ui.cancel')}<//><${Button} type="submit" variant="danger" busy=${busy}>${t('account.disable_second')}<//></div>
  </form><//>`;
}
