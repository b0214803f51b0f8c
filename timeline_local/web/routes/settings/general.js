// @ts-check
/** Who this is, how it looks, and the keys. */
import { html, useEffect, useState } from '../../core/preact.js';
import { t } from '../../core/i18n.js';
import { Segments, Switch } from '../../ui/choice.js';
import { SelectField, TextField } from '../../ui/field.js';
import { ZoneField } from '../../ui/zone.js';

/** Languages the interface is complete in; names are written in their own language. */
const LANGUAGES = [{ value: 'en', label: 'English' }];
/** Languages that the server has names of places in. */
const PLACE_LANGUAGES = 'ar az ba be bg bn ca cs cy da de el en eo es et eu fa fi fr ga he hi hr hu hy id is it ja ka kab ko lo lt lv mk nb nl pl pt pt-PT ro ru sc sk sl sr sv ta th tr uk vi zh zh-Hant'.split(' ');

/** @returns {{value: string, label: string}[]} every language in itself, after the browser's own */
function placeLanguages() {
  const named = PLACE_LANGUAGES.map((value) => ({ value, label: new Intl.DisplayNames([value], { type: 'language' }).of(value) ?? value }));
  return [{ value: '', label: t('settings.place_language_browser') }, ...named.sort((a, b) => a.label.localeCompare(b.label))];
}

/** @typedef {{settings: any, save: (changes: Record<string, any>) => Promise<void>}} SectionProps */

/** @param {SectionProps} props */
export function General({ settings, save }) {
  const [name, setName] = useState(settings.name ?? '');
  useEffect(() => setName(settings.name ?? ''), [settings.name]);
  const keep = () => name.trim() !== (settings.name ?? '') && save({ name: name.trim() });
  return html`
    <${TextField} label=${t('settings.name')} hint=${t('settings.name_hint')} value=${name} onInput=${setName} autocomplete="name" maxlength="100"
      onBlur=${keep} onKeyDown=${(/** @type {KeyboardEvent} */ event) => event.key === 'Enter' && keep()} />
    <${SelectField} label=${t('settings.language')} value=${settings.language ?? 'en'} options=${LANGUAGES} onChange=${(/** @type {string} */ language) => save({ language })} />
    <${SelectField} label=${t('settings.place_language')} hint=${t('settings.place_language_hint')} value=${settings.place_language ?? ''} options=${placeLanguages()} onChange=${(/** @type {string} */ language) => save({ place_language: language }).then(() => location.reload())} />
    <${ZoneField} label=${t('settings.home_zone')} hint=${t('settings.home_zone_hint')} value=${settings.home_zone ?? ''} onChange=${(/** @type {string} */ zone) => save({ home_zone: zone })} />
    <${Switch} label=${t('settings.birthdays')} hint=${t('settings.birthdays_hint')} checked=${settings.birthdays !== false} onChange=${(/** @type {boolean} */ on) => save({ birthdays: on })} />`;
}

/** @param {SectionProps} props */
export function Look({ settings, save }) {
  return html`
    <${Segments} legend=${t('settings.theme')} value=${settings.theme ?? 'system'} onChange=${(/** @type {string} */ theme) => save({ theme })}
      options=${['system', 'light', 'dark'].map((value) => ({ value, label: t(`settings.theme_${value}`) }))} />
    <${Segments} legend=${t('settings.density')} hint=${t('settings.density_hint')} value=${settings.density ?? 'medium'} onChange=${(/** @type {string} */ density) => save({ density })}
      options=${['small', 'medium', 'large'].map((value) => ({ value, label: t(`settings.density_${value}`) }))} />`;
}

/** @param {SectionProps} props */
export function Keyboard({ settings, save }) {
  return html`<${Switch} label=${t('settings.single_keys')} hint=${t('settings.single_keys_hint')} checked=${settings.single_key_shortcuts !== false}
    onChange=${(/** @type {boolean} */ on) => save({ single_key_shortcuts: on })} />`;
}
