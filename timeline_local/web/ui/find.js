// @ts-check
/** A search field above a list; what is typed arrives a moment after the last key. */
import { html, useEffect, useState } from '../core/preact.js';
import { Icon } from './icon.js';

const WAIT_MS = 250;

/** @param {{label: string, onFind: (text: string) => void, [name: string]: any}} props */
export function Find({ label, onFind, ...rest }) {
  const [text, setText] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => onFind(text.trim()), WAIT_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return html`<div class="gather-find input"><${Icon} name="search" />
    <input type="search" aria-label=${label} placeholder=${label} value=${text} autocomplete="off" onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)} ...${rest} /></div>`;
}
