// @ts-check
/** Browse folders of the computer the library is on. Nothing is uploaded: the server reads them in place. */
import { html, useEffect, useRef, useState } from '../core/preact.js';
import { api } from '../core/api.js';
import { t } from '../core/i18n.js';
import { IconButton } from './button.js';
import { bytes } from './format.js';
import { Icon } from './icon.js';
import { useResource } from './resource.js';
import { Loading, Trouble } from './states.js';

/**
 * @typedef {{name: string, path: string}} Place
 * @typedef {{name: string, path: string, size_bytes: number, is_archive: boolean}} FileChoice
 * @typedef {{path: string, parent: string | null, roots: Place[], folders: Place[], choices: FileChoice[], files: number, media: number, notes: number, free_bytes: number | null}} Listing
 */

/**
 * `onChange` receives each listing the owner opens: the folder being shown is the folder chosen. `onPick` receives the
 * archives and files of it that are ticked, instead of the whole folder; `ticked` are those from the start.
 * @param {{start?: string, ticked?: string[], onChange: (listing: Listing) => void, onPick: (paths: string[]) => void}} props
 */
export function FolderPicker({ start = '', ticked = [], onChange, onPick }) {
  const [path, setPath] = useState(start);
  const { data, problem, pending, reload } = useResource(`fs:${path}`, async (signal) => {
    const listing = await api.get('/fs/list', { query: path ? { path } : {}, signal });
    onChange(listing);
    return /** @type {Listing} */ (listing);
  });
  const shown = useLast(data);
  const [picked, setPicked] = useState(ticked);
  const pick = (/** @type {string[]} */ paths) => {
    setPicked(paths);
    onPick(paths);
  };
  const listRef = useRef(/** @type {HTMLElement | null} */ (null));
  const open = (/** @type {string} */ next) => {
    setPath(next);
    pick([]);
    listRef.current?.focus();
  };
  return html`<div class=${shown ? 'picker' : 'picker picker-bare'}>
    ${shown ? html`<${Roots} listing=${shown} onOpen=${open} />` : null}
    <div class="picker-main">
      ${shown ? html`<${Crumbs} listing=${shown} onOpen=${open} />` : null}
      <div class="picker-list" ref=${listRef} tabindex="-1" aria-busy=${String(pending)}>
        ${problem ? html`<${Trouble} problem=${problem} onRetry=${reload} safe=${t('picker.safe')} />` : null}
        ${!shown && !problem ? html`<${Loading} rows=${6} />` : null}
        ${shown && !problem ? html`<${Folders} listing=${shown} onOpen=${open} /><${Choices} choices=${shown.choices} picked=${picked} onPick=${pick} />` : null}
      </div>
      <${PathForm} path=${shown?.path ?? path} onOpen=${open} />
    </div>
  </div>`;
}

/** Keep the last listing on screen while the next one loads. @param {Listing | null} data */
function useLast(data) {
  const last = useRef(/** @type {Listing | null} */ (null));
  if (data) last.current = data;
  return last.current;
}

/** @param {{listing: Listing, onOpen: (path: string) => void}} props */
function Roots({ listing, onOpen }) {
  return html`<nav class="picker-roots" aria-label=${t('picker.places')}>
    ${listing.roots.map((root) => html`<button
      key=${root.path}
      type="button"
      aria-current=${root.path === listing.path ? 'true' : undefined}
      onClick=${() => onOpen(root.path)}
    ><${Icon} name=${rootIcon(root)} /><span>${root.name}</span></button>`)}
  </nav>`;
}

/** @param {Place} root */
function rootIcon(root) {
  const name = root.name.toLowerCase();
  const known = [['pictures', 'image'], ['photos', 'image'], ['home', 'house'], ['download', 'download'], ['documents', 'file-text']];
  const found = known.find(([word]) => name.includes(word));
  return found ? found[1] : 'hard-drive';
}

/** @param {{listing: Listing, onOpen: (path: string) => void}} props */
function Crumbs({ listing, onOpen }) {
  const steps = pathSteps(listing);
  return html`<div class="picker-crumbs">
    <${IconButton} icon="arrow-up" label=${t('picker.up')} disabled=${!listing.parent} onClick=${() => listing.parent && onOpen(listing.parent)} />
    <nav aria-label=${t('picker.path')}><ol>
      ${steps.map((step, index) => html`<li key=${step.path}>
        ${index === steps.length - 1
          ? html`<span aria-current="location">${step.name}</span>`
          : html`<button type="button" onClick=${() => onOpen(step.path)}>${step.name}</button><${Icon} name="chevron-right" />`}
      </li>`)}
    </ol></nav>
  </div>`;
}

