// @ts-check
/** Step 3: bring something in, or start empty. */
import { html, useState } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { Icon } from '../../ui/icon.js';
import { DropChoice, FolderChoice } from '../imports/choose.js';

/** @param {{finish: (path: string) => void, busy: boolean}} props */
export function Bring({ finish, busy }) {
  const [way, setWay] = useState('folder');
  const done = (/** @type {string} */ id) => finish(`/imports/${id}`);
  return html`<div class="ways" role="group" aria-label=${t('setup.title.2')}>
      <${Way} name="folder" icon="folder" way=${way} onPick=${setWay} />
      <${Way} name="files" icon="upload" way=${way} onPick=${setWay} />
    </div>
    ${way === 'folder' ? html`<${FolderChoice} done=${done} />` : html`<${DropChoice} done=${done} />`}
    <div class="setup-skips">
      <button type="button" class="text-btn" disabled=${busy} onClick=${() => finish('/new')}>${t('setup.write_first')}</button>
      <button type="button" class="text-btn" disabled=${busy} onClick=${() => finish('/timeline')}>${t('setup.start_empty')}</button>
    </div>`;
}

/** @param {{name: string, icon: string, way: string, onPick: (way: string) => void}} props */
function Way({ name, icon, way, onPick }) {
  return html`<button type="button" class="way" aria-pressed=${String(way === name)} onClick=${() => onPick(name)}>
    <${Icon} name=${icon} /><b>${t(`setup.way.${name}`)}</b><span>${t(`setup.way_hint.${name}`)}</span>
  </button>`;
}
