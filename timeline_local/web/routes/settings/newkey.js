// @ts-check
/** Make an API key; the key itself is shown exactly once. */
import { html, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { may } from '../../core/session.js';
import { Button } from '../../ui/button.js';
import { Checkbox, RadioGroup } from '../../ui/choice.js';
import { CopyButton } from '../../ui/copy.js';
import { Dialog } from '../../ui/dialog.js';
import { SelectField, TextField } from '../../ui/field.js';
import { Note, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';

const READ = ['memories:read', 'media:read', 'timeline:read', 'people:read', 'locations:read', 'collections:read', 'tags:read', 'imports:read', 'exports:read', 'jobs:read', 'settings:read', 'events:read'];
const WRITE = ['memories:write', 'media:write', 'people:write', 'locations:write', 'collections:write', 'imports:write', 'ingest:write', 'exports:write', 'jobs:write', 'settings:write', 'keys:write', 'system:write', 'admin'];
/** The sets people ask for; `null` leaves the choice to the server (everything but admin). */
const PRESETS = /** @type {Record<string, string[] | null>} */ ({
  full: null, read: READ, add: ['memories:read', 'memories:write', 'media:read', 'media:write', 'timeline:read', 'tags:read', 'people:read', 'locations:read'],
  send: ['ingest:write'], custom: [],
});
const DAY_MS = 86_400_000;

/** @param {{close: (key: any) => void}} props */
export function NewKey({ close }) {
  const [made, setMade] = useState(/** @type {any} */ (null));
  return html`<${Dialog} title=${t(made ? 'settings.key_made_title' : 'settings.key_new')} onClose=${() => close(made)} firm=${Boolean(made)} class="dialog-small">
    ${made ? html`<${Shown} made=${made} onDone=${() => close(made)} />` : html`<${KeyForm} onMade=${setMade} />`}
  <//>`;
}

/** @param {{onMade: (key: any) => void}} props */
function KeyForm({ onMade }) {
  const [form, setForm] = useState({ name: '', preset: 'full', days: '0', rate: '', custom: READ });
  const { run, busy, problem } = useTask();
  const change = (/** @type {any} */ next) => setForm({ ...form, ...next });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    if (form.name.trim()) run(async () => onMade(await api.post('/api-keys', wireForm(form))));
  };
  return html`<form onSubmit=${submit}>
    <${TextField} label=${t('settings.key_name')} hint=${t('settings.key_name_hint')} value=${form.name} onInput=${(/** @type {string} */ name) => change({ name })} required maxlength="100" autocomplete="off" data-autofocus />
    <${RadioGroup} legend=${t('settings.key_may')} value=${form.preset} onChange=${(/** @type {string} */ preset) => change({ preset })}
      options=${Object.keys(PRESETS).map((value) => ({ value, label: t(`settings.preset.${value}`), hint: t(`settings.preset_hint.${value}`) }))} />
    ${form.preset === 'custom' ? html`<${ScopeList} chosen=${form.custom} onChange=${(/** @type {string[]} */ custom) => change({ custom })} />` : null}
    <${SelectField} label=${t('settings.key_expiry')} value=${form.days} onChange=${(/** @type {string} */ days) => change({ days })}
      options=${['0', '7', '30', '90', '365'].map((value) => ({ value, label: value === '0' ? t('settings.key_never') : t('settings.key_days', { n: Number(value) }) }))} />
    <${TextField} label=${t('settings.key_rate')} hint=${t('settings.key_rate_hint')} value=${form.rate} onInput=${(/** @type {string} */ rate) => change({ rate })} type="number" min="1" max="10000" step="1" inputmode="numeric" />
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
    <div class="dialog-actions"><${Button} type="submit" variant="primary" busy=${busy} disabled=${!form.name.trim()}>${t('settings.key_create')}<//></div>
  </form>`;
}

/** @param {{name: string, preset: string, days: string, rate: string, custom: string[]}} form */
function wireForm({ name, preset, days, rate, custom }) {
  const scopes = preset === 'custom' ? custom : PRESETS[preset];
  const expires = Number(days) ? new Date(Date.now() + Number(days) * DAY_MS).toISOString() : null;
  return { name: name.trim(), ...(scopes ? { scopes } : {}), ...(expires ? { expires_at: expires } : {}), ...(rate ? { requests_per_s: Number(rate) } : {}) };
}

/** @param {{chosen: string[], onChange: (scopes: string[]) => void}} props */
function ScopeList({ chosen, onChange }) {
  const toggle = (/** @type {string} */ scope) => onChange(chosen.includes(scope) ? chosen.filter((one) => one !== scope) : [...chosen, scope]);
  return html`<fieldset class="choices scope-list">
    <legend class="sr">${t('settings.preset.custom')}</legend>
    ${[...READ, ...WRITE].filter(may).map((scope) => html`<${Checkbox} key=${scope} label=${html`<code>${scope}</code>`} checked=${chosen.includes(scope)} onChange=${() => toggle(scope)} />`)}
  </fieldset>`;
}

/** @param {{made: any, onDone: () => void}} props */
function Shown({ made, onDone }) {
  return html`<div>
    <${Note} tone="warm" icon="key-round">${t('settings.key_once')}<//>
    <label class="field-label" for="new-api-key">${made.name}</label>
    <input id="new-api-key" class="input key-value" type="text" readonly value=${made.key} onFocus=${(/** @type {any} */ event) => event.currentTarget.select()} data-autofocus />
    <div class="dialog-actions">
      <${CopyButton} text=${made.key} label=${t('settings.key_copy')} variant="primary" />
      <${Button} onClick=${onDone}>${t('settings.key_done')}<//>
    </div>
  </div>`;
}
