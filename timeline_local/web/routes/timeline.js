// @ts-check
/** The timeline, and every search result: one skeleton, one window of days, one set of keys. */
import { effect, html, useEffect, useLayoutEffect, useMemo, useRef, useState } from '../core/preact.js';
import { isoDay, parseIsoDay } from '../core/dates.js';
import { t } from '../core/i18n.js';
import { rewrite, title } from '../core/router.js';
import { DENSITIES, Feed, look, warmUp } from './timeline/feed.js';
import { Scrubber } from './timeline/scrubber.js';
import { Day } from './timeline/tile.js';
import { Toolbar } from './timeline/toolbar.js';

const SAVE_MS = 150;
/** By then the first pictures stand; a click on one should not wait for code. */
const VIEWER_AFTER_MS = 1500;
/** Imports change the timeline many times a second; once per this is enough to look alive. */
const LIVE_MS = 600;

/** The query of an address: what was searched, and the kind that is shown. @param {Record<string,string>} query */
const queryOf = (query) => [query.q, query.kind && `kind:${query.kind}`].filter(Boolean).join(' ');

/** Called at start, before anything is drawn. @param {Record<string,string>} query */
export const warm = (query) => warmUp(queryOf(query));

/** @param {{query:Record<string,string>}} props */
export default function TimelineRoute({ query }) {
  const q = queryOf(query);
  useEffect(() => title(query.q ? t('search.title', { q: query.q }) : t('nav.timeline')), [query.q]);
  const [Asked, setAsked] = useState(/** @type {any} */ (null));
  useEffect(() => { if (query.q && !Asked) import('./timeline/asked.js').then(async (module) => { await module.ready; setAsked(() => module.default); }, () => {}); }, [query.q]);
  return html`${query.q && Asked ? html`<${Asked} query=${query} />` : null}<${Timeline} key=${q} q=${q} query=${query} />`;
}

/** @param {{q:string, query:Record<string,string>}} props */
function Timeline({ q, query }) {
  const feed = useMemo(() => new Feed(q), []);
  const [parts, setParts] = useState(/** @type {Record<string, any>} */ ({}));
  const need = (/** @type {string} */ name, /** @type {() => Promise<any>} */ load) => { if (!parts[name]) load().then((module) => setParts((old) => ({ ...old, [name]: module.default }))); };
  const scroller = useRef(/** @type {HTMLElement|null} */ (null)), spacer = useRef(/** @type {HTMLElement|null} */ (null));
  useLayoutEffect(() => attach(feed, scroller.current, spacer.current, query.d), []);
  useEffect(() => withKeys(feed, scroller), []);
  useEffect(() => listen(feed), []);
  const status = feed.status.value, selected = feed.selected.value.size, viewing = feed.viewing.value;
  if (status === 'empty' || status === 'failed') need('Empty', () => import('./timeline/empty.js').then(async (module) => { await module.ready; return module; }));
  if (selected > 0) need('Selection', () => import('./timeline/selection.js'));
  if (viewing >= 0) need('Viewer', () => import('./viewer.js'));
  return html`
    ${query.q ? null : html`<h1 class="sr">${t('nav.timeline')}</h1>`}
    ${status === 'empty' && !query.q && !query.kind ? null : selected > 0 && parts.Selection ? html`<${parts.Selection} feed=${feed} />` : html`<${Toolbar} feed=${feed} query=${query} />`}
    <div class=${`scroll${status === 'ready' ? '' : ' is-waiting'}`} id="feed" role=${status === 'ready' ? 'feed' : undefined} aria-busy=${status === 'ready' ? 'false' : undefined} aria-label=${status === 'ready' ? t('timeline.feed') : undefined} tabindex=${status === 'ready' && !feed.isEntered.value ? 0 : undefined} onFocus=${() => entered(feed, scroller)} ref=${scroller} onClick=${(/** @type {MouseEvent} */ event) => click(feed, event)}>
      <div class=${`spacer${selected ? ' is-selecting' : ''}`} ref=${spacer}>${status === 'ready' ? html`<${Days} feed=${feed} />` : null}</div>
      ${status === 'loading' ? html`<${Waiting} />` : null}
    </div>
    ${(status === 'empty' || status === 'failed') && parts.Empty ? html`<${parts.Empty} feed=${feed} query=${query} />` : null}
    ${status === 'ready' ? html`<${Scrubber} feed=${feed} />` : null}
    <${NewPill} feed=${feed} />
    ${viewing >= 0 && parts.Viewer ? html`<${parts.Viewer} feed=${feed} />` : null}`;
}

/** @param {{feed:Feed}} props */
function Days({ feed }) {
  const days = feed.days.value;
  feed.version.value;
  return html`${days.map((day) => html`<${Day} key=${day.d} feed=${feed} day=${day} />`)}`;
}

/** Grey rows in the place of the coming ones, seen only when the answer takes longer than 150 ms (see the style). */
function Waiting() {
  return html`<div class="waiting" role="status"><span class="sr">${t('timeline.loading')}</span>${[0, 1, 2].map((k) => html`<div class="waiting-day" key=${k}><i></i><div><b></b><b></b><b></b><b></b></div></div>`)}</div>`;
}

