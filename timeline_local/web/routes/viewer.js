// @ts-check
/** One memory over the mounted timeline: a modal dialog, so that the timeline keeps its place to the pixel. */
import { html, useEffect, useLayoutEffect, useRef, useState } from '../core/preact.js';
import { clockAsThere, fuzzyDate } from '../core/dates.js';
import { t } from '../core/i18n.js';
import { dispatch, bind, isTyping } from '../core/keys.js';
import { reveal, touches } from '../core/moves.js';
import { rewrite } from '../core/router.js';
import { bootstrap } from '../core/session.js';
import { Icon } from '../ui/icon.js';
import { stylesheet } from '../ui/stylesheet.js';
import { ToastHost } from '../ui/toast.js';
import { savePlace } from './timeline.js';
import { Info } from './viewer/info.js';
import { Stage } from './viewer/stage.js';
import { changed, complain, editWords, primary, read, save, trash } from './viewer/store.js';

await stylesheet('viewer.css');

/** Neighbours to have ready, the likeliest first. */
const PRELOAD = [1, -1, 2, -2];

/** @param {{feed:import('./timeline/feed.js').Feed}} props */
export default function Viewer({ feed }) {
  const dialog = useRef(/** @type {HTMLDialogElement|null} */ (null)), control = useRef(/** @type {any} */ ({}));
  const position = feed.viewing.value, n = feed.ctl.sk?.n ?? 0, item = feed.itemAt(position), brief = feed.item(item);
  const { memory, problem } = useMemoryAt(feed, position, item, control);
  const [info, setInfo] = useState(sessionStorage.getItem('tl-info') === '1');
  useEffect(() => sessionStorage.setItem('tl-info', info ? '1' : '0'), [info]);
  useLayoutEffect(() => openOver(feed, dialog), []);
  const step = (/** @type {number} */ direction) => {
    const next = Math.min(n - 1, Math.max(0, position + direction));
    if (next === position) return;
    feed.viewing.value = next;
    feed.setFocus(next);
  };
  const close = () => closeOver(feed, dialog.current);
  const shown = memory && brief && memory.id !== brief.id ? null : memory;
  const favourite = () => {
    if (!shown) return;
    feed.ctl.chunks.patch(item, { favourite: !shown.favourite });
    save(shown, { favourite: !shown.favourite }, { quiet: true }).then(() => feed.ctl.refresh()).catch((failure) => { feed.ctl.chunks.patch(item, { favourite: shown.favourite }); complain(failure); });
  };
  const remove = () => shown && trash(shown.id, () => feed.ctl.refresh()).then(() => {
    if (n <= 1) return close();
    feed.viewing.value = position < n - 1 ? position + 1 : position - 1;
    return feed.ctl.refresh();
  }).catch(complain);
  const edit = () => {
    if (shown?.kind === 'note') return void editWords(shown, () => feed.ctl.refresh()).catch(complain);
    setInfo(true);
    setTimeout(() => /** @type {HTMLElement|null} */ (dialog.current?.querySelector('[data-edit]') ?? null)?.click(), 60);
  };
  // Before the next key can be pressed: one that met the handlers of an unread memory would be lost.
  useLayoutEffect(() => bind('viewer', {
    'viewer-step': (event) => (/** @type {HTMLElement} */ (event.target).tagName === 'VIDEO' ? false : step(event.key === 'ArrowRight' ? 1 : -1)),
    'viewer-play': (event) => (/button|video|summary/i.test(/** @type {HTMLElement} */ (event.target).tagName) ? false : control.current.play?.()),
    'viewer-info': () => setInfo((old) => !old),
    'viewer-edit': edit,
    'viewer-favourite': favourite, 'viewer-trash': remove,
    'viewer-zoom': () => control.current.zoom?.(), 'viewer-fit': () => control.current.fit?.(),
    'viewer-rotate': () => control.current.rotate?.(), 'viewer-live': () => control.current.live?.(),
    'viewer-close': close,
  }), [shown, position, n]);
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (!isTyping(event.target)) dispatch('viewer', event);
    event.stopPropagation();
  };
  return html`<dialog class="viewer" tabindex="-1" ref=${dialog} aria-labelledby="viewer-title" onKeyDown=${key} onCancel=${(/** @type {Event} */ event) => { event.preventDefault(); close(); }}>
    <div class=${`viewer-frame${info ? ' has-info' : ''}`}>
      <div class="viewer-main">
        ${problem ? html`<p class="viewer-problem" role="alert"><${Icon} name="circle-alert" />${problem.message}</p>` : html`<${Stage} memory=${shown} thumb=${brief?.grid} control=${control} onStep=${step} />`}
        <${Bar} shown=${shown} brief=${brief} hasInfo=${info} onClose=${close} onFavourite=${favourite} onEdit=${edit} onRemove=${remove} onInfo=${() => setInfo(!info)} />
        ${position > 0 ? html`<button type="button" class="viewer-step viewer-back" aria-label=${t('viewer.newer')} onClick=${() => step(-1)}><${Icon} name="chevron-left" /></button>` : null}
        ${position < n - 1 ? html`<button type="button" class="viewer-step viewer-on" aria-label=${t('viewer.older')} onClick=${() => step(1)}><${Icon} name="chevron-right" /></button>` : null}
      </div>
      ${info && shown ? html`<${Info} key=${shown.id} memory=${shown} onSaved=${() => feed.ctl.refresh()} onClose=${() => setInfo(false)} />` : null}
    </div>
    <${ToastHost} />
  </dialog>`;
}

