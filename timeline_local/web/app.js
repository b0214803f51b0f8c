// @ts-check
/** Start: words, session, bootstrap, then the screen of the address. Everything not on the first screen is imported later. */
import { html, render, signal, effect } from './core/preact.js';
import { offline, signedOut } from './core/api.js';
import { loadLanguage } from './core/i18n.js';
import { startKeys } from './core/keys.js';
import { navigate, route, startRouter } from './core/router.js';
import { bootstrap, redeemTicket, refreshBootstrap, waitForServer } from './core/session.js';
import { Shell } from './shell/shell.js';

/** Things that arrive after the first paint: toasts, live events, the running job. */
const late = signal(/** @type {Record<string, any>} */ ({}));
const started = signal(false);
/** Screens that stand without a session: they come from links in e-mails and invitations. */
const OPEN = new Set(['reset', 'register', 'verify']);
const ALONE = new Set(['setup', ...OPEN]);

function App() {
  if (signedOut.value && !OPEN.has(route.value.name)) return late.value.SignedOut ? html`<${late.value.SignedOut} />` : null;
  if (!started.value && !offline.value) return null;
  return html`<${Shell} route=${route.value} alone=${ALONE.has(route.value.name)} late=${late.value} />`;
}

async function loadLate() {
  const [{ ToastHost }, { JobCard }, { HelpDialog }] = await Promise.all([
    import('./ui/toast.js'), import('./shell/job_card.js'), import('./shell/help.js'),
  ]);
  late.value = { ...late.value, ToastHost, JobCard, HelpDialog };
}

/** The server is back. Another build has other addresses for every file, so only a reload fits it. */
async function renew() {
  const build = bootstrap.value?.build, now = await refreshBootstrap();
  if (build && now.build !== build) return location.reload();
  started.value = true;
  if (!late.value.ToastHost) await loadLate();
}

/** While the server is away, ask again and again; then read everything anew. */
function watchServer() {
  let waiting = false;
  effect(() => {
    if (!offline.value || waiting) return;
    waiting = true;
    waitForServer().then(renew).catch(() => {}).finally(() => { waiting = false; });
  });
  effect(() => {
    if (signedOut.value && !late.peek().SignedOut) import('./shell/signed_out.js').then(({ SignedOut }) => { late.value = { ...late.peek(), SignedOut }; });
  });
}

async function start() {
  watchServer();
  startRouter();
  startKeys(() => bootstrap.value?.user?.settings?.single_key_shortcuts !== false);
  const words = loadLanguage(document.documentElement.lang || 'en');
  const first = route.value.load?.();
  try { await redeemTicket(); } catch { signedOut.value = true; }
  if (!signedOut.value) first?.then((/** @type {any} */ module) => module.warm?.(route.value.query)).catch(() => {});
  const boot = signedOut.value || OPEN.has(route.value.name) ? null : refreshBootstrap().catch(() => null);
  await Promise.all([words, first, boot]);
  if (bootstrap.value?.setup_done === false && route.value.name === 'timeline') navigate('/setup', { replace: true });
  started.value = true;
  const root = /** @type {HTMLElement} */ (document.getElementById('app'));
  root.replaceChildren();
  render(html`<${App} />`, root);
  performance.mark('app-mounted');
  (window.requestIdleCallback ?? setTimeout)(() => loadLate().catch(() => {}));
}

start();