/** The way from the nearest root to the folder, both kinds of slashes. @param {Listing} listing @returns {Place[]} */
function pathSteps(listing) {
  const slash = listing.path.includes('\\') ? '\\' : '/';
  const inside = listing.roots.filter((place) => listing.path === place.path || listing.path.startsWith(place.path.endsWith(slash) ? place.path : place.path + slash));
  const root = inside.sort((a, b) => b.path.length - a.path.length)[0];
  const steps = root ? [root] : [{ name: slash, path: slash }];
  let at = steps[0].path;
  for (const name of listing.path.slice(at.length).split(slash).filter(Boolean)) {
    at = at.endsWith(slash) ? at + name : at + slash + name;
    steps.push({ name, path: at });
  }
  return steps;
}

/** @param {{listing: Listing, onOpen: (path: string) => void}} props */
function Folders({ listing, onOpen }) {
  if (!listing.folders.length && listing.choices.length) return null;
  if (!listing.folders.length) return html`<p class="picker-none">${listing.files ? t('picker.only_files', { n: listing.files }) : t('picker.empty')}</p>`;
  return html`<ul class="picker-folders">
    ${listing.folders.map((folder) => html`<li key=${folder.path}>
      <button type="button" onClick=${() => onOpen(folder.path)}>
        <${Icon} name="folder" /><span>${folder.name}</span><${Icon} name="chevron-right" />
      </button>
    </li>`)}
  </ul>`;
}

/** Archives and exports that can be imported by themselves; the parts of one export are ticked together. @param {{choices: FileChoice[], picked: string[], onPick: (paths: string[]) => void}} props */
function Choices({ choices, picked, onPick }) {
  if (!choices.length) return null;
  const toggle = (/** @type {string} */ path) => onPick(picked.includes(path) ? picked.filter((one) => one !== path) : [...picked, path]);
  return html`<h3 class="picker-title" id="picker-files">${t('picker.choices')}</h3>
    <ul class="picker-folders" aria-labelledby="picker-files">
      ${choices.map((choice) => html`<li key=${choice.path}>
        <button type="button" aria-pressed=${String(picked.includes(choice.path))} title=${choice.name} onClick=${() => toggle(choice.path)}>
          <${Icon} name=${picked.includes(choice.path) ? 'square-check' : choice.is_archive ? 'archive' : 'file'} /><span>${choice.name}</span><small>${bytes(choice.size_bytes)}</small>
        </button>
      </li>`)}
    </ul>`;
}

/** Typing or pasting a path is quicker for those who know it. @param {{path: string, onOpen: (path: string) => void}} props */
function PathForm({ path, onOpen }) {
  const [text, setText] = useState(path);
  const typed = useRef(false);
  useEffect(() => { if (!typed.current) setText(path); }, [path]);
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    event.stopPropagation(); // the picker may stand in a form of its own
    if (!text.trim()) return;
    typed.current = false;
    onOpen(text.trim());
  };
  return html`<form class="picker-path" onSubmit=${submit}>
    <input class="input" type="text" aria-label=${t('picker.type_path')} value=${text} spellcheck=${false} autocomplete="off"
      onInput=${(/** @type {any} */ event) => { typed.current = event.currentTarget.value !== path; setText(event.currentTarget.value); }} />
    <button class="btn btn-quiet btn-small" type="submit">${t('picker.go')}</button>
  </form>`;
}

/** "2 143 photos and videos, 31 notes" for the folder itself; deeper folders are found by the scan. @param {Listing} listing */
export function folderSummary(listing) {
  const parts = [];
  if (listing.media) parts.push(t('picker.media', { n: listing.media }));
  if (listing.notes) parts.push(t('picker.notes', { n: listing.notes }));
  if (listing.folders.length) parts.push(t('picker.folders', { n: listing.folders.length }));
  return parts.length ? parts.join(' · ') : t('picker.nothing');
}
