// @ts-check
/** For administrators: people with accounts, invitations, what happened, how the server is, and its upkeep. */
import { html, useEffect, useState } from '../core/preact.js';
import { moreTexts, t } from '../core/i18n.js';
import { may } from '../core/session.js';
import { Page } from '../ui/page.js';
import { Empty } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';

await Promise.all([stylesheet('screens.css'), stylesheet('account.css'), stylesheet('admin.css'), moreTexts('account'), moreTexts('admin')]);

const SECTIONS = /** @type {[string, () => Promise<any>][]} */ ([
  ['users', () => import('./admin/users.js')],
  ['invitations', () => import('./admin/invitations.js')],
  ['audit', () => import('./admin/audit.js')],
  ['health', () => import('./admin/health.js')],
  ['maintenance', () => import('./admin/maintenance.js')],
  ['settings', () => import('./admin/report.js')],
]);

/** @param {{params: Record<string, string>}} props */
export default function Admin({ params }) {
  const section = params.section ?? 'users';
  const [View, setView] = useState(/** @type {any} */ (null));
  useEffect(() => {
    let isCurrent = true;
    setView(null);
    SECTIONS.find(([name]) => name === section)?.[1]().then((module) => { if (isCurrent) setView(() => module.default); });
    return () => { isCurrent = false; };
  }, [section]);
  if (!may('admin')) return html`<${Page} title=${t('nav.admin')}><${Empty} icon="lock" title=${t('ui.forbidden_title')}>${t('admin.forbidden')}<//><//>`;
  return html`<${Page} title=${t(`admin.title.${section}`)} crumb=${html`<a href="/settings">${t('nav.settings')}</a> · ${t('nav.admin')}`} class="page-admin">
    <nav class="tabs" aria-label=${t('nav.admin')}>${SECTIONS.map(([name]) => html`<a key=${name} href=${`/admin/${name}`} aria-current=${name === section ? 'page' : undefined}>${t(`admin.tab.${name}`)}</a>`)}</nav>
    ${View ? html`<${View} />` : null}
  <//>`;
}
