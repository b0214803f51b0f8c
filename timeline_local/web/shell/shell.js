// @ts-check
/** The frame of every screen: top bar with search, rail (a bottom bar on phones), the screen itself, the banner. */
import { html, useEffect, useRef, useState } from '../core/preact.js';
import { api, offline } from '../core/api.js';
import { t } from '../core/i18n.js';
import { bind } from '../core/keys.js';
import { navigate, route as current } from '../core/router.js';
import { applySettings, bootstrap, saveSettings } from '../core/session.js';
import { BrandMark, Icon } from '../ui/icon.js';

/** route names, icon, address, word */
const NAV = /** @type {(null | [string[], string, string, string])[]} */ ([
  [['timeline', 'search', 'memory', 'conversation'], 'gallery-vertical-end', '/timeline', 'nav.timeline'],
  [['people', 'person'], 'users', '/people', 'nav.people'],
  [['places', 'place'], 'map-pin', '/places', 'nav.places'],
  [['collections', 'collection'], 'layout-grid', '/collections', 'nav.collections'],
  [['thisday'], 'calendar', '/onthisday', 'nav.thisday'],
  null,
  [['imports', 'import', 'guides'], 'folder-input', '/imports', 'nav.imports'],
  [['jobs'], 'list-checks', '/jobs', 'nav.jobs'],
  [['trash', 'trash-files'], 'trash-2', '/trash', 'nav.trash'],
  [['settings', 'admin'], 'settings', '/settings', 'nav.settings'],
]);
const OFFERS = 'search-offers';
/** How many of them a phone shows at its lower edge; the others are in its menu. */
const WITHIN_REACH = 4;
const CARRIED = NAV.filter((entry) => entry !== null).slice(WITHIN_REACH).map((entry) => /** @type {any} */ (entry));

/** @param {{route:import('../core/router.js').Route, alone:boolean, late:Record<string, any>}} props */
export function Shell({ route, alone, late }) {
  const [help, setHelp] = useState(false);
  const searchField = useRef(/** @type {HTMLInputElement|null} */ (null));
  useEffect(() => bind('global', {
    search: () => { searchField.current?.focus(); searchField.current?.select(); },
    new: openNew,
    help: () => setHelp(true),
    theme: switchTheme,
    undo: () => { import('../core/toast.js').then(({ undoLast }) => undoLast()); },
    'go-timeline': () => navigate('/timeline'), 'go-imports': () => navigate('/imports'), 'go-jobs': () => navigate('/jobs'),
    'go-trash': () => navigate('/trash'), 'go-settings': () => navigate('/settings'), 'go-people': () => navigate('/people'),
    'go-places': () => navigate('/places'), 'go-collections': () => navigate('/collections'), 'go-thisday': () => navigate('/onthisday'),
  }), []);
  const extras = html`${offline.value ? html`<${Banner} />` : null}${late.ToastHost ? html`<${late.ToastHost} />` : null}
    ${help && late.HelpDialog ? html`<${late.HelpDialog} onClose=${() => setHelp(false)} />` : null}`;
  if (alone) return html`<div class="alone"><main id="main" tabindex="-1"><${Screen} route=${route} /></main>${extras}</div>`;
  return html`<div class="shell">
    <header class="shell-head">
      <a class="brand" href="/timeline" aria-label=${t('nav.home')}><${BrandMark} /><span>Timeline Local</span></a>
      <div class="top">
        <${SearchBox} field=${searchField} />
        <span class="top-grow"></span>
        <a class="btn btn-primary new" href="/new" onClick=${(/** @type {MouseEvent} */ event) => { if (!event.ctrlKey && !event.metaKey && !event.shiftKey && openNew()) event.preventDefault(); }}><${Icon} name="plus" /><span>${t('nav.new')}</span></a>
        <button class="icon-btn optional" type="button" aria-label=${t('nav.help')} title=${t('nav.help')} onClick=${() => setHelp(true)}><${Icon} name="keyboard" /></button>
        <${ThemeButton} />
      </div>
    </header>
    <nav class="rail" aria-label=${t('nav.main')}>
      ${NAV.map((entry, k) => (entry ? html`<a key=${entry[2]} href=${entry[2]} title=${t(entry[3])} class=${CARRIED.includes(entry) ? 'is-far' : undefined} aria-current=${entry[0].includes(route.name) ? 'page' : undefined}><${Icon} name=${entry[1]} /><span>${t(entry[3])}</span></a>` : html`<hr key=${k} />`))}
      <button type="button" class="rail-more" aria-haspopup="dialog" aria-current=${CARRIED.some((entry) => entry[0].includes(route.name)) ? 'page' : undefined} onClick=${() => import('./menu.js').then(({ openMenu }) => openMenu(CARRIED))}><${Icon} name="ellipsis" /><span>${t('nav.more')}</span></button>
      <div class="rail-foot">${late.JobCard ? html`<${late.JobCard} />` : null}</div>
    </nav>
    <${Screen} route=${route} inShell=${true} />
    ${extras}
  </div>`;
}

/** Write over the screen one is on; at /new the editor is already there. */
function openNew() {
  if (current.value.name === 'capture') return false;
  import('../routes/capture.js').then(({ openCapture }) => openCapture());
  return true;
}

