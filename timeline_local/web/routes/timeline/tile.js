// @ts-check
/** One day and what stands in it: pictures, words, chips, or lines. Rows are pure: the same row object is drawn once. */
import { Component, html } from '../../core/preact.js';
import { pieces } from '../../core/chunks.js';
import { clock, clockAsThere, dayLabel, duration, fuzzyDate, shortDayLabel, UNDATED_DAY, yearOf } from '../../core/dates.js';
import { t } from '../../core/i18n.js';
import { ROW } from '../../core/layout.js';
import { bootstrap } from '../../core/session.js';
import { KINDS, tintColour } from '../../core/skeleton.js';
import { Icon } from '../../ui/icon.js';
import { addressOf } from './feed.js';

/** @typedef {import('./feed.js').Feed} Feed @typedef {import('../../core/layout.js').Tile} Place @typedef {import('../../core/chunks.js').Item} Item */

export const KIND_ICON = /** @type {Record<string, string>} */ ({
  photo: 'image', video: 'video', note: 'notebook-pen', visit: 'map-pin', event: 'ticket', audio: 'mic', move: 'route', message: 'message-circle',
  post: 'quote', play: 'music', health: 'activity', document: 'file-text', bookmark: 'bookmark',
});
/** Known no better than this, a memory says so: its shelf is only the first day it may belong to. */
const VAGUE = new Set(['month', 'season', 'year', 'decade']);
/** @param {Item|null} item */
const vague = (item) => (item && VAGUE.has(item.precision) ? t('timeline.sometime', { when: fuzzyDate(item) }) : '');
const PICTURES = new Set(['photo', 'video']);

/** Everything a tile says aloud: "Video, Harbour, 18:42, Lisbon". @param {Item|null} item @param {string} kind @param {boolean} selected */
function nameOf(item, kind, selected) {
  const words = [t(`kind.${kind}`)];
  if (item?.conversation) words.push(item.conversation.name, t('timeline.messages', { n: item.conversation.count }));
  else if (item) words.push(item.title || item.text?.slice(0, 80) || '', clock(item.local_at, item.precision) || vague(item), item.location ?? '');
  if (item?.favourite) words.push(t('timeline.favourite'));
  if (selected) words.push(t('timeline.is_selected'));
  return words.filter(Boolean).join(', ');
}

/** What every kind of tile needs. @param {Feed} feed @param {Place} tile */
function facts(feed, tile) {
  const item = feed.item(tile.item), kind = KINDS[tile.kind] ?? 'note', selected = feed.selected.value.has(tile.item);
  const props = {
    href: item ? addressOf(item) : undefined,
    'data-p': tile.position,
    tabindex: feed.focus.value === tile.position ? 0 : -1,
    'aria-label': /** @type {string|undefined} */ (nameOf(item, kind, selected)),
  };
  return { item, kind, selected, props };
}

/** A preview that comes sooner needs no placeholder. */
const SOFT_AFTER_MS = 70;

/** The picture: the tint is the tile's own background, then the ThumbHash when the preview is slow, then the preview. */
class Picture extends Component {
  constructor() { super(); this.state = { soft: '', failed: false }; this.timer = 0; this.img = null; this.gone = false; }
  componentDidMount() { this.wait(); }
  /** @param {any} before */
  componentDidUpdate(before) { if (before.src !== this.props.src) { if (this.state.failed) this.setState({ failed: false }); this.wait(); } }
  componentWillUnmount() { this.gone = true; clearTimeout(this.timer); if (this.img && !this.img.complete) this.img.removeAttribute('src'); }
  wait() {
    clearTimeout(this.timer);
    if (!this.props.placeholder) return;
    this.timer = window.setTimeout(async () => {
      if (this.gone || (this.props.src && this.img?.complete)) return;
      const hash = await import('../../core/thumbhash.js').catch(() => null);
      if (hash && !this.gone && !(this.props.src && this.img?.complete && !this.state.failed)) this.setState({ soft: hash.placeholderUrl(this.props.placeholder) });
    }, SOFT_AFTER_MS);
  }
  /** @param {any} props @param {any} state */
  render({ src }, { soft, failed }) {
    const style = soft ? { backgroundImage: `url("${soft}")` } : undefined;
    if (!src || failed) return soft ? html`<span class="tile-soft" style=${style}></span>` : null;
    return html`<img alt="" decoding="async" draggable=${false} src=${src} style=${style} ref=${(/** @type {any} */ one) => { this.img = one; }} onError=${() => this.setState({ failed: true })} />`;
  }
}

