// @ts-check
/** The memory itself, as large as there is room: picture with zoom, film, sound, or words on paper. */
import { html, useEffect, useRef, useState } from '../../core/preact.js';
import { clockAsThere, fuzzyDate } from '../../core/dates.js';
import { t } from '../../core/i18n.js';
import { bootstrap } from '../../core/session.js';
import { Icon } from '../../ui/icon.js';
import { Blocks } from './blocks.js';
import { motion, primary, track } from './store.js';
import { Way } from './way.js';

/** Types every browser draws; others are shown through their preview. */
const DRAWN = /^image\/(jpeg|png|webp|gif|avif)$/;
const MOST_ZOOM = 8;

/** @param {any} memory */
export function altOf(memory) {
  const when = fuzzyDate(memory), clock = clockAsThere(memory.local_at, memory.zone, bootstrap.value?.home_zone, memory.precision);
  return memory.title || [t(`kind.${memory.kind}`), [when, clock].filter(Boolean).join(', '), memory.location?.name].filter(Boolean).join(', ');
}

/**
 * `control` is filled with what the keys of the viewer call: zoom, fit, rotate, play, live.
 * @param {{memory:Record<string, any>|null, thumb?:string|null, control:{current:any}, onStep?:(direction:1|-1)=>void}} props
 */
export function Stage({ memory, thumb, control, onStep }) {
  const media = memory ? primary(memory) : null;
  if (!memory) return html`<div class="stage" aria-busy="true">${thumb ? html`<img class="stage-img" alt="" src=${thumb} />` : null}</div>`;
  if (media?.mime?.startsWith('video/')) return html`<${Film} key=${memory.id} memory=${memory} media=${media} control=${control} />`;
  if (media && (media.mime?.startsWith('image/') || media.has_preview)) return html`<${Picture} key=${memory.id} memory=${memory} media=${media} thumb=${thumb} control=${control} onStep=${onStep} />`;
  return html`<${Paper} key=${memory.id} memory=${memory} media=${media} control=${control} />`;
}

/** @param {any} props */
function Film({ memory, media, control }) {
  const ref = useRef(/** @type {HTMLVideoElement|null} */ (null)), [failed, setFailed] = useState(false);
  useEffect(() => {
    control.current = { play: () => { const film = ref.current; if (film?.paused) film.play(); else film?.pause(); } };
    return () => ref.current?.pause();
  }, []);
  if (failed) return html`<div class="stage">${media.screen ? html`<img class="stage-img" alt=${altOf(memory)} src=${media.screen} />` : null}
    <p class="stage-note"><${Icon} name="circle-alert" /><span>${t('viewer.cannot_play')} <a href=${media.original} download>${t('viewer.download')}</a></span></p></div>`;
  return html`<div class="stage"><video class="stage-film" ref=${ref} controls playsinline preload="metadata" poster=${media.screen ?? undefined} src=${media.original} aria-label=${altOf(memory)} onError=${() => setFailed(true)}></video></div>`;
}

/** @param {any} props */
function Picture({ memory, media, thumb, control, onStep }) {
  const box = useRef(/** @type {HTMLElement|null} */ (null));
  const [view, setView] = useState({ scale: 1, x: 0, y: 0, turn: 0 });
  const [sharp, setSharp] = useState(false), [live, setLive] = useState(false);
  const latest = useRef(view);
  latest.current = view;
  const film = motion(memory);
  const zoomTo = (/** @type {number} */ scale, /** @type {{x:number,y:number}} */ at = { x: 0, y: 0 }) => setView((old) => {
    const next = Math.min(MOST_ZOOM, Math.max(1, scale)), factor = next / old.scale;
    return next === 1 ? { ...old, scale: 1, x: 0, y: 0 } : { ...old, scale: next, x: at.x - (at.x - old.x) * factor, y: at.y - (at.y - old.y) * factor };
  });
  useEffect(() => {
    control.current = {
      zoom: () => zoomTo(latest.current.scale > 1 ? 1 : 2.5),
      fit: () => setView((old) => ({ ...old, scale: 1, x: 0, y: 0 })),
      rotate: () => setView((old) => ({ ...old, turn: old.turn + 90, scale: 1, x: 0, y: 0 })),
      live: () => film && setLive((old) => !old),
    };
  }, [memory]);
  useEffect(() => watchPointer(/** @type {HTMLElement} */ (box.current), latest, setView, zoomTo, onStep), []);
  const source = view.scale > 1.3 && DRAWN.test(media.mime) ? media.original : media.screen ?? media.original;
  const sideways = view.turn % 180 !== 0;
  const style = { transform: `translate(${view.x}px, ${view.y}px) scale(${view.scale}) rotate(${view.turn}deg)` };
  return html`<div class=${`stage${view.scale > 1 ? ' is-zoomed' : ''}${sideways ? ' is-sideways' : ''}`} ref=${box}>
    ${thumb && !sharp ? html`<img class="stage-img stage-soft" alt="" src=${thumb} style=${style} draggable=${false} />` : null}
    <img class="stage-img" alt=${altOf(memory)} src=${source} style=${style} draggable=${false} decoding="async" onLoad=${() => setSharp(true)} />
    ${film && live ? html`<video class="stage-img stage-live" autoplay muted playsinline src=${film.original} style=${style} onEnded=${() => setLive(false)}></video>` : null}
    ${film ? html`<button type="button" class="live-btn" aria-pressed=${String(live)} onClick=${() => setLive(!live)} onPointerEnter=${(/** @type {PointerEvent} */ event) => event.pointerType === 'mouse' && setLive(true)}><${Icon} name="circle-play" />${t('timeline.live')}</button>` : null}
  </div>`;
}