/** What the server tells of the memory at a position; asked again whenever it changes. @param {import('./timeline/feed.js').Feed} feed @param {number} position @param {number} item @param {{current:any}} control */
function useMemoryAt(feed, position, item, control) {
  const [memory, setMemory] = useState(/** @type {any} */ (null)), [problem, setProblem] = useState(/** @type {any} */ (null));
  const turn = changed.value;
  useEffect(() => {
    let isCurrent = true;
    control.current = {};
    setProblem(null);
    idAt(feed, position).then((id) => {
      if (!id) throw new Error(t('viewer.gone'));
      if (isCurrent) rewrite(`/m/${id}`, { ...history.state, overlay: true });
      return read(id);
    }).then((one) => { if (isCurrent) { setMemory(one); preload(feed, position); } }, (failure) => isCurrent && setProblem(failure));
    return () => { isCurrent = false; };
  }, [item, feed.version.value, turn]);
  return { memory, problem };
}

/** The name of the memory and what can be done with it.
 * @param {{shown:any, brief:any, hasInfo:boolean, onClose:()=>void, onFavourite:()=>void, onEdit:()=>void, onRemove:()=>void, onInfo:()=>void}} props */
function Bar({ shown, brief, hasInfo, onClose, onFavourite, onEdit, onRemove, onInfo }) {
  const heading = shown ? shown.title || fuzzyDate(shown) : brief?.title || (brief ? fuzzyDate(brief) : '…');
  const clock = shown ? clockAsThere(shown.local_at, shown.zone, bootstrap.value?.home_zone, shown.precision) : '';
  const under = [shown?.title ? fuzzyDate(shown) : '', clock, shown?.location?.name].filter(Boolean).join(' · ');
  const button = (/** @type {string} */ icon, /** @type {string} */ label, /** @type {() => any} */ run, /** @type {boolean|undefined} */ pressed = undefined) => html`<button type="button" class="viewer-btn" aria-label=${label} title=${label} aria-pressed=${pressed === undefined ? undefined : String(pressed)} onClick=${run}><${Icon} name=${icon} /></button>`;
  return html`<header class="viewer-bar">
    ${button('x', t('viewer.close'), onClose)}
    <div class="viewer-title"><h2 id="viewer-title">${heading}</h2><p>${under}</p></div>
    ${button('heart', t('keys.viewer-favourite'), onFavourite, Boolean(shown?.favourite))}
    ${shown && primary(shown) ? html`<a class="viewer-btn optional" href=${primary(shown).original} download aria-label=${t('viewer.download')} title=${t('viewer.download')}><${Icon} name="download" /></a>` : null}
    ${shown?.kind === 'note' ? button('pencil', t('capture.edit'), onEdit) : null}
    ${button('trash-2', t('keys.viewer-trash'), onRemove)}
    ${button('info', t('keys.viewer-info'), onInfo, hasInfo)}
  </header>`;
}

/** @param {import('./timeline/feed.js').Feed} feed @param {number} position @returns {Promise<string|undefined>} */
async function idAt(feed, position) {
  const item = feed.itemAt(position);
  return item < 0 ? undefined : (await feed.idsOf([item]))[0];
}

/** Have the neighbours and their pictures ready. @param {import('./timeline/feed.js').Feed} feed @param {number} position */
async function preload(feed, position) {
  for (const away of PRELOAD) {
    const id = await idAt(feed, position + away).catch(() => undefined);
    if (!id || Math.abs(feed.viewing.peek() - position) > 2) continue;
    const media = await read(id).then(primary, () => null);
    if (media?.screen) new Image().src = media.screen;
  }
}

/** Show the dialog, and give it an entry in the history so that Back closes it. @param {import('./timeline/feed.js').Feed} feed @param {{current:HTMLDialogElement|null}} dialog */
function openOver(feed, dialog) {
  savePlace(feed);
  history.pushState({ overlay: true }, '', location.href);
  dialog.current?.showModal();
  dialog.current?.focus(); // not the close button, or Space would close instead of play
  const back = () => { if (!history.state?.overlay) settle(feed); };
  addEventListener('popstate', back);
  return () => removeEventListener('popstate', back);
}

/** @param {import('./timeline/feed.js').Feed} feed @param {HTMLDialogElement|null} dialog */
function closeOver(feed, dialog) {
  dialog?.close();
  if (history.state?.overlay) history.back(); else settle(feed);
}

/** Back in the timeline: the last one seen has the focus, and is moved into view only if nothing of it is. @param {import('./timeline/feed.js').Feed} feed */
function settle(feed) {
  const position = feed.viewing.value;
  if (position < 0) return;
  feed.viewing.value = -1;
  feed.setFocus(position);
  if (touches(feed.ctl, position)) feed.ctl.update(true); else reveal(feed.ctl, position);
  requestAnimationFrame(() => {
    /** @type {HTMLElement|null} */ (document.querySelector(`#feed [data-p="${position}"]`))?.focus({ preventScroll: true });
    savePlace(feed);
  });
}