/** @param {{feed:Feed, tile:Place}} props */
function Tile({ feed, tile }) {
  const { item, kind, selected, props } = facts(feed, tile), isPicture = PICTURES.has(kind);
  const sk = /** @type {any} */ (feed.ctl.sk), place = { left: `${tile.x}px`, width: `${tile.w}px` };
  const mark = selected ? ' is-selected' : '';
  if (!isPicture) {
    props['aria-label'] = item ? undefined : props['aria-label'];
    return html`<a class=${`tile words words-${kind} ${sizeOf(item)}${mark}`} style=${place} ...${props}><${Words} item=${item} kind=${kind} selected=${selected} /></a>`;
  }
  return html`<a class=${`tile${mark}${item?.live ? ' is-live' : ''}`} style=${{ ...place, backgroundColor: tintColour(sk.tint[tile.item]) }} ...${props}>
    ${item ? html`<${Picture} src=${item.grid} placeholder=${item.placeholder} />` : null}
    ${item && !item.grid && !item.placeholder ? html`<span class="tile-blank"><${Icon} name=${KIND_ICON[kind]} /></span>` : null}
    ${kind === 'video' ? html`<span class="tile-badge" aria-hidden="true">▶ ${duration(item?.duration_ms)}</span>` : null}
    ${vague(item) ? html`<span class="tile-badge tile-vague" aria-hidden="true">${vague(item)}</span>` : null}
    ${item?.live && kind === 'photo' ? html`<span class="tile-badge" aria-hidden="true">${t('timeline.live')}</span>` : null}
    ${item?.favourite ? html`<span class="tile-heart" aria-hidden="true"><${Icon} name="heart" /></span>` : null}
  </a>`;
}

/** Three sizes of words, so that two lines do not look lost. @param {Item|null} item */
function sizeOf(item) {
  if (item?.conversation) return 'words-folded';
  const length = (item?.text?.length ?? 0) + (item?.title ? 40 : 0);
  return length < 70 ? 'words-l' : length < 200 ? 'words-m' : 'words-s';
}

/** Its words, with what was searched for marked. @param {Item} item */
function marked({ text, marks }) {
  return marks ? pieces(text, marks).map((piece, k) => (k % 2 ? html`<mark>${piece}</mark>` : piece)) : text;
}

/** @param {{item:Item|null, kind:string, selected:boolean}} props */
function Words({ item, kind, selected }) {
  if (!item) return null;
  if (item.conversation) return html`<${Folded} item=${item} selected=${selected} />`;
  const time = clock(item.local_at, item.precision) || vague(item);
  return html`${kind === 'note' ? html`<span class="sr">${t('kind.note')}</span>` : html`<span class="words-kind"><${Icon} name=${KIND_ICON[kind]} />${t(`kind.${kind}`)}</span>`}
    ${item.title ? html`<b>${item.title}</b>` : null}
    ${item.text ? html`<p>${marked(item)}</p>` : item.title ? null : html`<p>${t(`kind.${kind}`)}</p>`}
    ${time || item.duration_ms ? html`<time>${[time, duration(item.duration_ms)].filter(Boolean).join(' · ')}</time>` : null}
    ${selected ? html`<span class="sr">${t('timeline.is_selected')}</span>` : null}
    ${item.favourite ? html`<span class="tile-heart"><${Icon} name="heart" label=${t('timeline.favourite')} /></span>` : null}`;
}

/** A conversation's day: with whom, how much, how it began and how it ended. @param {{item:Item, selected:boolean}} props */
function Folded({ item, selected }) {
  const { name, count, first, people } = /** @type {NonNullable<Item['conversation']>} */ (item.conversation);
  return html`<span class="words-kind"><${Icon} name="message-circle" />${t('timeline.messages', { n: count })}</span>
    <b>${name}</b>
    <p class="words-first">${first || '…'}</p><p class="words-last">${item.text || '…'}</p>
    <time>${[clock(item.local_at, item.precision), people.join(', ')].filter(Boolean).join(' · ')}</time>
    ${selected ? html`<span class="sr">${t('timeline.is_selected')}</span>` : null}`;
}

/** @param {{feed:Feed, tile:Place}} props */
function Chip({ feed, tile }) {
  const { item, kind, selected, props } = facts(feed, tile);
  return html`<a class=${`tl-chip tl-chip-${kind}${selected ? ' is-selected' : ''}`} ...${props}><${Icon} name=${KIND_ICON[kind]} /><span>${item ? item.title || item.location || item.text || t(`kind.${kind}`) : '…'}</span></a>`;
}

/** " Oslo time" when the clock is not that of home. @param {Item} item */
function zoneAway(item) {
  return clockAsThere(item.local_at, item.zone, bootstrap.value?.home_zone, item.precision).slice(5);
}

/** The title, else the words; both where words were found. @param {Item} item @param {string} kind */
function lineOf(item, kind) {
  if (item.conversation) return [item.conversation.name, t('timeline.messages', { n: item.conversation.count }), item.text].join(' · ');
  if (item.title && item.marks) return html`${item.title} <span class="line-found">${marked(item)}</span>`;
  return item.title || (item.text ? marked(item) : item.location || t(`kind.${kind}`));
}

