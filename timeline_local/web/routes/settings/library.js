// @ts-check
/** Where the library lives and how much room is left. */
import { html } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { bootstrap, may } from '../../core/session.js';
import { CopyButton } from '../../ui/copy.js';
import { bytes } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { Moving, Others, useLibraries } from './libraries.js';

export function Library() {
  const library = bootstrap.value?.library;
  if (!library) return null;
  return html`<div class="library-card">
    <span class="row-mark"><${Icon} name="hard-drive" /></span>
    <div class="row-text">
      <b>${library.name || t('settings.library_path')}</b>
      <code class="path">${library.path}</code>
      <span class="row-meta">${t('settings.free_space_value', { size: bytes(library.free_bytes) })} · ${t('ui.memories', { n: bootstrap.value?.memories ?? 0 })}</span>
    </div>
    <${CopyButton} text=${library.path} label=${t('settings.copy_path')} />
  </div>
  <p class="field-hint">${t('settings.library_hint')}</p>
  ${may('admin') ? html`<${Places} />` : null}`;
}

function Places() {
  const list = useLibraries();
  return html`<${Moving} list=${list} /><${Others} list=${list} />`;
}
