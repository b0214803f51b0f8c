// @ts-check
/** The date slider at the edge: years, how full the months are, and a bubble that says where the thumb is. */
import { effect, html, useEffect, useMemo, useRef } from '../../core/preact.js';
import { monthIndex, UNDATED_DAY, yearOf } from '../../core/dates.js';
import { t } from '../../core/i18n.js';
import { bind, dispatch } from '../../core/keys.js';

const PAD = 24;
/** Closest two year labels may stand, as a share of the track; the track is never less than about 400 px. */
const LABEL_GAP = 0.034;

/** Place of a share of the timeline on the track. @param {number} share */
const at = (share) => `calc(${PAD}px + (100% - ${2 * PAD}px) * ${share.toFixed(5)})`;

/** Year labels that do not collide. @param {import('./feed.js').Feed} feed */
function yearMarks({ ctl }) {
  const L = /** @type {any} */ (ctl.L), sk = /** @type {any} */ (ctl.sk);
  const marks = [];
  for (let d = 0, shown = -1, last = null; d < sk.days.length; d++) {
    const year = yearOf(sk.days[d]), share = L.dayTop[d] / Math.max(1, ctl.maxY || L.total);
    if (year === null || year === last || share > 1) continue;
    last = year;
    if (shown < 0 || share - shown > LABEL_GAP) { marks.push({ year, share }); shown = share; }
  }
  return marks;
}

/** One path of bars, a bar per month, as wide as the month is full (against the fullest). @param {import('./feed.js').Feed} feed */
function densityPath({ ctl }) {
  const L = /** @type {any} */ (ctl.L), sk = /** @type {any} */ (ctl.sk);
  /** @type {{top:number, count:number}[]} */
  const months = [];
  for (let d = 0, last = NaN; d < sk.days.length; d++) {
    const month = sk.days[d] === UNDATED_DAY ? -1 : monthIndex(sk.days[d]);
    if (month !== last) months.push({ top: L.dayTop[d] / L.total, count: 0 });
    months[months.length - 1].count += sk.counts[d];
    last = month;
  }
  const most = Math.max(1, ...months.map((one) => one.count));
  return months.map(({ top, count }, k) => {
    const end = months[k + 1]?.top ?? 1, width = (2 + 10 * Math.sqrt(count / most)).toFixed(1), gap = Math.min(0.0012, (end - top) / 4);
    return `M12 ${(top * 1000).toFixed(1)}h-${width}V${((end - gap) * 1000).toFixed(1)}H12z`;
  }).join('');
}

/** @param {{feed:import('./feed.js').Feed}} props */
export function Scrubber({ feed }) {
  const { ctl } = feed, track = useRef(/** @type {HTMLElement|null} */ (null)), thumb = useRef(/** @type {HTMLElement|null} */ (null));
  const dragging = useRef(false), frame = useRef(0);
  const version = feed.version.value;
  const marks = useMemo(() => (ctl.sk?.n ? yearMarks(feed) : []), [version]);
  const bars = useMemo(() => (ctl.sk?.n ? densityPath(feed) : ''), [version]);
  useEffect(() => effect(() => follow(feed, track.current, thumb.current)), []);
  const step = (/** @type {'month'|'year'} */ unit, /** @type {1|-1} */ direction) => { import('../../core/moves.js').then(({ scrollStep }) => scrollStep(ctl, unit, direction)); };
  useEffect(() => bind('scrubber', {
    'scrub-month': (event) => step('month', event.key === 'ArrowDown' ? 1 : -1),
    'scrub-year': (event) => step('year', event.key === 'PageDown' ? 1 : -1),
    'scrub-edges': (event) => ctl.goto(event.key === 'Home' ? 0 : ctl.maxY),
  }), [feed]);
  const seek = (/** @type {PointerEvent} */ event) => {
    const box = /** @type {HTMLElement} */ (track.current).getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientY - box.top - PAD) / (box.height - 2 * PAD)));
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => ctl.goto(ctl.maxY * share));
  };
  const down = (/** @type {PointerEvent} */ event) => {
    if (event.button !== 0) return;
    dragging.current = ctl.coasting = true;
    track.current?.setPointerCapture(event.pointerId);
    track.current?.classList.add('is-dragging');
    seek(event);
  };
  const up = () => {
    if (!dragging.current) return;
    dragging.current = ctl.coasting = false;
    track.current?.classList.remove('is-dragging');
    requestAnimationFrame(() => ctl.fetchVisible());
  };
  const key = (/** @type {KeyboardEvent} */ event) => { if (dispatch('scrubber', event)) event.stopPropagation(); };
  return html`<div ref=${track} class="scrub" role="slider" tabindex="0" aria-label=${t('timeline.scrubber')} aria-orientation="vertical" aria-valuemin="0" aria-valuemax="100" aria-valuenow="0" aria-controls="feed"
    onKeyDown=${key} onPointerDown=${down} onPointerMove=${(/** @type {PointerEvent} */ event) => dragging.current && seek(event)} onPointerUp=${up} onPointerCancel=${up}>
    <svg class="scrub-bars" viewBox="0 0 12 1000" preserveAspectRatio="none" aria-hidden="true"><path d=${bars} /></svg>
    ${marks.map(({ year, share }) => html`<span class="scrub-year" key=${year} style=${{ top: at(share) }}>${year}</span>`)}
    <div class="scrub-thumb" ref=${thumb}><span class="scrub-label">${feed.month}</span></div>
  </div>`;
}

/** Move the thumb without drawing the component again. @param {import('./feed.js').Feed} feed @param {HTMLElement|null} track @param {HTMLElement|null} thumb */
function follow(feed, track, thumb) {
  const share = Math.min(1, feed.fraction.value), text = feed.month.value;
  if (!track || !thumb) return;
  thumb.style.top = at(share);
  track.setAttribute('aria-valuenow', String(Math.round(share * 100)));
  track.setAttribute('aria-valuetext', text);
}
