// @ts-check
/** A memory at its own address, for links, bookmarks and reloads: the same stage and panel as the viewer. */
import { html, useEffect, useRef, useState } from '../core/preact.js';
import { clockAsThere, fuzzyDate } from '../core/dates.js';
import { t } from '../core/i18n.js';
import { navigate, title } from '../core/router.js';
import { bootstrap } from '../core/session.js';
import { Icon } from '../ui/icon.js';
import { Loading, Trouble } from '../ui/states.js';
import { stylesheet } from '../ui/stylesheet.js';
import { Info } from './viewer/info.js';
import { altOf, Stage } from './viewer/stage.js';
import { changed, complain, editWords, forget, primary, read, save, trash } from './viewer/store.js';

await stylesheet('viewer.css');

/** @param {{params:Record<string,string>}} props */
export default function MemoryPage({ params }) {
  const [memory, setMemory] = useState(/** @type {any} */ (null)), [problem, setProblem] = useState(/** @type {any} */ (null)), [attempt, setAttempt] = useState(0);
  const control = useRef(/** @type {any} */ ({})), turn = changed.value;
  useEffect(() => {
    let isCurrent = true;
    read(params.id).then((one) => { if (isCurrent) { setMemory(one); setProblem(null); } }, (failure) => isCurrent && setProblem(failure));
    return () => { isCurrent = false; };
  }, [params.id, turn, attempt]);
  useEffect(() => title(memory ? altOf(memory) : t('viewer.about')), [memory]);
  if (problem) return html`<div class="page"><h1 class="sr">${t('viewer.about')}</h1><${Trouble} problem=${problem} onRetry=${() => { forget(params.id); setAttempt(attempt + 1); }} /></div>`;
  if (!memory) return html`<div class="page"><h1 class="sr">${t('viewer.about')}</h1><${Loading} kind="text" /></div>`;
  const day = memory.local_on ?? 'undated', clock = clockAsThere(memory.local_at, memory.zone, bootstrap.value?.home_zone, memory.precision);
  const remove = () => trash(memory.id).then(() => navigate(`/timeline?d=${day}`)).catch(complain);
  const favourite = () => save(memory, { favourite: !memory.favourite }, { quiet: true }).catch(complain);
  const edit = () => editWords(memory).catch(complain);
  return html`<div class="memory-page">
    <header class="memory-head">
      <a class="icon-btn" href=${`/timeline?d=${day}`} aria-label=${t('viewer.in_timeline')} title=${t('viewer.in_timeline')}><${Icon} name="arrow-left" /></a>
      <div class="memory-title"><h1>${memory.title || fuzzyDate(memory)}</h1><p>${[memory.title ? fuzzyDate(memory) : '', clock, memory.location?.name].filter(Boolean).join(' · ')}</p></div>
      <button type="button" class="icon-btn" aria-label=${t('keys.viewer-favourite')} aria-pressed=${String(Boolean(memory.favourite))} onClick=${favourite}><${Icon} name="heart" /></button>
      <button type="button" class="icon-btn" aria-label=${t('capture.edit')} title=${t('capture.edit')} onClick=${edit}><${Icon} name="pencil" /></button>
      <button type="button" class="icon-btn" aria-label=${t('keys.viewer-trash')} title=${t('keys.viewer-trash')} onClick=${remove}><${Icon} name="trash-2" /></button>
    </header>
    <div class=${`memory-body${primary(memory) ? ' has-picture' : ''}`}>
      <div class="memory-stage"><${Stage} memory=${memory} control=${control} /></div>
      <${Info} memory=${memory} onSaved=${(/** @type {any} */ fresh) => { forget(fresh.id); }} />
    </div>
  </div>`;
}