/** The module of a route, imported when first needed. @param {{route:import('../core/router.js').Route, inShell?:boolean}} props */
function Screen({ route, inShell = false }) {
  const [loaded, setLoaded] = useState(/** @type {any} */ (null));
  const previous = useRef('');
  const group = route.name === 'search' ? 'timeline' : route.name;
  const away = offline.value;
  useEffect(() => {
    if (loaded?.group === group && loaded.View !== Unreachable) return undefined;
    let isCurrent = true;
    const arrive = (/** @type {any} */ View) => isCurrent && setLoaded({ View, group });
    const load = route.load ? route.load().then((/** @type {any} */ module) => module.default) : import('./not_found.js').then(({ NotFound }) => NotFound);
    load.then(arrive, () => { arrive(Unreachable); api.get('/health').catch(() => {}); });
    return () => { isCurrent = false; };
  }, [group, away]);
  useEffect(() => {
    if (previous.current && previous.current !== group) document.getElementById('main')?.focus({ preventScroll: true });
    previous.current = group;
  }, [group]);
  const ready = loaded && loaded.group === group;
  if (!inShell) return ready ? html`<${loaded.View} params=${route.params} query=${route.query} route=${route} />` : null;
  return html`<main class=${group === 'timeline' ? 'main' : 'main main-page'} id="main" tabindex="-1">
    ${ready ? html`<${loaded.View} key=${group} params=${route.params} query=${route.query} route=${route} />` : null}
  </main>`;
}

/** A screen whose module could not be fetched: it comes by itself when the server is back. */
function Unreachable() {
  return html`<div class="page"><header class="page-head"><div><h1>${t('offline.title')}</h1><p class="sub">${t('offline.body')}</p></div></header></div>`;
}

/** A combobox; its list arrives with the first focus. @param {{field:{current:HTMLInputElement|null}}} props */
function SearchBox({ field }) {
  const asked = current.value.name === 'search' ? current.value.query.q ?? '' : '';
  const [text, setText] = useState(asked), [isOpen, setOpen] = useState(false);
  const [Offers, setOffers] = useState(/** @type {any} */ (null));
  const [told, tell] = useState({ isShown: false, active: '' });
  const keys = useRef(/** @type {((event: KeyboardEvent) => boolean)|null} */ (null));
  useEffect(() => setText(asked), [asked]);
  const close = () => { setOpen(false); tell({ isShown: false, active: '' }); };
  const open = () => {
    setOpen(true);
    if (!Offers) import('./offers.js').then(async (module) => { await module.ready; setOffers(() => module.Offers); }, () => {});
  };
  const go = (/** @type {string} */ wanted) => {
    const q = wanted.trim();
    close();
    setText(q);
    if (q) import('../core/recent.js').then(({ rememberSearch }) => rememberSearch(bootstrap.value?.user?.id ?? '', q), () => {});
    navigate(q ? `/search?q=${encodeURIComponent(q)}` : '/timeline');
  };
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); go(text); };
  const clear = () => { setText(''); if (asked) go(''); field.current?.focus(); open(); };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing) return;
    if (isOpen && keys.current?.(event)) { event.preventDefault(); event.stopPropagation(); return; }
    if (event.key === 'ArrowDown') { event.preventDefault(); open(); }
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    if (told.isShown) close(); else if (text) clear(); else field.current?.blur();
  };
  const leave = (/** @type {FocusEvent} */ event) => { if (!(/** @type {HTMLElement} */ (event.currentTarget).contains(/** @type {Node|null} */ (event.relatedTarget)))) close(); };
  return html`<form class="search" role="search" onSubmit=${submit} onFocusOut=${leave}>
    <${Icon} name="search" />
    <input ref=${field} type="text" name="q" maxlength="1000" autocomplete="off" autocapitalize="none" spellcheck=${false} enterkeyhint="search" aria-label=${t('search.label')} placeholder=${t('search.placeholder')}
      role="combobox" aria-autocomplete="list" aria-expanded=${String(told.isShown)} aria-controls=${OFFERS} aria-activedescendant=${told.active || undefined}
      value=${text} onInput=${(/** @type {any} */ event) => { setText(event.currentTarget.value); open(); }} onFocus=${() => { if (!text) open(); }} onKeyDown=${press} />
    ${text ? html`<button class="search-clear" type="button" aria-label=${t('search.clear')} onClick=${clear}><${Icon} name="x" /></button>` : html`<kbd aria-hidden="true">/</kbd>`}
    ${isOpen && Offers ? html`<${Offers} id=${OFFERS} text=${text} field=${field} keys=${keys} onTell=${tell} onText=${setText} onGo=${go} onClose=${close} />` : html`<div id=${OFFERS} hidden></div>`}
  </form>`;
}

const isDark = () => {
  const theme = document.documentElement.dataset.theme;
  return theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
};

/** The other of light and dark, at once; kept in the settings (a refusal leaves it for this page). */
export function switchTheme() {
  const theme = isDark() ? 'light' : 'dark';
  applySettings({ theme });
  const boot = bootstrap.value;
  if (boot) bootstrap.value = { ...boot, user: { ...boot.user, settings: { ...boot.user?.settings, theme } } };
  saveSettings({ theme }).catch(() => {});
}

function ThemeButton() {
  const theme = bootstrap.value?.user?.settings?.theme;
  const dark = theme ? isDark() : isDark();
  return html`<button class="icon-btn" type="button" aria-label=${t(dark ? 'nav.light' : 'nav.dark')} title=${t(dark ? 'nav.light' : 'nav.dark')} onClick=${switchTheme}><${Icon} name=${dark ? 'sun' : 'moon'} /></button>`;
}

/** The server is gone: say so, and that nothing needs doing. */
function Banner() {
  const retry = () => api.get('/health').then(() => { offline.value = false; }, () => {});
  return html`<div class="banner" role="status"><${Icon} name="unplug" /><span><b>${t('offline.title')}</b> ${t('offline.body')}</span><button class="text-btn" type="button" onClick=${retry}>${t('offline.retry')}</button></div>`;
}
