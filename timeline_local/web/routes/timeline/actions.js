// @ts-check
/** The keys of the timeline, bound by the ids of core/keys.js; what they do to memories is imported when first used. */
import { bind } from '../../core/keys.js';
import { neighbour, reveal, scrollStep, shown } from '../../core/moves.js';
import { look, setLook } from './feed.js';

/** @typedef {import('./feed.js').Feed} Feed */

/** Put the DOM focus on a position once it is drawn. @param {Feed} feed @param {{current:HTMLElement|null}} scroller @param {number} position */
export function focusOn(feed, scroller, position) {
  feed.setFocus(position);
  reveal(feed.ctl, position);
  requestAnimationFrame(() => /** @type {HTMLElement|null} */ (scroller.current?.querySelector(`[data-p="${position}"]`) ?? null)?.focus({ preventScroll: true }));
}

/** The first tile of the window: where the keyboard enters. @param {Feed} feed */
function entry({ ctl }) {
  const L = ctl.L, d = L ? ctl.dayAt(ctl.y + 1) : -1;
  if (!L || !ctl.sk || d < 0) return -1;
  const r = ctl.rowAtLeast(d, ctl.y);
  return shown(ctl, r < L.nRows && r < L.dayRow[d + 1] ? L.rowFirst[r] : ctl.sk.first[d]);
}

/** Tab came into the feed, where no tile has had the focus yet: go on to the first one in sight. @param {Feed} feed @param {{current:HTMLElement|null}} scroller */
export function enter(feed, scroller) {
  const position = feed.focus.value < 0 ? entry(feed) : -1;
  if (position >= 0 && scroller.current === document.activeElement) focusOn(feed, scroller, position);
}

/** Items an action is for: the selection, else the focused memory. @param {Feed} feed @returns {number[]} */
function targets(feed) {
  if (feed.selected.value.size) return [...feed.selected.value];
  return feed.focus.value >= 0 ? [feed.itemAt(feed.focus.value)] : [];
}

/** @param {Feed} feed @param {{current:HTMLElement|null}} scroller @returns {() => void} */
export function bindTimelineKeys(feed, scroller) {
  const step = (/** @type {KeyboardEvent} */ event) => {
    if (/** @type {HTMLElement} */ (event.target).closest?.('[role=slider], .rail, .top')) return false;
    if (feed.status.value !== 'ready') return false;
    const from = feed.focus.value, isInside = scroller.current?.contains(document.activeElement);
    focusOn(feed, scroller, from < 0 || (!isInside && feed.ctl.rowOf(from) < 0) ? entry(feed) : neighbour(feed.ctl, from, event.key));
    return true;
  };
  const scroll = (/** @type {'day'|'month'|'year'} */ unit) => (/** @type {KeyboardEvent} */ event) => scrollStep(feed.ctl, unit, event.shiftKey ? -1 : 1);
  const run = (/** @type {string} */ name) => () => {
    const items = targets(feed);
    if (items.length === 0) return false;
    import('./batch.js').then((batch) => /** @type {any} */ (batch)[name](feed, items));
    return true;
  };
  return bind('timeline', {
    move: step, 'day-edges': step, 'page-day': step,
    extend: (event) => {
      if (feed.focus.value < 0) return false;
      if (feed.lead < 0) feed.toggle(feed.focus.value);
      focusOn(feed, scroller, neighbour(feed.ctl, feed.focus.value, event.key));
      return feed.extendTo(feed.focus.value);
    },
    day: scroll('day'), month: scroll('month'), year: scroll('year'),
    jump: () => { import('./jump.js').then(({ askDay }) => askDay(feed)); },
    open: (event) => {
      if (!/** @type {HTMLElement} */ (event.target).closest?.('[data-p]')) return false;
      feed.open(feed.focus.value);
      return true;
    },
    select: () => (feed.focus.value >= 0 ? feed.toggle(feed.focus.value) : false),
    'select-all': () => (feed.status.value === 'ready' ? feed.selectAll() : false),
    clear: () => (feed.selected.value.size ? feed.clearSelection() : false),
    favourite: run('favourite'), tag: run('askTags'), trash: run('trash'), edit: run('edit'),
    'list-mode': () => setLook({ mode: look.value.mode === 'list' ? 'grid' : 'list' }),
  });
}
