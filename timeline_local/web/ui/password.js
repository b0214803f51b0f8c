// @ts-check
/** A password that can be looked at, and one that is being chosen. */
import { html, useState } from '../core/preact.js';
import { t } from '../core/i18n.js';
import { IconButton } from './button.js';
import { Field } from './field.js';

/** Shorter ones are refused by the server, too. */
export const SHORTEST = 10;

/** @param {{label: any, value: string, onInput: (value: string) => void, hint?: any, error?: any, fresh?: boolean, [name: string]: any}} props  fresh: a new one is chosen */
export function PasswordField({ label, value, onInput, hint, error, fresh, ...rest }) {
  const [shown, setShown] = useState(false);
  return html`<${Field} label=${label} hint=${hint} error=${error}>
    ${(/** @type {any} */ wiring) => html`<span class="password">
      <input class="input" type=${shown ? 'text' : 'password'} value=${value} autocomplete=${fresh ? 'new-password' : 'current-password'} autocapitalize="off" spellcheck=${false} maxlength="1024" required
        onInput=${(/** @type {any} */ event) => onInput(event.currentTarget.value)} ...${wiring} ...${rest} />
      <${IconButton} icon=${shown ? 'eye-off' : 'eye'} label=${t(shown ? 'account.hide_password' : 'account.show_password')} onClick=${() => setShown(!shown)} />
    </span>`}
  <//>`;
}

/** @param {{label?: any, value: string, onInput: (value: string) => void, error?: any, [name: string]: any}} props */
export function NewPasswordField({ label, value, onInput, error, ...rest }) {
  const short = value.length > 0 && value.length < SHORTEST;
  return html`<${PasswordField} label=${label ?? t('account.new_password')} value=${value} onInput=${onInput} error=${error} fresh hint=${t(short ? 'account.password_short' : 'account.password_hint', { n: short ? SHORTEST - value.length : SHORTEST })} ...${rest} />`;
}