/** @param {{feed:Feed}} props */
function NewPill({ feed }) {
  const n = feed.fresh.value;
  return html`<div class="pill-place" role="status">${n > 0 ? html`<button type="button" class="pill" onClick=${() => { feed.fresh.value = 0; feed.ctl.goto(0); }}>${t('timeline.new', { n })} ↑</button>` : null}</div>`;
}

/** Load, lay out for the width there is, return to where we were, and keep that place in the address. @param {Feed} feed @param {HTMLElement|null} scroller @param {HTMLElement|null} spacer @param {string|undefined} wantedDay */
function attach(feed, scroller, spacer, wantedDay) {
  if (!scroller || !spacer) return undefined;
  const { ctl } = feed, detach = ctl.attach(scroller, spacer), kept = history.state?.tl;
  let timer = 0, isReady = false;
  ctl.onPosition = () => {
    feed.reportPosition();
    clearTimeout(timer);
    if (isReady) timer = window.setTimeout(() => savePlace(feed), SAVE_MS);
  };
  ctl.text = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;
  ctl.width = spacer.clientWidth;
  feed.load().then(() => {
    const day = parseIsoDay(wantedDay);
    if (kept && kept.q === feed.q) ctl.restore(kept); else if (day !== null) ctl.gotoDay(day); else ctl.goto(0);
    isReady = true;
    requestAnimationFrame(() => performance.mark('tl-ready'));
    setTimeout(() => import('./viewer.js').catch(() => {}), VIEWER_AFTER_MS);
  });
  const observer = new ResizeObserver(() => {
    ctl.vh = scroller.clientHeight;
    if (spacer.clientWidth === ctl.width) ctl.update(true); else ctl.relayout(spacer.clientWidth);
  });
  observer.observe(scroller);
  const stopLook = effect(() => ctl.setLook({ mode: look.value.mode, scale: DENSITIES[look.value.density] }));
  return () => { clearTimeout(timer); observer.disconnect(); stopLook(); detach(); };
}

/** Day and pixels go to history.state, the day to the address; only while the timeline owns the address. @param {Feed} feed */
export function savePlace(feed) {
  const place = feed.ctl.saved();
  if (!place || history.state?.overlay || !/^\/(timeline|search)?$/.test(location.pathname)) return;
  const params = new URLSearchParams(location.search);
  if (feed.ctl.y > 60) params.set('d', isoDay(place.day)); else params.delete('d');
  const search = params.toString();
  rewrite(location.pathname + (search ? `?${search}` : ''), { ...history.state, tl: { ...place, q: feed.q } });
}

/** The keys arrive just after the first paint. @param {Feed} feed @param {{current:HTMLElement|null}} scroller */
function withKeys(feed, scroller) {
  let stop = () => {}, gone = false;
  import('./timeline/actions.js').then(({ bindTimelineKeys }) => { if (!gone) stop = bindTimelineKeys(feed, scroller); });
  return () => { gone = true; stop(); };
}

/** By the keyboard only: a click beside the tiles does not choose one. @param {Feed} feed @param {{current:HTMLElement|null}} scroller */
function entered(feed, scroller) {
  if (feed.focus.peek() < 0 && scroller.current?.matches(':focus-visible')) import('./timeline/actions.js').then(({ enter }) => enter(feed, scroller));
}

/** Live changes; the stream itself is joined after the first paint. @param {Feed} feed */
function listen(feed) {
  let stops = /** @type {(() => void)[]} */ ([]), gone = false, timer = 0;
  import('../core/events.js').then(({ on }) => {
    const renew = () => { timer = 0; if (feed.status.value === 'failed') feed.load(); else feed.ctl.refresh().catch(() => {}); };
    const soon = () => { if (!timer) timer = window.setTimeout(renew, LIVE_MS); };
    if (!gone) stops = [on('timeline', soon), on('reconnected', soon)];
  });
  return () => { gone = true; clearTimeout(timer); stops.forEach((stop) => stop()); };
}

/** A click opens; with Ctrl, or on the corner circle, or while selecting, it selects; with Shift it selects the range. @param {Feed} feed @param {MouseEvent} event */
function click(feed, event) {
  const link = /** @type {HTMLElement} */ (event.target).closest('[data-p]');
  if (!(link instanceof HTMLElement)) return;
  event.preventDefault();
  const position = Number(link.dataset.p), box = link.getBoundingClientRect();
  const onCorner = link.classList.contains('tile') && event.clientX - box.left < 40 && event.clientY - box.top < 40 && matchMedia('(hover: hover)').matches && event.detail > 0;
  feed.setFocus(position);
  if (event.shiftKey && feed.lead >= 0) feed.extendTo(position);
  else if (event.ctrlKey || event.metaKey || onCorner || feed.selected.value.size > 0 || event.shiftKey) feed.toggle(position);
  else feed.open(position);
}

