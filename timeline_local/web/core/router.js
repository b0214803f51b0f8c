// @ts-check
/** Addresses to screens. Screens are imported when first shown; every one of them sets its own title and h1. */
import { signal } from './preact.js';

/** name, pattern, the module that draws it (default export: a component given {params, query}) */
export const ROUTES = /** @type {[string, string, () => Promise<any>][]} */ ([
  ['timeline', '/', () => import('../routes/timeline.js')],
  ['timeline', '/timeline', () => import('../routes/timeline.js')],
  ['search', '/search', () => import('../routes/timeline.js')],
  ['memory', '/m/:id', () => import('../routes/memory.js')],
  ['capture', '/new', () => import('../routes/capture.js')],
  ['imports', '/imports', () => import('../routes/imports.js')],
  ['import', '/imports/:id', () => import('../routes/imports.js')],
  ['guides', '/guides', () => import('../routes/guides.js')],
  ['guides', '/guides/:name', () => import('../routes/guides.js')],
  ['jobs', '/jobs', () => import('../routes/jobs.js')],
  ['trash', '/trash', () => import('../routes/trash.js')],
  ['trash-files', '/trash/files', () => import('../routes/trash/files.js')],
  ['settings', '/settings', () => import('../routes/settings.js')],
  ['settings', '/settings/:section', () => import('../routes/settings.js')],
  ['setup', '/setup', () => import('../routes/setup.js')],
  ['people', '/people', () => import('../routes/people.js')],
  ['person', '/people/:id', () => import('../routes/person.js')],
  ['collections', '/collections', () => import('../routes/collections.js')],
  ['collection', '/collections/:id', () => import('../routes/collection.js')],
  ['conversation', '/conversations/:id', () => import('../routes/conversation.js')],
  ['thisday', '/onthisday', () => import('../routes/thisday.js')],
  ['thisday', '/onthisday/:day', () => import('../routes/thisday.js')],
  ['places', '/places', () => import('../routes/places.js')],
  ['place', '/places/:id', () => import('../routes/place.js')],
  ['admin', '/admin', () => import('../routes/admin.js')],
  ['admin', '/admin/:section', () => import('../routes/admin.js')],
  ['reset', '/reset', () => import('../routes/reset.js')],
  ['register', '/register', () => import('../routes/register.js')],
  ['verify', '/verify', () => import('../routes/verify.js')],
]);

/** @typedef {{name:string, params:Record<string,string>, query:Record<string,string>, path:string, load:(()=>Promise<any>)|null}} Route */

/** @param {string} pathname @param {string} [search] @returns {Route} */
export function match(pathname, search = '') {
  const parts = pathname.split('/').filter(Boolean);
  const query = Object.fromEntries(new URLSearchParams(search));
  for (const [name, pattern, load] of ROUTES) {
    const wanted = pattern.split('/').filter(Boolean);
    if (wanted.length !== parts.length) continue;
    /** @type {Record<string,string>} */
    const params = {};
    const fits = wanted.every((piece, k) => (piece.startsWith(':') ? ((params[piece.slice(1)] = decode(parts[k])), true) : piece === parts[k]));
    if (fits) return { name, params, query, path: pathname + search, load };
  }
  return { name: 'not-found', params: {}, query, path: pathname + search, load: null };
}

/** @param {string} text */
function decode(text) { try { return decodeURIComponent(text); } catch { return text; } }

const here = () => match(location.pathname, location.search);
export const route = signal(typeof location === 'undefined' ? match('/') : here());

/** Go to a path of ours; nothing is reloaded. @param {string} path @param {{replace?:boolean, state?:any}} [options] */
export function navigate(path, { replace = false, state = null } = {}) {
  const target = new URL(path, location.href);
  if (target.href === location.href && !replace) return;
  history[replace ? 'replaceState' : 'pushState'](state, '', target.pathname + target.search + target.hash);
  route.value = here();
}

/** Change the address without telling any screen: for state the screen itself just caused. @param {string} path @param {any} state */
export function rewrite(path, state) { history.replaceState(state, '', path); }

/** @param {MouseEvent} event */
function onClick(event) {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = /** @type {HTMLElement} */ (event.target).closest?.('a[href]');
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (link.hash && link.pathname === location.pathname && link.search === location.search) return;
  if (match(link.pathname).name === 'not-found') return;
  event.preventDefault();
  navigate(link.pathname + link.search + link.hash);
}

/** Listen to links and to Back and Forward. Call once. */
export function startRouter() {
  document.addEventListener('click', onClick);
  addEventListener('popstate', () => { route.value = here(); });
}

/** @param {string} name of the screen, already translated */
export function title(name) { document.title = name ? `${name} · Timeline Local` : 'Timeline Local'; }
