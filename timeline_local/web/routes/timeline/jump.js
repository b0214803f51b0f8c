// @ts-check
/** Two small questions of the timeline: which day to go to, and which tags to add. */
import { html, useState } from '../../core/preact.js';
import { isoDay, parseIsoDay, UNDATED_DAY } from '../../core/dates.js';
import { t } from '../../core/i18n.js';
import { Button } from '../../ui/button.js';
import { Dialog, present } from '../../ui/dialog.js';
import { TextField } from '../../ui/field.js';

/** @param {{day:string, oldest:string, newest:string, close:(day?:number|null)=>void}} props */
function DayDialog({ day, oldest, newest, close }) {
  const [value, setValue] = useState(day);
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); close(parseIsoDay(value)); };
  return html`<${Dialog} title=${t('jump.title')} onClose=${() => close()} class="dialog-small"><form onSubmit=${submit}>
    <${TextField} label=${t('jump.day')} type="date" value=${value} min=${oldest} max=${newest} onInput=${setValue} data-autofocus />
    <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close()}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary">${t('jump.go')}<//></div>
  </form><//>`;
}

/** @param {import('./feed.js').Feed} feed */
export async function askDay(feed) {
  const days = feed.ctl.sk?.days ?? new Int32Array(), dated = days[days.length - 1] === UNDATED_DAY ? days.length - 1 : days.length;
  if (dated === 0) return;
  const here = days[Math.max(0, feed.ctl.dayAt(feed.ctl.y))];
  const day = await present(DayDialog, { day: here === UNDATED_DAY ? '' : isoDay(here), oldest: isoDay(days[dated - 1]), newest: isoDay(days[0]) });
  if (typeof day === 'number') feed.ctl.gotoDay(day);
}

/** @param {{n:number, close:(tags?:string[])=>void}} props */
export function TagDialog({ n, close }) {
  const [value, setValue] = useState('');
  const submit = (/** @type {Event} */ event) => { event.preventDefault(); close(value.split(/[,\s]+/).map((tag) => tag.replace(/^#/, '')).filter(Boolean)); };
  return html`<${Dialog} title=${t('batch.tag_title', { n })} onClose=${() => close()} class="dialog-small"><form onSubmit=${submit}>
    <${TextField} label=${t('batch.tags')} hint=${t('batch.tags_hint')} value=${value} onInput=${setValue} autocomplete="off" data-autofocus />
    <div class="dialog-actions"><${Button} variant="plain" onClick=${() => close()}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary">${t('batch.tag')}<//></div>
  </form><//>`;
}
