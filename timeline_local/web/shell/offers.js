// @ts-check
/** What the search field offers: recent searches while it is empty, then what the server suggests for the token at the caret. */
import { html, useEffect, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { completed, pointsAt } from '../core/carets.js';
import { formatNumber, hasText, moreTexts, t } from '../core/i18n.js';
import { forgetSearches, recentSearches } from '../core/recent.js';
import { bootstrap } from '../core/session.js';
import { Icon } from '../ui/icon.js';
import { stylesheet } from '../ui/stylesheet.js';

/** Settled when words and styles are there; without them the list says less, and looks worse, but works. */
export const ready = Promise.allSettled([moreTexts('search'), stylesheet('search.css')]);

/** Keys that follow one another sooner ask once. */
const WAIT_MS = 120;
const ICONS = /** @type {Record<string, string>} */ ({
  key: 'sliders-horizontal', person: 'user', place: 'map-pin', tag: 'tag', kind: 'image', date: 'calendar', flag: 'star', feature: 'circle-check',
  camera: 'camera', source: 'folder-input', collection: 'layout-grid', scale: 'star',
});

/** @typedef {{kind:string, key:string, label:string, detail:string, insert:string, memories:number|null, is_open:boolean}} Offer */
/** @typedef {{start:number, end:number, items:Offer[]}} Answer */

/** A suggestion's own name; kinds and sources have words of ours. @param {Offer} offer */
const nameOf = ({ kind, label }) => (['kind', 'source'].includes(kind) && hasText(`${kind}.${label}`) ? t(`${kind}.${label}`) : label);
/** @param {Offer} offer */
const hintOf = (offer) => (offer.kind === 'key' ? t(`box.keys.${offer.key}`) : offer.detail);

/** The newest answer, which may be for an older text; requests for older ones are aborted. @param {string} text @param {{current:HTMLInputElement|null}} field */
function useAnswer(text, field) {
  const [answer, setAnswer] = useState(/** @type {(Answer & {text:string})|null} */ (null));
  useEffect(() => {
    const abort = new AbortController();
    const ask = () => {
      const caret = pointsAt(text, field.current?.selectionStart ?? text.length);
      api.get('/search/suggest', { query: { q: text, caret }, signal: abort.signal }).then((found) => setAnswer({ ...found, text }), () => {});
    };
    const timer = setTimeout(ask, text ? WAIT_MS : 0);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [text]);
  return answer && { ...answer, isOld: answer.text !== text };
}

/** @param {{id:string, text:string, field:{current:HTMLInputElement|null}, keys:{current:any}, onTell:(told:{isShown:boolean, active:string}) => void, onText:(text:string) => void, onGo:(q:string) => void, onClose:() => void}} props */
export function Offers({ id, text, field, keys, onTell, onText, onGo, onClose }) {
  const user = bootstrap.value?.user?.id ?? '';
  const answer = /** @type {any} */ (useAnswer(text, field));
  const [recent, setRecent] = useState(() => recentSearches(user));
  const [active, setActive] = useState(-1);
  const old = text ? [] : recent, offers = /** @type {Offer[]} */ (answer?.items ?? []);
  const count = old.length + offers.length, at = active < count ? active : -1;
  useEffect(() => setActive(-1), [text]);
  useEffect(() => onTell({ isShown: count > 0, active: at < 0 ? '' : `${id}-${at}` }), [count, at]);
  const take = (/** @type {number} */ which) => {
    if (which < old.length) { onGo(old[which]); return; }
    const offer = offers[which - old.length];
    if (answer.isOld || !offer) return;
    const next = completed(text, answer, offer), input = field.current;
    onText(next.text);
    if (input) { input.value = next.text; input.focus(); input.setSelectionRange(next.caret, next.caret); }
    if (!offer.is_open) onClose();
  };
  keys.current = (/** @type {KeyboardEvent} */ event) => {
    if (!count || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === 'ArrowDown') setActive(at + 1 < count ? at + 1 : -1);
    else if (event.key === 'ArrowUp') setActive(at < 0 ? count - 1 : at - 1);
    else if (event.key === 'Enter' && at >= 0) take(at);
    else return false;
    return true;
  };
  useEffect(() => () => { keys.current = null; }, []);
  const clear = () => { forgetSearches(user); setRecent([]); field.current?.focus(); };
  return html`<div class=${`offers${count ? '' : ' is-empty'}`}>
    <div id=${id} class="offers-list" role="listbox" aria-label=${t('box.offers')}>
      ${old.length ? html`<div role="group" aria-label=${t('box.recent')}><p class="offers-head" aria-hidden="true">${t('box.recent')}</p>
        ${old.map((q, k) => html`<${Option} key=${`r${q}`} id=${`${id}-${k}`} isActive=${at === k} icon="clock" name=${q} onTake=${() => take(k)} />`)}</div>` : null}
      ${offers.length ? html`<div role="group" aria-label=${t(text ? 'box.offers' : 'box.narrow')}>${text ? null : html`<p class="offers-head" aria-hidden="true">${t('box.narrow')}</p>`}
        ${offers.map((offer, k) => html`<${Option} key=${offer.insert} id=${`${id}-${old.length + k}`} isActive=${at === old.length + k} icon=${ICONS[offer.kind]} name=${nameOf(offer)} hint=${hintOf(offer)} n=${offer.memories} onTake=${() => take(old.length + k)} />`)}</div>` : null}
    </div>
    ${old.length ? html`<button type="button" class="text-btn offers-clear" onClick=${clear}>${t('box.clear')}</button>` : null}
    <p class="sr" role="status">${count && text ? t('box.count', { n: count }) : ''}</p>
  </div>`;
}

/** @param {{id:string, isActive:boolean, icon:string, name:string, hint?:string, n?:number|null, onTake:() => void}} props */
function Option({ id, isActive, icon, name, hint, n, onTake }) {
  return html`<div class="offer" role="option" id=${id} aria-selected=${String(isActive)} onMouseDown=${(/** @type {MouseEvent} */ event) => event.preventDefault()} onClick=${onTake}>
    <${Icon} name=${icon} /><span class="offer-name">${name}</span>${hint ? html` <span class="offer-hint">${hint}</span>` : null}
    ${typeof n === 'number' ? html` <span class="offer-count"><span aria-hidden="true">${formatNumber(n)}</span><span class="sr">${t('ui.memories', { n })}</span></span>` : null}</div>`;
}
