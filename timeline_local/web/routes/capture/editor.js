// @ts-check
/** The editor itself: words first, everything else one row below. */
import { html, useEffect, useRef, useState } from '../../core/preact.js';
import { api, offline } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { bootstrap } from '../../core/session.js';
import { toast } from '../../core/toast.js';
import { navigate } from '../../core/router.js';
import { Button, IconButton } from '../../ui/button.js';
import { droppedFiles } from '../../ui/drop.js';
import { Note, Trouble, isOffline } from '../../ui/states.js';
import { localZone } from '../../ui/zone.js';
import { Chips } from './chips.js';
import { Conflict } from './conflict.js';
import { dropDraft } from './draft.js';
import { AttachmentGrid, useAttachments } from './files.js';
import { applyMark } from './format.js';
import { formOf, saveMemory } from './save.js';
import { Toolbar } from './toolbar.js';
import { useDraft } from './usedraft.js';
import { parseWhen } from './when.js';

/** @param {{memory?: any, day?: string, files?: File[], onNote: (note: any) => void, onDone: (memory: any | null) => void}} props */
export function Editor({ memory, day = '', files, onNote, onDone }) {
  const [form, setForm] = useState(() => formOf(memory, day, localZone()));
  const attachments = useAttachments(memory?.media ?? []);
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const change = (/** @type {Partial<typeof form>} */ part) => setForm((old) => ({ ...old, ...part }));
  const draft = useDraft({ id: memory?.id ?? 'new', form, attachments, restore: change, onNote });
  const saving = useSaving({ memory, form, attachments, draft, onDone });
  useEffect(() => {
    area.current?.focus();
    if (files?.length) attachments.add(files);
  }, []);
  const drop = async (/** @type {DragEvent} */ event) => {
    if (event.defaultPrevented || !event.dataTransfer || !carriesFiles(event)) return;
    event.preventDefault();
    attachments.add((await droppedFiles(event.dataTransfer)).map(({ file }) => file));
  };
  const press = (/** @type {KeyboardEvent} */ event) => shortcut(event, area.current, saving.save);
  if (saving.theirs) return html`<${Conflict} mine=${form} theirs=${saving.theirs} onMine=${saving.keepMine} onTheirs=${saving.takeTheirs} />`;
  return html`<form class="editor" onKeyDown=${press} onDragOver=${(/** @type {DragEvent} */ event) => carriesFiles(event) && event.preventDefault()} onDrop=${drop} onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); saving.save(); }}>
    <div class="editor-scroll">
      <input class="editor-title" type="text" aria-label=${t('capture.title')} placeholder=${t('capture.title_placeholder')} maxlength="500" value=${form.title} onInput=${(/** @type {any} */ event) => change({ title: event.currentTarget.value })} />
      <${Toolbar} onMark=${(/** @type {any} */ mark) => area.current && applyMark(area.current, mark)} />
      <textarea ref=${area} class="editor-body" aria-label=${t('capture.body')} placeholder=${t('capture.body_placeholder')} maxlength="100000" value=${form.body} data-autofocus
        onInput=${(/** @type {any} */ event) => change({ body: event.currentTarget.value })}></textarea>
      <${AttachmentGrid} attachments=${attachments} />
      ${draft.restored ? html`<${Note} icon="rotate-ccw" action=${html`<button type="button" class="text-btn" onClick=${() => { draft.discard(); setForm(formOf(memory, day, localZone())); attachments.reset(memory?.media ?? []); }}>${t('capture.discard')}</button>`}>${t('capture.restored')}<//>` : null}
      ${saving.waiting ? html`<${Note} tone="warm" icon="unplug">${t('capture.waiting')}<//>` : null}
      ${saving.problem ? html`<${Trouble} problem=${saving.problem} safe=${t('capture.kept')} />` : null}
      <${Chips} form=${form} change=${change} home=${bootstrap.value?.home_zone} />
    </div>
    <footer class="editor-foot">
      <${IconButton} icon="heart" label=${t('capture.favourite')} pressed=${form.favourite} onClick=${() => change({ favourite: !form.favourite })} />
      <span class="grow"></span>
      <kbd aria-hidden="true">Ctrl ↵</kbd>
      <${Button} type="submit" variant="primary" busy=${saving.busy || attachments.busy} disabled=${!saving.ready}>${t(attachments.busy ? 'capture.sending_files' : 'capture.save')}<//>
    </footer>
  </form>`;
}

/** @param {DragEvent} event */
const carriesFiles = (event) => Boolean(event.dataTransfer?.types.includes('Files'));

/** @param {KeyboardEvent} event @param {HTMLTextAreaElement | null} area @param {() => void} save */
function shortcut(event, area, save) {
  if (!event.ctrlKey && !event.metaKey) return;
  const key = event.key.toLowerCase();
  if (key === 'enter') save();
  else if (area && document.activeElement === area && key === 'b') applyMark(area, 'bold');
  else if (area && document.activeElement === area && key === 'i') applyMark(area, 'italic');
  else return;
  event.preventDefault();
}

/** Saving, the two ways it can go wrong (offline, changed elsewhere), and trying again by itself. @param {any} what */
function useSaving({ memory, form, attachments, draft, onDone }) {
  const [state, setState] = useState(/** @type {any} */ ({ busy: false, problem: null, waiting: false, theirs: null, version: memory?.version }));
  const media = attachments.items.map((/** @type {any} */ one) => one.media?.id).filter(Boolean);
  const ready = Boolean((form.body.trim() || form.title.trim() || media.length) && parseWhen(form.when) && !attachments.busy);
  const save = async (/** @type {number | undefined} */ version = state.version) => {
    if (!ready || state.busy) return;
    setState((/** @type {any} */ old) => ({ ...old, busy: true, problem: null }));
    try {
      const saved = await saveMemory({ memory, version, form, media, key: draft.key });
      draft.stop();
      await dropDraft(memory?.id ?? 'new').catch(() => {});
      toast({ text: t(memory ? 'capture.changed' : 'capture.saved'), tone: 'ok', ...(memory ? {} : { action: { label: t('capture.open'), run: () => navigate(`/m/${saved.id}`) } }) });
      onDone(saved);
    } catch (problem) {
      setState(await afterFailure(problem, memory, state));
    }
  };
  useRetry(state.waiting, save);
  const keepMine = () => {
    setState({ ...state, theirs: null, version: state.theirs.version });
    save(state.theirs.version);
  };
  const takeTheirs = async () => {
    draft.stop();
    await dropDraft(memory.id).catch(() => {});
    onDone(state.theirs);
  };
  return { ...state, ready, save: () => save(), keepMine, takeTheirs };
}

/** @param {any} problem @param {any} memory @param {any} state */
async function afterFailure(problem, memory, state) {
  if (isOffline(problem)) return { ...state, busy: false, waiting: true };
  if (problem.status !== 412) return { ...state, busy: false, problem, waiting: false };
  const theirs = await api.get(`/memories/${memory.id}`).catch(() => null);
  return { ...state, busy: false, theirs, problem: theirs ? null : problem, waiting: false };
}

/** Send what is waiting once the server answers again. @param {boolean} waiting @param {() => void} save */
function useRetry(waiting, save) {
  const away = offline.value;
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    if (waiting && !away) latest.current();
  }, [waiting, away]);
}
