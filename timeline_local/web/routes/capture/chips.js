// @ts-check
/** When and tags: chips that open a small panel below them. */
import { html, useEffect, useRef, useState } from '../../core/preact.js';
import { clockAsThere, fuzzyDate, parseIsoDay, shortDayLabel, today } from '../../core/dates.js';
import { t } from '../../core/i18n.js';
import { ChipButton } from '../../ui/chip.js';
import { TextField } from '../../ui/field.js';
import { TagsField } from '../../ui/tags.js';
import { ZoneField } from '../../ui/zone.js';
import { parseWhen } from './when.js';

/** @param {{form: any, change: (part: any) => void, home?: string}} props */
export function Chips({ form, change, home }) {
  const [open, setOpen] = useState(/** @type {string} */ (''));
  const toggle = (/** @type {string} */ name) => setOpen(open === name ? '' : name);
  const label = whenLabel(form, home);
  return html`<div class="editor-chips">
    <div class="chips">
      <${ChipButton} icon="clock" aria-expanded=${String(open === 'when')} class=${label ? '' : 'is-bad'} onClick=${() => toggle('when')}>${label ?? t('capture.when_bad_short')}<//>
      <${ChipButton} icon="tag" aria-expanded=${String(open === 'tags')} onClick=${() => toggle('tags')}>${form.tags.length ? form.tags.map((/** @type {string} */ tag) => `#${tag}`).join(' ') : t('capture.add_tags')}<//>
    </div>
    ${open === 'when' ? html`<${Panel} key="when"><${When} form=${form} change=${change} label=${label} /><//>` : null}
    ${open === 'tags' ? html`<${Panel} key="tags"><${TagsField} label=${t('capture.tags')} hint=${t('capture.tags_hint')} tags=${form.tags} onChange=${(/** @type {string[]} */ tags) => change({ tags })} /><//>` : null}
  </div>`;
}

/** What a chip opens; brought into view, because the words above may fill the screen. @param {{children?: any}} props */
function Panel({ children }) {
  const panel = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => panel.current?.scrollIntoView({ block: 'nearest' }), []);
  return html`<div class="editor-panel" ref=${panel}>${children}</div>`;
}

/** @param {{form: any, change: (part: any) => void, label: string | null}} props */
function When({ form, change, label }) {
  const when = parseWhen(form.when);
  const picked = when && 'local_at' in when ? when.local_at.slice(0, 16) : '';
  return html`<${TextField} label=${t('capture.when')} value=${form.when} onInput=${(/** @type {string} */ text) => change({ when: text })} placeholder=${t('capture.when_now')}
      autocomplete="off" hint=${label ? t('capture.when_means', { date: label }) : null} error=${label ? null : t('capture.when_bad')} />
    <div class="when-more">
      <label class="field"><span class="field-label">${t('capture.when_pick')}</span>
        <input class="input" type="datetime-local" value=${picked} onInput=${(/** @type {any} */ event) => event.currentTarget.value && change({ when: event.currentTarget.value.replace('T', ' ') })} /></label>
      <${ZoneField} label=${t('capture.zone')} value=${form.zone} onChange=${(/** @type {string} */ zone) => change({ zone })} none />
    </div>
    <p class="field-hint">${t('capture.when_examples')}</p>`;
}

const SEASONS = /** @type {Record<string, string>} */ ({ 21: 'spring', 22: 'summer', 23: 'autumn', 24: 'winter' });

/** "Today, 21:12", "Sat 14 Jun 2019", "June 2019", "summer 1999", "about 1987"; null when not understood. @param {any} form @param {string} [home] */
export function whenLabel(form, home) {
  const when = parseWhen(form.when);
  if (!when) return null;
  if ('local_at' in when) {
    const day = parseIsoDay(when.local_at.slice(0, 10)) ?? today();
    const year = new Date().getFullYear() === Number(when.local_at.slice(0, 4)) ? '' : ` ${when.local_at.slice(0, 4)}`;
    return `${shortDayLabel(day)}${year}, ${clockAsThere(when.local_at, form.zone, home)}`;
  }
  return edtfLabel(when.when);
}

/** @param {string} edtf */
function edtfLabel(edtf) {
  const text = edtf.replace(/[~?%]$/, '');
  const wrap = (/** @type {string} */ label) => (text === edtf ? label : t('capture.about', { date: label }));
  if (/^\d{3}X$/.test(text)) return wrap(t('dates.decade', { year: `${text.slice(0, 3)}0` }));
  if (/^\d{4}-2[1-4]$/.test(text)) return wrap(t(`dates.season.${SEASONS[text.slice(5)]}`, { year: text.slice(0, 4) }));
  if (/^\d{4}$/.test(text)) return wrap(text);
  if (/^\d{4}-\d{2}$/.test(text)) return wrap(fuzzyDate({ local_at: `${text}-01`, precision: 'month' }));
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return wrap(fuzzyDate({ local_at: text, precision: 'day' }));
  return edtf;
}
