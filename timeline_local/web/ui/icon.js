// @ts-check
/** One icon of the shipped sprite (assets/icons.svg). Decorative unless `label` is given. */
import { html } from '../core/preact.js';

const SPRITE = new URL('../assets/icons.svg', import.meta.url).pathname;

/** @param {{name: string, label?: string, class?: string}} props */
export function Icon({ name, label, class: extra }) {
  const naming = label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': 'true' };
  return html`<svg class=${`icon${extra ? ` ${extra}` : ''}`} focusable="false" ...${naming}>
    <use href=${`${SPRITE}#${name}`} />
  </svg>`;
}

/** The clock of the brand: drawn inline because it is the first thing on the screen. */
export function BrandMark() {
  return html`<svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <circle cx="16" cy="16" r="14" fill="none" stroke="currentColor" stroke-width="2.5" />
    <path d="M16 6v10l7 4" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" />
  </svg>`;
}
