// @ts-check
/**
 * Every shortcut of the interface, in one table: the help dialog is drawn from it and handlers are bound by its ids.
 * Shortcuts sleep while a field or a dialog has the focus; single letters can be turned off in the settings.
 */

/** id, keys (alternatives), scope. Scope "viewer" is the only one alive inside a dialog (its own). */
export const SHORTCUTS = /** @type {{id:string, keys:string[], scope:'global'|'timeline'|'scrubber'|'viewer'}[]} */ ([
  { id: 'search', keys: ['/', 'Ctrl+K'], scope: 'global' },
  { id: 'new', keys: ['N'], scope: 'global' },
  { id: 'help', keys: ['?'], scope: 'global' },
  { id: 'theme', keys: ['T'], scope: 'global' },
  { id: 'undo', keys: ['Ctrl+Z'], scope: 'global' },
  { id: 'go-timeline', keys: ['G T'], scope: 'global' },
  { id: 'go-people', keys: ['G P'], scope: 'global' },
  { id: 'go-places', keys: ['G L'], scope: 'global' },
  { id: 'go-collections', keys: ['G C'], scope: 'global' },
  { id: 'go-thisday', keys: ['G O'], scope: 'global' },
  { id: 'go-imports', keys: ['G I'], scope: 'global' },
  { id: 'go-jobs', keys: ['G J'], scope: 'global' },
  { id: 'go-trash', keys: ['G X'], scope: 'global' },
  { id: 'go-settings', keys: ['G S'], scope: 'global' },
  { id: 'move', keys: ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'], scope: 'timeline' },
  { id: 'extend', keys: ['Shift+ArrowLeft', 'Shift+ArrowRight', 'Shift+ArrowUp', 'Shift+ArrowDown'], scope: 'timeline' },
  { id: 'day-edges', keys: ['Home', 'End'], scope: 'timeline' },
  { id: 'page-day', keys: ['PageUp', 'PageDown'], scope: 'timeline' },
  { id: 'day', keys: ['D', 'Shift+D'], scope: 'timeline' },
  { id: 'month', keys: ['M', 'Shift+M'], scope: 'timeline' },
  { id: 'year', keys: ['Y', 'Shift+Y'], scope: 'timeline' },
  { id: 'jump', keys: ['J'], scope: 'timeline' },
  { id: 'open', keys: ['Enter'], scope: 'timeline' },
  { id: 'select', keys: ['X'], scope: 'timeline' },
  { id: 'select-all', keys: ['Ctrl+A'], scope: 'timeline' },
  { id: 'clear', keys: ['Escape'], scope: 'timeline' },
  { id: 'favourite', keys: ['F'], scope: 'timeline' },
  { id: 'tag', keys: ['#'], scope: 'timeline' },
  { id: 'edit', keys: ['E'], scope: 'timeline' },
  { id: 'trash', keys: ['Delete'], scope: 'timeline' },
  { id: 'list-mode', keys: ['Shift+L'], scope: 'timeline' },
  { id: 'scrub-month', keys: ['ArrowUp', 'ArrowDown'], scope: 'scrubber' },
  { id: 'scrub-year', keys: ['PageUp', 'PageDown'], scope: 'scrubber' },
  { id: 'scrub-edges', keys: ['Home', 'End'], scope: 'scrubber' },
  { id: 'viewer-step', keys: ['ArrowLeft', 'ArrowRight'], scope: 'viewer' },
  { id: 'viewer-play', keys: ['Space'], scope: 'viewer' },
  { id: 'viewer-info', keys: ['I'], scope: 'viewer' },
  { id: 'viewer-favourite', keys: ['F'], scope: 'viewer' },
  { id: 'viewer-edit', keys: ['E'], scope: 'viewer' },
  { id: 'viewer-zoom', keys: ['Z'], scope: 'viewer' },
  { id: 'viewer-fit', keys: ['0'], scope: 'viewer' },
  { id: 'viewer-rotate', keys: ['R'], scope: 'viewer' },
  { id: 'viewer-live', keys: ['L'], scope: 'viewer' },
  { id: 'viewer-trash', keys: ['Delete'], scope: 'viewer' },
  { id: 'viewer-close', keys: ['Escape'], scope: 'viewer' },
]);

/** The name of what was pressed, as the table writes it. @param {{key:string, ctrlKey?:boolean, metaKey?:boolean, altKey?:boolean, shiftKey?:boolean}} event */
export function combo(event) {
  const letter = /^\p{L}$/u.test(event.key);
  const name = event.key === ' ' ? 'Space' : letter ? event.key.toUpperCase() : event.key;
  const shift = event.shiftKey && (letter || name.length > 1);
  return (event.ctrlKey || event.metaKey ? 'Ctrl+' : '') + (event.altKey ? 'Alt+' : '') + (shift ? 'Shift+' : '') + name;
}

/** @param {string} pressed */
const isSingle = (pressed) => pressed.replace('Shift+', '').length === 1;

/** @type {Map<string, Map<string, (event:KeyboardEvent, pressed:string)=>any>>} scope -> id -> handler */
const bound = new Map();
let singleKeys = () => true;
let waitingForSecond = 0;

/** Bind handlers by shortcut id; a handler may return false to let the browser act. Returns the way to unbind. @param {string} scope @param {Record<string, (event:KeyboardEvent, pressed:string)=>any>} actions */
export function bind(scope, actions) {
  let map = bound.get(scope);
  if (!map) bound.set(scope, (map = new Map()));
  for (const [id, run] of Object.entries(actions)) {
    if (!SHORTCUTS.some((one) => one.id === id && one.scope === scope)) throw new Error(`No shortcut "${id}" in scope "${scope}".`);
    map.set(id, run);
  }
  return () => { for (const [id, run] of Object.entries(actions)) if (map.get(id) === run) map.delete(id); };
}

/** @param {EventTarget|null} target true inside anything one types into */
export function isTyping(target) {
  const element = /** @type {HTMLElement|null} */ (target);
  if (!element?.closest) return false;
  const field = element.closest('input, textarea, select, [contenteditable=true]');
  return field !== null && !/^(checkbox|radio|button|submit|range)$/.test(/** @type {any} */ (field).type ?? '');
}

/** Run what is bound to the event in `scope`. Returns whether something ran. @param {string} scope @param {KeyboardEvent} event */
export function dispatch(scope, event) {
  const pressed = combo(event), map = bound.get(scope);
  if (!map || (isSingle(pressed) && !singleKeys())) return false;
  const wanted = Date.now() < waitingForSecond && scope === 'global' ? 'G ' + pressed : pressed;
  for (const { id, keys, scope: home } of SHORTCUTS) {
    const run = home === scope && keys.includes(wanted) ? map.get(id) : undefined;
    if (run && run(event, pressed) !== false) { event.preventDefault(); waitingForSecond = 0; return true; }
  }
  return false;
}

/** Listen for the global and timeline scopes. @param {() => boolean} allowSingleKeys */
export function startKeys(allowSingleKeys) {
  singleKeys = allowSingleKeys;
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (isTyping(event.target) || document.querySelector('dialog[open]:modal')) return;
    const isSecond = Date.now() < waitingForSecond;
    if (dispatch('global', event)) return;
    waitingForSecond = 0;
    if (isSecond) return;
    if (combo(event) === 'G' && singleKeys()) { waitingForSecond = Date.now() + 1500; return; }
    dispatch('timeline', event);
  });
}
