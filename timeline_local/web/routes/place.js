// @ts-check
/** One place: its name, what it is, how far it reaches, and what happened there. */
import { html, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { formatNumber, moreTexts, t } from '../core/i18n.js';
import { navigate } from '../core/router.js';
import { may } from '../core/session.js';
import { toast } from '../core/toast.js';
import { Button } from '../ui/button.js';
import { confirm } from '../ui/confirm.js';
import { Cover } from '../ui/cover.js';
import { present } from '../ui/dialog.js';
import { SelectField, TextField } from '../ui/field.js';
import { InlineText } from '../ui/inline.js';
import { Pick } from '../ui/pick.js';
import { useResource } from '../ui/resource.js';
import { Loading, Trouble } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';
import { useTask } from '../ui/task.js';
import { AboutPage, Found } from './gather/about.js';
import { complain, tell } from './gather/undo.js';
import { kindName } from './places.js';

await Promise.all([stylesheet('screens.css'), stylesheet('gather.css'), moreTexts('gather')]);

const KINDS = ['home', 'work', 'school', 'family', 'friends', 'favourite', 'travel', 'other'];

/** @param {{params: Record<string, string>}} props */
export default function Place({ params }) {
  const { data, problem, reload, set } = useResource(`place ${params.id}`, (signal) => api.get(`/locations/${params.id}`, { signal }));
  const task = useTask(), writes = may('locations:write'), back = html`<a href="/places">${t('nav.places')}</a>`;
  if (!data) return html`<${AboutPage} crumb=${back} title=${t('places.place')}>${problem ? html`<${Trouble} problem=${problem} onRetry=${reload} />` : html`<${Loading} rows=${3} />`}<//>`;
  const change = async (/** @type {any} */ changes) => {
    try { set(await api.patch(`/locations/${data.id}`, changes, { ifMatch: `"${data.version}"` })); toast({ text: t('places.saved'), tone: 'ok' }); } catch (failure) { complain(failure); reload(); }
  };
  const merge = () => task.run(async () => {
    const other = await present(Pick, { title: t('places.merge_title', { name: data.name }), path: '/locations', label: t('places.find'), icon: 'map-pin', without: [data.id], note: t('places.merge_note') });
    if (!other) return;
    const answer = await api.post(`/locations/${data.id}/merge`, { locations: [other.id] });
    tell(t('places.merged', { name: data.name }), answer?.undo_token, () => { navigate(`/places/${data.id}`); reload(); });
    reload();
  });
  const remove = async () => {
    const agreed = await confirm({ title: t('places.delete_title', { name: data.name }), body: html`<p>${t('places.delete_body')}</p>`, action: t('places.delete'), danger: true });
    if (agreed) task.run(async () => {
      await api.delete(`/locations/${data.id}`, { ifMatch: `"${data.version}"` });
      toast({ text: t('places.deleted', { name: data.name }), tone: 'ok' });
      navigate('/places', { replace: true });
    });
  };
  const where = [...new Set([data.address, data.city, data.region, data.country].filter((/** @type {any} */ name) => name && name !== data.name))].join(', ');
  const about = html`<${Cover} picture=${null} name=${data.name} icon=${data.kind === 'home' ? 'house' : 'map-pin'} />
    <div class="about-text"><h1><${InlineText} label=${t('places.name')} value=${data.name} readOnly=${!writes} onSave=${(/** @type {string} */ name) => name && change({ name })} /></h1>
      <p class="fine">${[where, t('ui.memories', { n: data.memories ?? 0 })].filter(Boolean).join(' · ')}</p></div>
    ${writes ? html`<div class="btn-row"><${Button} icon="map-pin" busy=${task.busy} onClick=${merge}>${t('places.merge')}<//><${Button} icon="trash-2" onClick=${remove}>${t('places.delete')}<//></div>` : null}`;
  return html`<${AboutPage} crumb=${back} title=${data.name} about=${about}>
    ${task.problem ? html`<${Trouble} problem=${task.problem} />` : null}
    <div class="about-parts">
      <${Found} q=${`in:"${data.name.replaceAll('"', '')}"`} total=${data.memories} label=${t('places.memories_at', { name: data.name })} none=${t('places.no_memories')} />
      <aside class="about-side"><${Facts} key=${data.version} place=${data} writes=${writes} onSave=${change} /></aside>
    </div>
  <//>`;
}

/** @param {{place: any, writes: boolean, onSave: (changes: any) => Promise<void>}} props */
function Facts({ place, writes, onSave }) {
  const [kind, setKind] = useState(place.kind ?? ''), [radius, setRadius] = useState(place.radius_m === null || place.radius_m === undefined ? '' : String(Math.round(place.radius_m)));
  const { run, busy } = useTask(), kinds = [...new Set([...KINDS, ...(place.kind ? [place.kind] : [])])];
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); run(() => onSave({ kind: kind || null, radius_m: radius ? Number(radius) : null })); };
  const at = [place.lat, place.lon].map((one) => formatNumber(one, { maximumFractionDigits: 5 })).join(', ');
  return html`<section aria-labelledby="place-facts"><h2 id="place-facts">${t('places.about')}</h2>
    <form onSubmit=${submit}>
      <${SelectField} label=${t('places.kind')} value=${kind} onChange=${setKind} disabled=${!writes} options=${[{ value: '', label: t('places.kind_none') }, ...kinds.map((value) => ({ value, label: kindName(value) }))]} />
      <${TextField} label=${t('places.radius')} hint=${t('places.radius_hint')} type="number" min="1" max="100000" step="1" inputmode="numeric" value=${radius} onInput=${setRadius} disabled=${!writes} />
      ${writes ? html`<${Button} type="submit" size="small" busy=${busy}>${t('places.save')}<//>` : null}
    </form>
    ${place.lat === null || place.lat === undefined ? null : html`<p class="fine more-row">${t('places.coordinates')}: ${at}</p>`}
  </section>`;
}