/**
 * Wheel and pinch zoom to the pointer, drag pans, double click toggles, a swipe at fit steps.
 * @param {HTMLElement} box @param {{current:any}} latest @param {(view:any)=>void} setView @param {(scale:number, at?:{x:number,y:number})=>void} zoomTo @param {((direction:1|-1)=>void)|undefined} onStep
 */
function watchPointer(box, latest, setView, zoomTo, onStep) {
  /** @type {Map<number, PointerEvent>} */
  const down = new Map();
  let start = { x: 0, y: 0, distance: 0, scale: 1 };
  const fromMiddle = (/** @type {{clientX:number,clientY:number}} */ event) => {
    const area = box.getBoundingClientRect();
    return { x: event.clientX - area.left - area.width / 2, y: event.clientY - area.top - area.height / 2 };
  };
  const apart = () => { const [a, b] = [...down.values()]; return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY); };
  const on = (/** @type {string} */ type, /** @type {(event:any)=>void} */ run, passive = true) => box.addEventListener(type, run, { passive });
  on('wheel', (event) => { event.preventDefault(); zoomTo(latest.current.scale * Math.exp(-event.deltaY * 0.0022), fromMiddle(event)); }, false);
  on('dblclick', (event) => zoomTo(latest.current.scale > 1 ? 1 : 2.5, fromMiddle(event)));
  on('pointerdown', (event) => {
    if (event.target.closest('button')) return;
    down.set(event.pointerId, event);
    if (latest.current.scale > 1 || down.size === 2) box.setPointerCapture(event.pointerId);
    start = { x: event.clientX, y: event.clientY, distance: down.size === 2 ? apart() : 0, scale: latest.current.scale };
  });
  on('pointermove', (event) => {
    const before = down.get(event.pointerId);
    if (!before) return;
    down.set(event.pointerId, event);
    if (down.size === 2) zoomTo(start.scale * (apart() / Math.max(1, start.distance)), fromMiddle(event));
    else if (latest.current.scale > 1) setView((/** @type {any} */ old) => ({ ...old, x: old.x + event.clientX - before.clientX, y: old.y + event.clientY - before.clientY }));
  });
  const end = (/** @type {PointerEvent} */ event) => {
    if (!down.delete(event.pointerId) || latest.current.scale > 1 || event.pointerType !== 'touch' || start.distance) return;
    const dx = event.clientX - start.x, dy = event.clientY - start.y;
    if (Math.abs(dx) > 60 && Math.abs(dx) > 2 * Math.abs(dy)) onStep?.(dx < 0 ? 1 : -1);
  };
  on('pointerup', end);
  on('pointercancel', (event) => down.delete(event.pointerId));
}

/** Words, or a sound, on paper. @param {any} props */
function Paper({ memory, media, control }) {
  const ref = useRef(/** @type {HTMLAudioElement|null} */ (null));
  useEffect(() => { control.current = { play: () => { const sound = ref.current; if (sound?.paused) sound.play(); else sound?.pause(); } }; }, []);
  const clock = clockAsThere(memory.local_at, memory.zone, bootstrap.value?.home_zone, memory.precision), file = track(memory);
  const pictures = (memory.media ?? []).filter((/** @type {any} */ one) => one !== media && one.has_preview);
  return html`<div class="stage stage-paper" tabindex="0" role="region" aria-label=${altOf(memory)}><article class="paper">
    <p class="paper-when">${[memory.kind === 'note' ? '' : t(`kind.${memory.kind}`), fuzzyDate(memory), clock].filter(Boolean).join(' · ')}</p>
    ${memory.title ? html`<h2>${memory.title}</h2>` : null}
    ${media?.mime?.startsWith('audio/') ? html`<audio ref=${ref} controls preload="metadata" src=${media.original}></audio>` : null}
    ${media && !media.mime?.startsWith('audio/') ? html`<p><a class="text-link" href=${media.original} download>${media.file_name}</a></p>` : null}
    <${Blocks} blocks=${memory.blocks} body=${memory.body} />
    <${Way} memory=${memory} />
    ${file ? html`<p><a class="text-link" href=${file.original} download>${file.file_name}</a></p>` : null}
    ${memory.location ? html`<p class="paper-place"><${Icon} name="map-pin" />${memory.location.name}</p>` : null}
    ${pictures.length ? html`<div class="paper-pictures">${pictures.map((/** @type {any} */ one) => html`<img key=${one.id} alt=${one.file_name ?? ''} src=${one.grid} loading="lazy" />`)}</div>` : null}
  </article></div>`;
}
