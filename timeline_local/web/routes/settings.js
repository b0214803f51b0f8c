// @ts-check
/** One column of settings, saved at once, found by typing. */
import { html, useEffect, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { moreTexts, t } from '../core/i18n.js';
import { bootstrap, may, saveSettings } from '../core/session.js';
import { toast } from '../core/toast.js';
import { Icon } from '../ui/icon.js';
import { Page } from '../ui/page.js';
import { useResource } from '../ui/resource.js';
import { Empty, Loading, Trouble } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';
import { About } from './settings/about.js';
import { Account, Leaving, useMe } from './settings/account.js';
import { Administration } from './settings/administration.js';
import { Computer } from './settings/computer.js';
import { DataCopies } from './settings/exports.js';
import { ApiKeys } from './settings/keys.js';
import { Effective } from './settings/effective.js';
import { General, Keyboard, Look } from './settings/general.js';
import { Library } from './settings/library.js';
import { Devices, Security } from './settings/security.js';

await Promise.all([stylesheet('screens.css'), stylesheet('account.css'), moreTexts('account'), moreTexts('data')]);

/** id, component, the texts the search looks in besides the title */
const SECTIONS = /** @type {[string, any, string[]][]} */ ([
  ['general', General, ['name', 'language', 'place_language', 'home_zone', 'birthdays']],
  ['account', Account, ['account_words']],
  ['security', Security, ['security_words']],
  ['devices', Devices, ['devices_words']],
  ['look', Look, ['theme', 'density']],
  ['keyboard', Keyboard, ['single_keys']],
  ['computer', Computer, ['computer_words', 'quit']],
  ['library', Library, ['library_path', 'free_space', 'library_words']],
  ['exports', DataCopies, ['exports_words']],
  ['keys', ApiKeys, ['keys_hint']],
  ['administration', Administration, ['administration_words']],
  ['effective', Effective, ['effective_hint']],
  ['leaving', Leaving, ['leaving_words']],
  ['about', About, ['version', 'licences']],
]);
/** Sections that only some may see, and what they must be allowed. */
const NEEDED = /** @type {Record<string, string>} */ ({ administration: 'admin', exports: 'exports:read', keys: 'keys:write' });

/** @param {{params: Record<string, string>}} props */
export default function Settings({ params }) {
  const [search, setSearch] = useState('');
  const settings = useResource('settings', (signal) => api.get('/settings', { signal }));
  const account = useMe();
  const shown = SECTIONS.filter(([id, , words]) => (!NEEDED[id] || may(NEEDED[id])) && matches(search, [id, ...words]));
  const isReady = Boolean(settings.data && account.data);
  useEffect(() => { if (isReady && params.section) document.getElementById(params.section)?.scrollIntoView(); }, [isReady, params.section]);
  return html`<${Page} title=${t('settings.title')} class="page-narrow page-settings">
    <div class="settings-search input">
      <${Icon} name="search" />
      <input type="search" aria-label=${t('settings.search')} placeholder=${t('settings.search')} value=${search} onInput=${(/** @type {any} */ event) => setSearch(event.currentTarget.value)} />
    </div>
    <p class="sr" role="status">${search ? t('settings.found', { n: shown.length }) : ''}</p>
    ${settings.problem && !settings.data ? html`<${Trouble} problem=${settings.problem} onRetry=${settings.reload} />` : null}
    ${!settings.data && !settings.problem ? html`<${Loading} rows=${6} />` : null}
    ${settings.data ? shown.map(([id, Section]) => html`<section class="settings-section" id=${id} key=${id} aria-labelledby=${`${id}-title`}>
      <h2 id=${`${id}-title`}>${t(`settings.section.${id}`)}</h2>
      <${Section} settings=${settings.data} account=${account} reload=${settings.reload} save=${(/** @type {any} */ changes) => save(settings, changes)} search=${search} />
    </section>`) : null}
    ${settings.data && !shown.length ? html`<${Empty} icon="search" title=${t('settings.nothing_title')}>${t('settings.nothing_body', { text: search })}<//>` : null}
  <//>`;
}

/** @param {string} search @param {string[]} keys */
function matches(search, keys) {
  const wanted = search.trim().toLowerCase();
  const texts = keys.map((key, index) => t(index === 0 ? `settings.section.${key}` : `settings.${key}`));
  return !wanted || texts.some((text) => text.toLowerCase().includes(wanted)) || (keys[0] === 'effective' && wanted.length > 2);
}

/** Save at once, say so, and offer the way back. @param {any} settings @param {Record<string, any>} changes */
async function save(settings, changes) {
  const before = Object.fromEntries(Object.keys(changes).map((key) => [key, settings.data[key]]));
  settings.set({ ...settings.data, ...changes });
  try {
    settings.set(await saveSettings(changes));
    if ('home_zone' in changes && bootstrap.value) bootstrap.value = { ...bootstrap.value, home_zone: changes.home_zone };
    toast({ text: t('settings.saved'), tone: 'ok', undo: () => saveSettings(before).then(settings.set) });
  } catch (problem) {
    settings.set({ ...settings.data, ...before });
    toast({ text: /** @type {any} */ (problem).detail || t('settings.not_saved'), tone: 'danger' });
  }
}
