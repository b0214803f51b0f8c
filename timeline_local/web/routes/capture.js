// @ts-check
/** Writing a memory: the page /new, and the dialog that N and "Edit" open over any screen. */
import { html, useEffect, useState } from '../core/preact.js';
import { t } from '../core/i18n.js';
import { navigate, title } from '../core/router.js';
import { Dialog, present } from '../ui/dialog.js';
import { stylesheet } from '../ui/stylesheet.js';
import { Editor } from './capture/editor.js';

await stylesheet('screens.css');

/** The page: for the tray, for a bookmark, and for the first memory. @param {{query: Record<string, string>}} props */
export default function Capture({ query }) {
  const [note, setNote] = useState(/** @type {any} */ (null));
  useEffect(() => title(t('capture.new')), []);
  return html`<div class="page capture-page">
    <header class="capture-head"><h1>${t('capture.new')}</h1><div class="dialog-note">${note}</div></header>
    <${Editor} day=${query.on} onNote=${setNote} onDone=${(/** @type {any} */ memory) => navigate(memory ? `/m/${memory.id}` : '/timeline')} />
  </div>`;
}

/**
 * Open the editor as a dialog. Resolves with the saved memory, or null when it was closed (the draft is kept).
 * `memory` edits that one; `day` (YYYY-MM-DD) starts a new one on that day; `files` are attached at once.
 * @param {{memory?: any, day?: string, files?: File[]}} [options]
 * @returns {Promise<any | null>}
 */
export function openCapture(options = {}) {
  return present(CaptureDialog, options);
}

/** @param {{memory?: any, day?: string, files?: File[], close: (memory: any) => void}} props */
function CaptureDialog({ memory, day, files, close }) {
  const [note, setNote] = useState(/** @type {any} */ (null));
  return html`<${Dialog} title=${t(memory ? 'capture.edit' : 'capture.new')} note=${note} onClose=${() => close(null)} class="dialog-capture" firm>
    <${Editor} memory=${memory} day=${day} files=${files} onNote=${setNote} onDone=${close} />
  <//>`;
}
