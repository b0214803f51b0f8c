// @ts-check
/** Signing in with the one-time ticket of the launch file, and the one bootstrap call every screen reads. */
import { signal } from './preact.js';
import { api, offline, PLACES_KEY, SESSION_KEY, signedOut } from './api.js';

/** What GET /bootstrap said: {version, library, user, memories, revision, setup_done, …} or null before it did. */
export const bootstrap = signal(/** @type {any} */ (null));

/** Exchange `#ticket=…` for a session and clean the address bar, whatever the answer. Resolves true when signed in by it. */
export async function redeemTicket() {
  const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket');
  if (!ticket) return false;
  history.replaceState(history.state, '', location.pathname + location.search);
  try {
    keep(await api.post('/auth/redeem', { ticket }));
  } catch (problem) {
    if (/** @type {any} */ (problem).slug === 'password-needed') lockedTicket = ticket;
    throw problem;
  }
  return true;
}

/** A ticket that is good but asks for the app lock's password as well. */
export let lockedTicket = '';

/** The second half of a session that was just opened. @param {{session_secret:string}} answer */
export function keep(answer) {
  localStorage.setItem(SESSION_KEY, answer.session_secret);
  signedOut.value = false;
}

/** How often this page saved settings. */
let saves = 0;

/** Fetch bootstrap again: at start, and whenever counts or settings may have changed. */
export async function refreshBootstrap() {
  const before = saves;
  const told = await api.get('/bootstrap');
  // Settings that were saved while it was asked are newer than those it tells.
  const settings = before === saves ? told?.user?.settings : bootstrap.value?.user?.settings;
  bootstrap.value = told?.user ? { ...told, user: { ...told.user, settings } } : told;
  applySettings(settings);
  return bootstrap.value;
}

/** Put the settings that the page itself shows into effect. @param {{theme?:string,place_language?:string}|undefined} settings */
export function applySettings(settings) {
  if (!settings) return;
  const root = document.documentElement;
  root.dataset.theme = settings.theme === 'light' || settings.theme === 'dark' ? settings.theme : 'system';
  localStorage.setItem('tl-theme', root.dataset.theme);
  if (settings.place_language) localStorage.setItem(PLACES_KEY, settings.place_language); else localStorage.removeItem(PLACES_KEY);
}

/** Merge `changes` into the user's settings on the server and here; throws a Problem and changes nothing when refused. @param {Record<string, any>} changes */
export async function saveSettings(changes) {
  const settings = await api.patch('/settings', changes);
  saves += 1;
  const now = bootstrap.value;
  if (now) bootstrap.value = { ...now, user: { ...now.user, settings } };
  applySettings(settings);
  return settings;
}

const RETRY_SECONDS = [1, 2, 5, 10];
/** Ask the open health route until the server is back; resolves then. */
export async function waitForServer() {
  for (let attempt = 0; ; attempt++) {
    const seconds = RETRY_SECONDS[Math.min(attempt, RETRY_SECONDS.length - 1)];
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    try { await api.get('/health'); offline.value = false; return; } catch { /* still away */ }
  }
}

/** Forget the session on both sides. */
export async function signOut() {
  try { await api.post('/auth/logout'); } finally {
    leave();
  }
}

/** The session is over: start anew, so that nothing of this user stays in the page. */
export function leave() {
  localStorage.removeItem(SESSION_KEY);
  location.replace('/timeline');
}

/** What the user of this page may do: "admin", "memories:write" … (roles as in the server's own table). @param {string} scope */
export function may(scope) {
  const role = bootstrap.value?.user?.role ?? 'owner';
  if (role === 'viewer') return scope.endsWith(':read') || scope === 'settings:write';
  return role === 'owner' || role === 'admin' || !['admin', 'system:write'].includes(scope);
}
