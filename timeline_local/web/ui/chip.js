// @ts-check
/** Small labels: a state, a tag, a removable word. */
import { html } from '../core/preact.js';
import { t } from '../core/i18n.js';
import { Icon } from './icon.js';

/** @param {{tone?: 'quiet'|'accent'|'ok'|'warm'|'danger', icon?: string, children?: any}} props */
export function Badge({ tone = 'quiet', icon, children }) {
  return html`<span class=${`badge badge-${tone}`}>${icon ? html`<${Icon} name=${icon} />` : null}${children}</span>`;
}

/** A word that can be taken away again. @param {{children?: any, name: string, onRemove: () => void}} props */
export function RemovableChip({ children, name, onRemove }) {
  return html`<span class="chip-word">${children}<button type="button" aria-label=${t('ui.remove_named', { name })} onClick=${onRemove}><${Icon} name="x" /></button></span>`;
}

/** A pill that opens something. @param {{icon?: string, children?: any, class?: string, [name: string]: any}} props */
export function ChipButton({ icon, children, class: extra, ...rest }) {
  return html`<button type="button" class=${`chip-btn${extra ? ` ${extra}` : ''}`} ...${rest}>${icon ? html`<${Icon} name=${icon} />` : null}<span>${children}</span></button>`;
}
