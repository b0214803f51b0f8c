// @ts-check
/** Files attached to the memory being written: sent at once and unattached, joined to it when it is saved. */
import { html, useEffect, useRef, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { IconButton } from '../../ui/button.js';
import { DropZone } from '../../ui/drop.js';
import { Icon } from '../../ui/icon.js';

const AT_ONCE = 3;
let last = 0;

/** @typedef {{key: string, name: string, sent: number, size: number, preview: string, media: any | null, problem: any | null}} Attachment */

/**
 * Attachments and the way to add and remove them. `known` are the media of an existing memory or of a draft.
 * @param {any[]} known
 */
export function useAttachments(known) {
  const [items, setItems] = useState(/** @type {Attachment[]} */ (() => known.map(attached)));
  const queue = useRef(/** @type {{key: string, file: File}[]} */ ([]));
  const running = useRef(0);
  const change = (/** @type {string} */ key, /** @type {Partial<Attachment>} */ part) => setItems((old) => old.map((one) => (one.key === key ? { ...one, ...part } : one)));
  const pump = async () => {
    if (running.current >= AT_ONCE) return;
    const next = queue.current.shift();
    if (!next) return;
    running.current += 1;
    await sendOne(next, (part) => change(next.key, part));
    running.current -= 1;
    pump();
  };
  const add = (/** @type {File[]} */ files) => {
    const fresh = files.map(waiting);
    setItems((old) => [...old, ...fresh.map((one) => one.item)]);
    queue.current.push(...fresh.map(({ item, file }) => ({ key: item.key, file })));
    fresh.slice(0, AT_ONCE).forEach(pump);
  };
  const remove = (/** @type {string} */ key) => {
    queue.current = queue.current.filter((one) => one.key !== key);
    setItems((old) => old.filter((one) => one.key !== key));
  };
  const reset = (/** @type {any[]} */ media) => setItems(media.map(attached));
  return { items, add, remove, reset, busy: items.some((one) => !one.media && !one.problem) };
}

/** @param {any} media @returns {Attachment} */
function attached(media) {
  return { key: media.id, name: media.file_name ?? '', sent: 1, size: 1, preview: media.grid ?? '', media, problem: null };
}

/** @param {File} file */
function waiting(file) {
  const isImage = /^image\/(jpeg|png|webp|gif|avif)$/.test(file.type);
  const item = { key: `new-${(last += 1)}`, name: file.name, sent: 0, size: file.size || 1, preview: isImage ? URL.createObjectURL(file) : '', media: null, problem: null };
  return { item: /** @type {Attachment} */ (item), file };
}

/** @param {{file: File}} entry @param {(part: Partial<Attachment>) => void} change */
async function sendOne({ file }, change) {
  const form = new FormData();
  form.append('file', file, file.name);
  try {
    const answer = await api.upload('/media?memory=false', form, { onProgress: (/** @type {number} */ sent) => change({ sent }) });
    change({ media: answer.media, sent: 1, size: 1 });
  } catch (problem) {
    change({ problem });
  }
}

/** @param {{attachments: ReturnType<typeof useAttachments>}} props */
export function AttachmentGrid({ attachments }) {
  const { items, add, remove } = attachments;
  usePaste(add);
  return html`<div class="attach">
    ${items.map((item) => html`<figure key=${item.key} class=${item.problem ? 'is-bad' : undefined}>
      ${item.preview ? html`<img src=${item.preview} alt="" />` : html`<span class="attach-file"><${Icon} name="file" /><span>${item.name}</span></span>`}
      ${!item.media && !item.problem ? html`<progress aria-label=${t('capture.sending', { name: item.name })} value=${Math.min(item.sent, item.size)} max=${item.size} />` : null}
      ${item.problem ? html`<figcaption role="alert">${item.problem.detail || item.problem.title}</figcaption>` : null}
      <${IconButton} icon="x" label=${t('ui.remove_named', { name: item.name })} onClick=${() => remove(item.key)} />
    </figure>`)}
    <${DropZone} class="attach-drop" label=${t('capture.attach')} onFiles=${(/** @type {{file: File}[]} */ files) => add(files.map(({ file }) => file))} />
  </div>`;
}

/** Pictures pasted anywhere in the editor are attached. @param {(files: File[]) => void} add */
function usePaste(add) {
  const latest = useRef(add);
  latest.current = add;
  useEffect(() => {
    const paste = (/** @type {ClipboardEvent} */ event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length) return;
      event.preventDefault();
      latest.current(files);
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, []);
}
