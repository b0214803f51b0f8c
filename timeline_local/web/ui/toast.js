// @ts-check
/** The corner where short messages appear; read politely, gone by themselves, Undo while they stand. */
import { html } from '../core/preact.js';
import { dismiss, toasts } from '../core/toast.js';
import { t } from '../core/i18n.js';
import { IconButton } from './button.js';
import { Icon } from './icon.js';

const ICONS = /** @type {Record<string, string>} */ ({ info: 'info', ok: 'circle-check', danger: 'circle-alert' });

/** Mount once, near the end of the page. */
export function ToastHost() {
  return html`<div class="toasts" role="status" aria-live="polite">
    ${toasts.value.map((toast) => html`<div class=${`toast toast-${toast.tone}`} key=${toast.id}>
      <${Icon} name=${ICONS[toast.tone] ?? 'info'} />
      <span class="toast-text">${toast.text}</span>
      ${toast.undo ? html`<button type="button" class="toast-action" onClick=${() => run(toast.id, toast.undo)}>${t('ui.undo')}</button>` : null}
      ${toast.action ? html`<button type="button" class="toast-action" onClick=${() => run(toast.id, toast.action?.run)}>${toast.action.label}</button>` : null}
      <${IconButton} icon="x" label=${t('ui.dismiss')} onClick=${() => dismiss(toast.id)} />
    </div>`)}
  </div>`;
}

/** @param {number} id @param {(() => any) | undefined} action */
function run(id, action) {
  dismiss(id);
  action?.();
}
