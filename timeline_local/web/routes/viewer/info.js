// @ts-check
/** The panel beside a memory: when and why we believe it, where, who, tags, camera, file; everything editable in place. */
import { html, useEffect, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { ago, clock, duration, fullDayLabel, fuzzyDate, offsetLabel, parseIsoDay, zoneCity } from '../../core/dates.js';
import { formatNumber, hasText, moreTexts, t } from '../../core/i18n.js';
import { bootstrap } from '../../core/session.js';
import { bytes, countryName } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { EditableField, EditableTags } from './edit.js';
import { Feeling } from './feeling.js';
import { NoteLock } from './lock.js';
import { Gathered } from './gathered.js';
import { EditablePeople } from './people.js';
import { Relations } from './relations.js';
import { primary, track } from './store.js';

await moreTexts('viewer');

/** @param {{memory:any, onSaved:(memory:any)=>void, onClose?:()=>void}} props */
export function Info({ memory, onSaved, onClose }) {
  return html`<aside class="info" aria-label=${t('keys.viewer-info')}>
    <header class="info-head"><h2>${t('viewer.about')}</h2>${onClose ? html`<button type="button" class="icon-btn" aria-label=${t('viewer.hide_info')} onClick=${onClose}><${Icon} name="x" /></button>` : null}</header>
    <${EditableField} memory=${memory} name="title" label=${t('viewer.title')} value=${memory.title ?? ''} empty=${t('viewer.add_title')} first onSaved=${onSaved} />
    <${EditableField} memory=${memory} name="body" label=${t('viewer.text')} value=${memory.body ?? ''} shown=${memory.body} empty=${t('viewer.add_text')} multiline hint=${t('viewer.text_hint')} onSaved=${onSaved} />
    <${When} memory=${memory} onSaved=${onSaved} />
    <${Where} memory=${memory} onSaved=${onSaved} />
    <${Part} icon="users" title=${t('viewer.people')}><${EditablePeople} memory=${memory} onSaved=${onSaved} /><//>
    <${Part} icon="star" title=${t('viewer.feeling')}><${Feeling} memory=${memory} onSaved=${onSaved} /><//>
    <${Part} icon="tag" title=${t('viewer.tags')}><${EditableTags} memory=${memory} onSaved=${onSaved} /><//>
    <${Gathered} memory=${memory} frame=${(/** @type {any} */ list) => html`<${Part} icon="layout-grid" title=${t('viewer.gathered')}>${list}<//>`} />
    <${Relations} memory=${memory} frame=${(/** @type {any} */ list) => html`<${Part} icon="link" title=${t('viewer.related')}>${list}<//>`} />
    ${memory.locked || (memory.kind === 'note' && memory.body) ? html`<${Part} icon="lock" title=${t('viewer.privacy')}><${NoteLock} memory=${memory} /><//>` : null}
    <${File} memory=${memory} />
    <p class="info-fine">${t('viewer.added', { when: ago(memory.created_at) })}${memory.updated_at !== memory.created_at ? ` · ${t('viewer.changed', { when: ago(memory.updated_at) })}` : ''}</p>
  </aside>`;
}

/** @param {{icon:string, title:string, children?:any}} props */
function Part({ icon, title, children }) {
  return html`<section class="info-part"><${Icon} name=${icon} /><div><h3>${title}</h3>${children}</div></section>`;
}

/** The wall clock there, the zone, and the same moment here when that differs. @param {{memory:any, onSaved:(memory:any)=>void}} props */
function When({ memory, onSaved }) {
  const time = clock(memory.local_at, memory.precision), home = bootstrap.value?.home_zone;
  const zone = memory.zone ? `${zoneCity(memory.zone)} · ${offsetLabel(memory.utc_offset_min)}` : offsetLabel(memory.utc_offset_min);
  const here = time && memory.zone && home && memory.zone !== home ? inZone(memory.happened_at, home) : '';
  const isExact = Boolean(time);
  return html`<${Part} icon="clock" title=${t('viewer.when')}>
    <${EditableField} memory=${memory} name="local_at" label=${t('viewer.date')} type="datetime-local"
      value=${memory.local_at && memory.precision !== 'unknown' ? memory.local_at.slice(0, 19) : ''} shown=${[fuzzyDate(memory), time].filter(Boolean).join(', ')} empty=${t('viewer.add_date')}
      toChange=${(/** @type {string} */ text) => (memory.zone ? { local_at: text, zone: memory.zone } : { local_at: text, ...(home ? { zone: home } : {}) })} onSaved=${onSaved} />
    ${isExact && zone ? html`<p>${t('viewer.as_there')} · ${zone}</p>` : null}
    ${here ? html`<p>${t('viewer.as_here', { time: here })}</p>` : null}
    ${isExact ? null : html`<${EditableField} memory=${memory} name="when" label=${t('viewer.roughly')} value=${memory.when ?? ''} shown=${isPlain(memory.when) ? t('viewer.add_roughly') : `${t('viewer.roughly')}: ${memory.when}`} empty=${t('viewer.add_roughly')} hint=${t('viewer.roughly_hint')} toChange=${(/** @type {string} */ text) => ({ when: text })} onSaved=${onSaved} />`}
    <${Why} id=${memory.id} version=${memory.version} />
  <//>`;
}

/** An EDTF text that says no more than the date above it already does in words. @param {string|null} when */
const isPlain = (when) => /^\d{4}(-\d{2}){0,2}$|^\d{3}X$/.test(when ?? '');

/** @param {string} instant @param {string} zone */
function inZone(instant, zone) {
  try { return new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit', day: 'numeric', month: 'short' }).format(new Date(instant)); } catch { return ''; }
}

/** What `why` answers, once it was opened. @param {string} id @param {number} version @returns {[any, (open: boolean) => void]} */
function useWhy(id, version) {
  const [why, setWhy] = useState(/** @type {any} */ (null)), [open, setOpen] = useState(false);
  useEffect(() => {
    if (!open) return undefined;
    const abort = new AbortController();
    api.get(`/memories/${id}/why`, { signal: abort.signal }).then(setWhy, () => {});
    return () => abort.abort();
  }, [open, id, version]);
  return [why, setOpen];
}

/** Why we believe this date: what was considered, and why it lost. @param {{id:string, version:number}} props */
function Why({ id, version }) {
  const [why, setOpen] = useWhy(id, version);
  return html`<details class="why" onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
    <summary>${t('viewer.why')}</summary>
    ${why ? html`<ol class="why-list">${(why.time?.considered ?? []).map((/** @type {any} */ one, /** @type {number} */ k) => html`<li key=${k} class=${one.accepted ? 'is-winner' : ''}>
      <${Icon} name=${one.accepted ? 'circle-check' : 'minus'} />
      <div><b>${hasText(`basis.${one.basis}`) ? t(`basis.${one.basis}`) : one.origin}</b><span>${moment(one)}</span><small>${one.reason || (one.accepted ? t('viewer.believed') : '')}</small></div></li>`)}</ol>` : null}
    ${why && !why.time?.considered?.length ? html`<p>${t('viewer.no_evidence')}</p>` : null}
  </details>`;
}

/** @param {any} evidence */
function moment({ local_at: localAt, instant, utc_offset_min: offset }) {
  const text = localAt ?? instant;
  if (!text) return '';
  const day = parseIsoDay(text.slice(0, 10));
  return [day === null ? '' : fullDayLabel(day), clock(text), localAt ? offsetLabel(offset) : 'UTC'].filter(Boolean).join(', ');
}

/** @param {{memory:any, onSaved:(memory:any)=>void}} props */
function Where({ memory, onSaved }) {
  const { location, lat, lon, accuracy_m: accuracy } = memory;
  const names = location ? [...new Set([location.name === location.country ? '' : location.name, location.city, location.region, countryName(location)].filter(Boolean))].join(', ') : '';
  const at = lat !== null && lat !== undefined ? `${formatNumber(lat, { maximumFractionDigits: 5 })}, ${formatNumber(lon, { maximumFractionDigits: 5 })}` : '';
  return html`<${Part} icon="map-pin" title=${t('viewer.where')}>
    <${EditableField} memory=${memory} name="location" label=${t('viewer.place')} value=${location?.name ?? ''} shown=${names} empty=${t('viewer.add_place')} hint=${t('viewer.place_hint')} textOf=${(/** @type {any} */ other) => other.location?.name ?? ''}
      toChange=${(/** @type {string} */ text) => ({ location: text.trim() || null })} onSaved=${onSaved} />
    ${at ? html`<p class="info-fine">${at}${accuracy ? ` · ±${formatNumber(Math.round(accuracy))} m` : ''}</p>` : null}
    ${at ? html`<${WhyPlace} id=${memory.id} version=${memory.version} />` : null}
  <//>`;
}

/** Where the names of the place come from. @param {{id:string, version:number}} props */
function WhyPlace({ id, version }) {
  const [why, setOpen] = useWhy(id, version);
  return html`<details class="why" onToggle=${(/** @type {any} */ event) => setOpen(event.currentTarget.open)}>
    <summary>${t('viewer.why_place')}</summary>
    ${why ? html`<p>${placeReason(why)}</p>` : null}
  </details>`;
}

/** @param {any} why */
function placeReason(why) {
  const said = why.fields?.find((/** @type {any} */ one) => one.field === 'location' && one.source === 'gazetteer')?.value;
  if (!said) return t('viewer.place_basis.said');
  const km = formatNumber((said.distance_m ?? 0) / 1000, { maximumFractionDigits: 1 });
  return t(`viewer.place_basis.${said.basis === 'gazetteer' && !said.city ? 'far' : said.basis}`, { name: said.name ?? '', km });
}

/** Camera, file, and where it came from. @param {{memory:any}} props */
function File({ memory }) {
  const media = primary(memory), way = track(memory), [facts, setFacts] = useState(/** @type {any} */ (null));
  useEffect(() => {
    if (!media) return undefined;
    const abort = new AbortController();
    api.get(`/media/${media.id}`, { signal: abort.signal }).then((answer) => setFacts(answer?.media ?? answer), () => {});
    return () => abort.abort();
  }, [media?.id]);
  const camera = facts ? [facts.camera_make && !facts.camera_model?.startsWith(facts.camera_make) ? facts.camera_make : '', facts.camera_model].filter(Boolean).join(' ') : '';
  const size = media ? [media.width && `${media.width} × ${media.height}`, duration(media.duration_ms), bytes(media.size_bytes)].filter(Boolean).join(' · ') : '';
  const source = hasText(`source.${memory.source}`) ? t(`source.${memory.source}`) : memory.source;
  return html`
    ${camera ? html`<${Part} icon="camera" title=${camera}><p>${[facts.lens, exposure(facts.exposure)].filter(Boolean).join(' · ')}</p><//>` : null}
    ${media ? html`<${Part} icon="file" title=${media.file_name || t('viewer.file')}><p>${size}</p>${memory.source_key ? html`<p class="info-path">${memory.source_key}</p>` : null}
      <p><a class="text-link" href=${media.original} download>${t('viewer.download')}</a></p><//>` : null}
    ${way ? html`<${Part} icon="file" title=${way.file_name || t('viewer.file')}><p>${bytes(way.size_bytes)}</p>
      <p><a class="text-link" href=${way.original} download>${t('viewer.download')}</a></p><//>` : null}
    ${source ? html`<${Part} icon="folder-input" title=${t('viewer.source')}><p>${source}${memory.import_id ? html` · <a class="text-link" href=${`/imports/${memory.import_id}`}>${t('viewer.import')}</a>` : null}</p>${!media && memory.source_key ? html`<p class="info-path">${memory.source_key}</p>` : null}<//>` : null}`;
}

/** @param {any} exposure */
function exposure(exposure) {
  if (!exposure || typeof exposure !== 'object') return '';
  const { f_number: f, seconds: time, iso, focal_length_mm: focal } = exposure;
  return [f && `ƒ/${f}`, time && `${typeof time === 'number' && time < 1 ? `1/${Math.round(1 / time)}` : time} s`, iso && `ISO ${iso}`, focal && `${focal} mm`].filter(Boolean).join('  ');
}
