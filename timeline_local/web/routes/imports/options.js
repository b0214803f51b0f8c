// @ts-check
/** How to import, and the button that does it. */
import { html, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { navigate } from '../../core/router.js';
import { bootstrap } from '../../core/session.js';
import { toast } from '../../core/toast.js';
import { Button } from '../../ui/button.js';
import { RadioGroup } from '../../ui/choice.js';
import { bytes } from '../../ui/format.js';
import { Icon } from '../../ui/icon.js';
import { Meter } from '../../ui/progress.js';
import { Trouble } from '../../ui/states.js';
import { TagsField } from '../../ui/tags.js';
import { useTask } from '../../ui/task.js';
import { ZoneField } from '../../ui/zone.js';

/** @param {{item: any, mode: string, onMode: (mode: string) => void, reload: () => void}} props */
export function Options({ item, mode, onMode, reload }) {
  const plan = item.plan;
  const [tags, setTags] = useState(/** @type {string[]} */ (item.options?.tags ?? []));
  const [zone, setZone] = useState(item.options?.zone ?? bootstrap.value?.home_zone ?? '');
  const { run, busy, problem } = useTask();
  const amount = (plan.new ?? 0) + (plan.changed ?? 0);
  const tooBig = mode === 'copy' && plan.fits === false;
  const start = () => run(async () => {
    await api.post(`/imports/${item.id}/start`, { options: { mode, tags, ...(zone ? { zone } : {}) } });
    reload();
  });
  const drop = () => run(async () => {
    await api.post(`/imports/${item.id}/cancel`, { keep: false });
    toast({ text: t('imports.dropped') });
    navigate('/imports');
  });
  const discard = html`<button type="button" class="text-btn" onClick=${drop}>${t('imports.drop_plan')}</button>`;
  if (!amount) return html`<${NothingNew} discard=${discard} problem=${problem} />`;
  return html`<div class="options">
    <h2 class="section-title">${t('imports.options')}</h2>
    ${item.paths?.length && plan.bytes_packed < plan.bytes_new ? html`<${RadioGroup} legend=${t('imports.originals')} hideLegend value=${mode} onChange=${onMode} options=${modes()} />` : null}
    ${plan.bytes_packed ? html`<p class="fine">${t('imports.packed', { size: bytes(plan.bytes_packed) })}</p>` : null}
    ${mode === 'copy' ? html`<${Space} plan=${plan} />` : null}
    <${TagsField} label=${t('imports.tags')} hint=${t('imports.tags_hint')} tags=${tags} onChange=${setTags} />
    <${ZoneField} label=${t('imports.zone')} hint=${t('imports.zone_hint')} value=${zone} onChange=${setZone} />
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
    <${Button} variant="primary" size="large" class="btn-wide" busy=${busy} disabled=${tooBig} onClick=${start}>${t('imports.start', { n: amount })}<//>
    <p class="fine">${t('imports.start_hint')}</p>
    ${discard}
  </div>`;
}

/** A second import of the same folder: nothing to decide. @param {{discard: any, problem: any}} props */
function NothingNew({ discard, problem }) {
  return html`<div class="options">
    <p class="all-well"><${Icon} name="circle-check" />${t('imports.nothing_new')}</p>
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
    <${Button} variant="primary" class="btn-wide" href="/timeline">${t('trash.to_timeline')}<//>
    <p class="fine">${discard}</p>
  </div>`;
}

const modes = () => [
  { value: 'copy', label: t('imports.copy'), hint: t('imports.copy_hint') },
  { value: 'reference', label: t('imports.leave'), hint: t('imports.leave_hint') },
];

/** Bytes to copy against the free space. @param {{plan: any}} props */
function Space({ plan }) {
  const text = plan.fits === false
    ? t('imports.too_big', { size: bytes(plan.bytes_new), free: bytes(plan.free_bytes) })
    : t('imports.space', { size: bytes(plan.bytes_new), free: bytes(plan.free_bytes) });
  return html`<div class="space">
    <${Meter} label=${text} whole=${Math.max(plan.free_bytes, plan.bytes_new)} parts=${[{ key: 'new', amount: plan.bytes_new, tone: plan.fits === false ? 'warm' : 'accent' }]} />
    <p class=${plan.fits === false ? 'field-error' : 'fine'}>${text}</p>
  </div>`;
}
