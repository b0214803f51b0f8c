// @ts-check
/** The program on this computer: how it runs, when it starts, how it is stopped. What the tray does, for who has none. */
import { html, useEffect, useState } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { on } from '../../core/events.js';
import { hasText, t } from '../../core/i18n.js';
import { navigate, route } from '../../core/router.js';
import { may } from '../../core/session.js';
import { toast } from '../../core/toast.js';
import { Button } from '../../ui/button.js';
import { Switch } from '../../ui/choice.js';
import { confirm } from '../../ui/confirm.js';
import { CopyButton } from '../../ui/copy.js';
import { moment } from '../../ui/format.js';
import { useResource } from '../../ui/resource.js';
import { Loading, Note, Trouble } from '../../ui/states.js';
import { useTask } from '../../ui/task.js';

export function Computer() {
  const system = useResource('system', (signal) => api.get('/system', { signal }));
  useEffect(() => on('system', () => system.reload()), []);
  if (system.problem && !system.data) return html`<${Trouble} problem=${system.problem} onRetry=${system.reload} />`;
  if (!system.data) return html`<${Loading} rows=${3} />`;
  const change = async (/** @type {Record<string, boolean>} */ changes) => {
    try { system.set(await api.patch('/system', changes)); } catch (problem) {
      system.reload();
      toast({ text: /** @type {any} */ (problem).detail || t('settings.not_saved'), tone: 'danger' });
    }
  };
  const { version, started_at: since, port, moved_port: wanted, paused, update } = system.data;
  return html`<p><b>${t('computer.running', { version })}</b> <span class="fine">${t('computer.since', { when: moment(since) })}</span></p>
    ${wanted ? html`<${Note} tone="warm" icon="info">${t('computer.moved', { wanted: String(wanted), port: String(port) })}<//>` : null}
    ${paused ? html`<${Note} tone="warm" icon="pause">${t('computer.paused_line')}<//>` : null}
    ${update ? html`<${Note} tone="ok" icon="sparkles">${t('computer.update', { version: update.version })} ${update.page ? html`<a class="text-link" href=${update.page} target="_blank" rel="noopener noreferrer">${t('computer.update_page')}</a>` : null}<//>` : null}
    ${may('system:write') ? html`<${Choices} system=${system.data} change=${change} />` : null}
    ${may('admin') ? html`<${Diagnostics} />` : null}
    ${may('system:write') ? html`<${Quit} />` : null}`;
}

/** @param {{system: any, change: (changes: Record<string, boolean>) => void}} props */
function Choices({ system, change }) {
  const offered = (/** @type {string} */ name) => system[name] !== null;
  return html`<${Switch} label=${t('computer.pause')} hint=${t('computer.pause_hint')} checked=${system.paused} onChange=${(/** @type {boolean} */ paused) => change({ paused })} />
    ${offered('starts_at_login') ? html`<${Switch} label=${t('computer.login')} hint=${t('computer.login_hint')} checked=${system.starts_at_login} onChange=${(/** @type {boolean} */ value) => change({ starts_at_login: value })} />` : null}
    ${offered('in_menu') ? html`<${Switch} label=${t('computer.menu')} hint=${t('computer.menu_hint')} checked=${system.in_menu} onChange=${(/** @type {boolean} */ value) => change({ in_menu: value })} />` : null}`;
}

function Diagnostics() {
  const [text, setText] = useState('');
  const { run, busy, problem } = useTask();
  const read = () => run(async () => setText((await api.get('/system/diagnostics')).text));
  return html`<div class="quit">
    <div class="switch-text"><span class="field-label">${t('computer.diagnostics')}</span><p class="field-hint">${t('computer.diagnostics_hint')}</p></div>
    ${text ? html`<${CopyButton} text=${text} label=${t('computer.diagnostics_copy')} />` : html`<${Button} icon="file-text" busy=${busy} onClick=${read}>${t('computer.diagnostics_show')}<//>`}
  </div>
  ${text ? html`<pre class="diagnostics" tabindex="0" aria-label=${t('computer.diagnostics')}>${text}</pre>` : null}
  ${problem ? html`<${Trouble} problem=${problem} />` : null}`;
}

/** What is being worked on, in a few words; empty when nothing is, or nobody knows. */
async function working() {
  try {
    const [job] = (await api.get('/jobs', { query: { state: 'running' } })).items;
    if (!job) return '';
    const key = `job.kind.${job.kind}`, { done = 0, total = 0 } = job.progress ?? {};
    const name = hasText(key) ? t(key) : job.kind;
    return total > 0 ? t('computer.working', { name, share: Math.floor((100 * done) / total) }) : name;
  } catch { return ''; }
}

function Quit() {
  const { run, busy, problem } = useTask();
  const [stopped, setStopped] = useState(false);
  const quit = async () => {
    const work = await working();
    const body = work ? html`<p><b>${work}</b></p><p>${t('computer.quit_working')}</p>` : html`<p>${t('settings.quit_body')}</p>`;
    if (await confirm({ title: t('settings.quit_title'), body, action: t(work ? 'computer.quit_anyway' : 'settings.quit') })) run(async () => {
      await api.post('/system/quit');
      setStopped(true);
    });
  };
  useEffect(() => { if (route.peek().query.quit) { navigate('/settings/computer', { replace: true }); quit(); } }, []);
  return html`<div class="quit">
    <div class="switch-text"><span class="field-label">${t('settings.quit')}</span><p class="field-hint">${t('settings.quit_hint')}</p></div>
    <${Button} icon="power" busy=${busy} disabled=${stopped} onClick=${quit}>${t('settings.quit')}<//>
  </div>
  ${stopped ? html`<${Note} tone="ok" icon="circle-check">${t('settings.quitting')}<//>` : null}
  ${problem ? html`<${Trouble} problem=${problem} />` : null}`;
}
