// @ts-check
/** What does not fit at the lower edge of a phone. */
import { html } from '../core/preact.js';
import { t } from '../core/i18n.js';
import { bootstrap, may, signOut } from '../core/session.js';
import { Dialog, present } from '../ui/dialog.js';
import { Icon } from '../ui/icon.js';

/** @param {[string[], string, string, string][]} places */
export const openMenu = (places) => present(Menu, { places });

/** @param {{places: [string[], string, string, string][], close: (result: null) => void}} props */
function Menu({ places, close }) {
  const done = () => close(null);
  return html`<${Dialog} title=${t('nav.more')} note=${bootstrap.value?.user?.settings?.name ?? ''} onClose=${done} class="dialog-small">
    <nav class="menu" aria-label=${t('nav.more')}>
      ${places.map(([, icon, path, word]) => html`<a key=${path} href=${path} onClick=${done}><${Icon} name=${icon} />${t(word)}</a>`)}
      ${may('admin') ? html`<a href="/admin" onClick=${done}><${Icon} name="shield-check" />${t('nav.admin')}</a>` : null}
      <button type="button" onClick=${() => { done(); signOut(); }}><${Icon} name="log-out" />${t('nav.sign_out')}</button>
    </nav>
  <//>`;
}
