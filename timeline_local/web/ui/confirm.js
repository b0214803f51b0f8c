// @ts-check
/** Ask before something that cannot be undone with one key. */
import { html, useState } from '../core/preact.js';
import { t } from '../core/i18n.js';
import { Button } from './button.js';
import { Dialog, present } from './dialog.js';
import { TextField } from './field.js';

/**
 * True when the owner agreed. `typed` is a text they must repeat first (used above 100 memories).
 * @param {{title: string, body: any, action: string, danger?: boolean, typed?: string}} question
 * @returns {Promise<boolean>}
 */
export async function confirm(question) {
  return (await present(Confirm, question)) === true;
}

/** @param {{title: string, body: any, action: string, danger?: boolean, typed?: string, close: (agreed: boolean) => void}} props */
function Confirm({ title, body, action, danger, typed, close }) {
  const [text, setText] = useState('');
  const ready = !typed || text.trim() === typed;
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (ready) close(true);
  };
  return html`<${Dialog} title=${title} onClose=${() => close(false)} class="dialog-small">
    <form onSubmit=${submit}>
      <div class="prose">${body}</div>
      ${typed
        ? html`<${TextField} label=${t('ui.type_to_confirm', { text: typed })} value=${text} onInput=${setText} autocomplete="off" inputmode="numeric" data-autofocus />`
        : null}
      <div class="dialog-actions">
        <${Button} variant="plain" onClick=${() => close(false)} data-autofocus=${typed ? undefined : true}>${t('ui.cancel')}<//>
        <${Button} type="submit" variant=${danger ? 'danger' : 'primary'} disabled=${!ready}>${action}<//>
      </div>
    </form>
  <//>`;
}
