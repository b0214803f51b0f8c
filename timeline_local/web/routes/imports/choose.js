// @ts-check
/** Step 1: a folder of this computer, or a handful of files dropped here. */
import { html, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { t } from '../../core/i18n.js';
import { navigate } from '../../core/router.js';
import { Button } from '../../ui/button.js';
import { DropZone } from '../../ui/drop.js';
import { FolderPicker, folderSummary } from '../../ui/folders.js';
import { Icon } from '../../ui/icon.js';
import { Page } from '../../ui/page.js';
import { useResource } from '../../ui/resource.js';
import { Note, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';
import { MAX_FILES, startUpload } from './upload.js';
import { Crumb, Steps } from './words.js';

/** `files` are names in the folder `start`, as a desktop hands them over: "Open with". @param {{start: string, files?: string[]}} props */
export function Choose({ start, files = [] }) {
  const [from, setFrom] = useState(start);
  return html`<${Page} title=${t('imports.choose_title')} crumb=${html`<${Crumb} />`} sub=${t('imports.choose_sub')} aside=${html`<${Steps} state="choose" />`}>
    <div class="cols">
      <${FolderChoice} key=${from} start=${from} files=${from === start ? files : []} />
      <aside class="side">
        <${DropChoice} />
        <${Recent} onPick=${setFrom} />
        <section>
          <h2 class="section-title">${t('imports.what_title')}</h2>
          <p class="fine">${t('imports.what_body')} <a class="text-link" href="/guides">${t('imports.what_link')}</a></p>
        </section>
      </aside>
    </div>
  <//>`;
}

/**
 * The picker with its button. `done` replaces the way to the preview (used by the first run).
 * @param {{start?: string, files?: string[], done?: (id: string) => void}} props
 */
export function FolderChoice({ start = '', files = [], done = (id) => navigate(`/imports/${id}`) }) {
  const [listing, setListing] = useState(/** @type {any} */ (null));
  const given = files.map((name) => inFolder(start, name));
  const [picked, setPicked] = useState(given);
  const { run, busy, problem } = useTask();
  const choose = () => run(async () => {
    const wanted = picked.length ? { paths: picked } : { path: listing.path };
    const created = await api.post('/imports', { ...wanted, options: { mode: 'copy' } });
    done(created.id);
  });
  return html`<section class="folder-choice" aria-label=${t('imports.folder_here')}>
    <${FolderPicker} start=${start} ticked=${given} onChange=${setListing} onPick=${setPicked} />
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
    <div class="choice-bar">
      <div class="choice-bar-text">
        <b>${picked.length ? picked.map(folderName).join(', ') : listing ? folderName(listing.path) : ' '}</b>
        <span>${picked.length ? t('picker.picked', { n: picked.length }) : listing ? folderSummary(listing) : ' '}</span>
      </div>
      <${Button} variant="primary" icon="eye" busy=${busy} disabled=${!listing} onClick=${choose}>${picked.length ? t('imports.preview_files', { n: picked.length }) : t('imports.preview_folder')}<//>
    </div>
    <p class="fine">${t('imports.read_only')}</p>
  </section>`;
}

/** @param {string} folder @param {string} name */
function inFolder(folder, name) {
  const slash = folder.includes('\\') ? '\\' : '/';
  return (folder.endsWith(slash) ? folder : folder + slash) + name;
}

/** @param {string} path */
const folderName = (path) => path.split(/[\\/]/).filter(Boolean).pop() ?? path;

/** @param {{done?: (id: string) => void}} props */
export function DropChoice({ done = (id) => navigate(`/imports/${id}`) }) {
  const [tooMany, setTooMany] = useState(0);
  const { run, busy, problem } = useTask();
  const take = (/** @type {{file: File, path: string}[]} */ files) => {
    setTooMany(files.length > MAX_FILES ? files.length : 0);
    if (!files.length || files.length > MAX_FILES) return;
    run(async () => done(await startUpload(files, nameOf(files))));
  };
  return html`<section aria-label=${t('imports.drop_title')}>
    <h2 class="section-title">${t('imports.drop_title')}</h2>
    <${DropZone} label=${t('imports.drop_label')} hint=${t('imports.drop_hint', { n: MAX_FILES })} onFiles=${take} disabled=${busy} />
    ${tooMany ? html`<${Note} tone="warm" icon="triangle-alert">${t('imports.drop_too_many', { n: tooMany })}<//>` : null}
    ${problem ? html`<${Trouble} problem=${problem} />` : null}
  </section>`;
}

/** A name for the import: the dropped folder, or the first file and how many more. @param {{path: string}[]} files */
function nameOf(files) {
  const top = files[0].path.split('/');
  if (top.length > 1) return top[0];
  return files.length === 1 ? top[0] : t('imports.upload_name', { name: top[0], n: files.length - 1 });
}

/** Folders imported before: the usual next import is the same folder again. @param {{onPick: (path: string) => void}} props */
function Recent({ onPick }) {
  const { data } = useResource('recent-imports', (signal) => api.get('/imports', { signal }));
  const paths = [...new Set((data?.items ?? []).map((/** @type {any} */ item) => item.path).filter(Boolean))].slice(0, 5);
  if (!paths.length) return null;
  return html`<section>
    <h2 class="section-title">${t('imports.recent')}</h2>
    <ul class="plain-list">
      ${paths.map((path) => html`<li key=${path}><button type="button" class="recent" onClick=${() => onPick(/** @type {string} */ (path))}>
        <${Icon} name="clock" /><span>${path}</span>
      </button></li>`)}
    </ul>
  </section>`;
}
