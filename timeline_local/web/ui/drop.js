// @ts-check
/** A place to drop files, which is also a button that opens the file chooser. */
import { html, useRef, useState } from '../core/preact.js';
import { Icon } from './icon.js';

/**
 * @param {{label: any, hint?: any, onFiles: (files: {file: File, path: string}[]) => void, folders?: boolean,
 *   accept?: string, class?: string, disabled?: boolean}} props
 */
export function DropZone({ label, hint, onFiles, folders, accept, class: extra, disabled }) {
  const input = useRef(/** @type {HTMLInputElement | null} */ (null));
  const [over, setOver] = useState(false);
  const picked = (/** @type {any} */ event) => {
    onFiles([...event.currentTarget.files].map((file) => ({ file, path: file.webkitRelativePath || file.name })));
    event.currentTarget.value = '';
  };
  const drop = async (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(false);
    if (!disabled && event.dataTransfer) onFiles(await droppedFiles(event.dataTransfer));
  };
  const drag = (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    setOver(true);
  };
  return html`<div class=${`drop${over ? ' is-over' : ''}${extra ? ` ${extra}` : ''}`} onDragOver=${drag} onDragEnter=${drag} onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <button type="button" disabled=${disabled} onClick=${() => input.current?.click()}>
      <${Icon} name="upload" /><b>${label}</b>${hint ? html`<span>${hint}</span>` : null}
    </button>
    <input ref=${input} class="sr" type="file" multiple tabindex="-1" aria-hidden="true" accept=${accept} webkitdirectory=${folders} onChange=${picked} />
  </div>`;
}

/** Files of a drop; folders are walked, and each file keeps its path inside the drop. @param {DataTransfer} transfer */
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map((file) => ({ file, path: file.name }));
  const found = await Promise.all(entries.map((entry) => filesOf(/** @type {any} */ (entry))));
  return found.flat();
}

/** @param {any} entry @returns {Promise<{file: File, path: string}[]>} */
async function filesOf(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, path: entry.fullPath.replace(/^\//, '') }];
  }
  const reader = entry.createReader();
  const children = [];
  for (let batch = await readBatch(reader); batch.length; batch = await readBatch(reader)) children.push(...batch);
  const nested = await Promise.all(children.map(filesOf));
  return nested.flat();
}

/** Directory readers answer at most 100 entries a time. @param {any} reader @returns {Promise<any[]>} */
function readBatch(reader) {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}
