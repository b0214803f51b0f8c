// @ts-check
/** Step 1: a name, a language, and where home is on the clock. */
import { html, useState } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { bootstrap, saveSettings } from '../../core/session.js';
import { Button } from '../../ui/button.js';
import { SelectField, TextField } from '../../ui/field.js';
import { Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';
import { localZone, ZoneField } from '../../ui/zone.js';

/** The server's zone; but a machine that only knows UTC says nothing about home, and the browser may know better. @param {string | undefined} zone */
function likelyHome(zone) {
  return zone && !/^(Etc\/)?(UTC|GMT|UCT)$/.test(zone) ? zone : localZone();
}

/** @param {{next: () => void}} props */
export function Yours({ next }) {
  const known = bootstrap.value?.user?.settings ?? {};
  const [form, setForm] = useState({ name: known.name ?? '', language: known.language ?? 'en', home_zone: likelyHome(known.home_zone || bootstrap.value?.home_zone) });
  const { run, busy, problem } = useTask();
  const change = (/** @type {any} */ part) => setForm({ ...form, ...part });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    run(async () => {
      await saveSettings({ ...form, name: form.name.trim() });
      if (bootstrap.value) bootstrap.value = { ...bootstrap.value, home_zone: form.home_zone };
      next();
    });
  };
  return html`<form class="setup-form" onSubmit=${submit}>
    <${TextField} label=${t('settings.name')} hint=${t('setup.name_hint')} value=${form.name} onInput=${(/** @type {string} */ name) => change({ name })} autocomplete="name" maxlength="100" />
    <${SelectField} label=${t('settings.language')} value=${form.language} options=${[{ value: 'en', label: 'English' }]} onChange=${(/** @type {string} */ language) => change({ language })} />
    <${ZoneField} label=${t('settings.home_zone')} hint=${t('setup.zone_hint')} value=${form.home_zone} onChange=${(/** @type {string} */ zone) => change({ home_zone: zone })} />
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
    <div class="setup-actions">
      <${Button} type="submit" variant="primary" size="large" busy=${busy}>${t('setup.continue')}<//>
      <button type="button" class="text-btn" onClick=${next}>${t('setup.skip')}</button>
    </div>
  </form>`;
}
