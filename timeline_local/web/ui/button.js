// @ts-check
/** Buttons and links that look like buttons. A busy button keeps its focus and ignores clicks. */
import { html } from '../core/preact.js';
import { Icon } from './icon.js';

/**
 * @param {{variant?: 'primary'|'quiet'|'plain'|'danger', size?: 'small'|'normal'|'large', icon?: string, busy?: boolean,
 *   href?: string, class?: string, children?: any, onClick?: (event: Event) => void, type?: string, [name: string]: any}} props
 */
export function Button({ variant = 'quiet', size = 'normal', icon, busy, href, class: extra, children, onClick, type, ...rest }) {
  const classes = ['btn', `btn-${variant}`, `btn-${size}`, extra].filter(Boolean).join(' ');
  const inner = html`${icon ? html`<${Icon} name=${icon} />` : null}<span>${children}</span>`;
  if (href !== undefined) return html`<a class=${classes} href=${href} onClick=${onClick} ...${rest}>${inner}</a>`;
  const guarded = busy ? (/** @type {Event} */ event) => event.preventDefault() : onClick;
  return html`<button
    class=${classes}
    type=${type ?? 'button'}
    aria-disabled=${busy ? 'true' : undefined}
    aria-busy=${busy ? 'true' : undefined}
    onClick=${guarded}
    ...${rest}
  >${inner}</button>`;
}

/**
 * A round button that shows only an icon; the label is its name and its tooltip.
 * @param {{icon: string, label: string, pressed?: boolean, class?: string, [name: string]: any}} props
 */
export function IconButton({ icon, label, pressed, class: extra, ...rest }) {
  return html`<button
    class=${`icon-btn${extra ? ` ${extra}` : ''}`}
    type="button"
    aria-label=${label}
    title=${label}
    aria-pressed=${pressed === undefined ? undefined : String(pressed)}
    ...${rest}
  ><${Icon} name=${icon} /></button>`;
}
