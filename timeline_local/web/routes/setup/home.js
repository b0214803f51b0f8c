// @ts-check
/** Step 2: where the library lives, in plain words. */
import { html } from '../../core/preact.js';
import { moreTexts, t } from '../../core/i18n.js';
import { bootstrap, may } from '../../core/session.js';
import { Button } from '../../ui/button.js';
import { bytes } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { stylesheet } from '../../ui/stylesheet.js';
import { Moving, useLibraries } from '../settings/libraries.js';

await Promise.all([stylesheet('account.css'), moreTexts('data')]);

const PROMISES = [['lock', 'setup.promise_private'], ['folder', 'setup.promise_folder'], ['undo-2', 'setup.promise_undo']];

/** @param {{next: () => void}} props */
export function Home({ next }) {
  const library = bootstrap.value?.library;
  return html`<div class="library-card">
      <span class="row-mark"><${Icon} name="hard-drive" /></span>
      <div class="row-text">
        <b>${t('settings.library_path')}</b>
        <code class="path">${library?.path ?? '…'}</code>
        <span class="row-meta">${library ? t('settings.free_space_value', { size: bytes(library.free_bytes) }) : ''}</span>
      </div>
    </div>
    ${may('admin') ? html`<${Elsewhere} />` : null}
    <ul class="promises">${PROMISES.map(([icon, key]) => html`<li key=${key}><${Icon} name=${icon} /><span><b>${t(key)}</b>${t(`${key}_body`)}</span></li>`)}</ul>
    <div class="setup-actions">
      <${Button} variant="primary" size="large" onClick=${next}>${t('setup.continue')}<//>
    </div>`;
}

/** Another folder, before anything is in it. */
function Elsewhere() {
  const isEmpty = !bootstrap.value?.memories && !bootstrap.value?.trashed;
  return html`<${Moving} list=${useLibraries()} isEmpty=${isEmpty} />`;
}
