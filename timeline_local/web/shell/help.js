// @ts-check
/** Every shortcut there is, drawn from the one table that also runs them. */
import { html } from '../core/preact.js';
import { t } from '../core/i18n.js';
import { SHORTCUTS } from '../core/keys.js';
import { Dialog } from '../ui/dialog.js';

const SIGNS = /** @type {Record<string, string>} */ ({ ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc', Delete: 'Del', PageUp: 'Page ↑', PageDown: 'Page ↓' });
/** @param {string} keys */
const spell = (keys) => keys.split(/(?<=.)\+/).map((one) => SIGNS[one] ?? one).join(' + ');

/** @param {{onClose:()=>void}} props */
export function HelpDialog({ onClose }) {
  const scopes = /** @type {const} */ (['global', 'timeline', 'viewer', 'scrubber']);
  return html`<${Dialog} title=${t('help.title')} onClose=${onClose} class="dialog-wide">
    <div class="keys">${scopes.map((scope) => html`<section key=${scope}>
      <h3>${t(`help.${scope}`)}</h3>
      <dl>${SHORTCUTS.filter((one) => one.scope === scope).map((one) => html`<div key=${one.id}>
        <dt>${t(`keys.${one.id}`)}</dt><dd>${one.keys.map((keys) => html`<kbd key=${keys}>${spell(keys)}</kbd>`)}</dd></div>`)}</dl>
    </section>`)}</div>
  <//>`;
}