/** @param {{feed:Feed, tile:Place}} props */
function Line({ feed, tile }) {
  const { item, kind, selected, props } = facts(feed, tile);
  const sk = /** @type {any} */ (feed.ctl.sk), isPicture = PICTURES.has(kind);
  props['aria-label'] = item ? undefined : props['aria-label']; // its own words say it all
  return html`<a class=${`line${selected ? ' is-selected' : ''}`} ...${props}>
    <time>${item ? clock(item.local_at, item.precision) : ''}<span class="line-zone">${item ? zoneAway(item) : ''}</span></time>
    <span class="line-mark" style=${isPicture ? { backgroundColor: tintColour(sk.tint[tile.item]) } : undefined}>
      ${isPicture && item?.grid ? html`<img alt="" decoding="async" src=${item.grid} />` : html`<${Icon} name=${KIND_ICON[kind]} />`}</span>
    <span class="line-title">${item ? lineOf(item, kind) : ''}</span>
    <span class="line-place">${item?.location ?? ''}</span>
    ${selected ? html`<span class="sr">${t('timeline.is_selected')}</span>` : null}
    <span class="line-kind">${item?.favourite ? html`<${Icon} name="heart" />` : null}${t(`kind.${kind}`)}</span>
  </a>`;
}

const SHAPES = { [ROW.TILES]: Tile, [ROW.STRIP]: Chip, [ROW.LINE]: Line };
const ROW_CLASS = { [ROW.TILES]: 'row', [ROW.STRIP]: 'row strip', [ROW.LINE]: 'row' };

class RowView extends Component {
  /** @param {any} next */
  shouldComponentUpdate(next) { return next.row !== this.props.row; }
  /** @param {any} props */
  render({ feed, row }) {
    const Shape = SHAPES[row.type];
    return html`<div class=${ROW_CLASS[row.type]} style=${{ transform: `translateY(${row.y}px)`, height: `${row.h}px` }}>
      ${row.tiles.map((/** @type {Place} */ tile) => html`<${Shape} key=${tile.item} feed=${feed} tile=${tile} />`)}</div>`;
  }
}

/** Names of up to two places of the day, from the metadata at hand. @param {Feed} feed @param {number} d */
function placesOf(feed, d) {
  const sk = /** @type {any} */ (feed.ctl.sk), names = new Set();
  for (let p = sk.first[d]; p < Math.min(sk.first[d + 1], sk.first[d] + 40) && names.size < 2; p++) {
    const item = feed.item(sk.order[p]);
    if (item?.location) names.add(item.location);
  }
  return [...names].join(', ');
}

/** "3 places · 2 events" of the chips folded away. @param {any} sk @param {number} d */
function foldedWords(sk, d) {
  const counts = new Map();
  for (let p = sk.first[d]; p < sk.first[d] + sk.chips[d]; p++) {
    const kind = KINDS[sk.kind[sk.order[p]] & 0x7f];
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, n]) => t(`timeline.folded.${kind}`, { n })).join(' · ');
}

/** @param {{feed:Feed, day:import('../../core/controller.js').VisibleDay}} props */
export function Day({ feed, day }) {
  const { ctl } = feed, sk = /** @type {any} */ (ctl.sk), number = sk.days[day.d], L = /** @type {any} */ (ctl.L);
  if (number === undefined || !L) return null;
  const isSmall = day.w < L.width - 1, count = sk.counts[day.d], folds = sk.chips[day.d] > L.opt.foldChips && ctl.mode === 'grid';
  const year = yearOf(number), meta = [year, t('timeline.memories', { n: count }), isSmall ? '' : placesOf(feed, day.d)].filter(Boolean).join(' · ');
  const label = isSmall && day.w < 260 ? shortDayLabel(number) : dayLabel(number);
  const style = { transform: `translate(${day.x}px, ${day.top}px)`, width: `${day.w}px`, height: `${day.h - L.opt.dayGap}px` };
  return html`<article class=${`day${isSmall ? ' day-small' : ''}`} aria-posinset=${day.d + 1} aria-setsize=${sk.days.length} aria-labelledby=${`d${day.d}`} style=${style}>
    <header><h2 id=${`d${day.d}`}>${label}</h2><span class="meta">${number === UNDATED_DAY ? t('timeline.undated_hint', { n: count }) : meta}</span>
      ${folds ? html`<button type="button" class="fold" aria-expanded=${String(ctl.unfolded.has(number))} onClick=${() => ctl.toggleChips(number)}>${foldedWords(sk, day.d)}<${Icon} name=${ctl.unfolded.has(number) ? 'chevron-up' : 'chevron-down'} /></button>` : null}
    </header>
    ${day.rows.map((row) => html`<${RowView} key=${row.row} feed=${feed} row=${row} />`)}
  </article>`;
}

