// @ts-check
/** The frame of a screen that is not the timeline: crumb, h1, a word at the right, content. */
import { html, useEffect } from '../core/preact.js';
import { title as setTitle } from '../core/router.js';

/** @param {{title: string, crumb?: any, sub?: any, aside?: any, class?: string, children?: any}} props */
export function Page({ title, crumb, sub, aside, class: extra, children }) {
  useEffect(() => setTitle(title), [title]);
  return html`<div class=${`page${extra ? ` ${extra}` : ''}`}>
    <header class="page-head">
      <div>
        ${crumb ? html`<p class="crumb">${crumb}</p>` : null}
        <h1>${title}</h1>
        ${sub ? html`<p class="sub">${sub}</p>` : null}
      </div>
      ${aside ? html`<div class="page-aside">${aside}</div>` : null}
    </header>
    ${children}
  </div>`;
}
