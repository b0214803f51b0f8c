// @ts-check
/** The picture that stands for a person, a place or a collection; initials or a sign when there is none. */
import { html } from '../core/preact.js';
import { Icon } from './icon.js';

/** @param {{picture: string | {grid: string | null} | null | undefined, name: string, icon?: string, round?: boolean}} props */
export function Cover({ picture, name, icon, round }) {
  const address = typeof picture === 'string' ? picture : picture?.grid;
  return html`<span class=${`cover${round ? ' cover-round' : ''}`} aria-hidden="true">
    ${address ? html`<img src=${address} alt="" loading="lazy" decoding="async" />` : icon ? html`<${Icon} name=${icon} />` : initials(name)}
  </span>`;
}

/** "AM" of "Ana Maria da Silva": the first letters of the first two words. @param {string} name */
const initials = (name) => name.trim().split(/\s+/).slice(0, 2).map((word) => [...word][0] ?? '').join('').toUpperCase();
