// @ts-check
/** An address that leads nowhere, or a screen that could not be loaded. */
import { html, useEffect } from '../core/preact.js';
import { t } from '../core/i18n.js';
import { title } from '../core/router.js';

export function NotFound() {
  useEffect(() => title(t('not_found.title')), []);
  return html`<div class="page"><header class="page-head"><div><h1>${t('not_found.title')}</h1><p class="sub">${t('not_found.body')}</p></div></header>
    <a class="btn btn-primary" href="/timeline"><span>${t('nav.timeline')}</span></a></div>`;
}
