// @ts-check
/** One import that follows the server: events first, a slow poll in case one was missed. */
import { useEffect } from '../../core/preact.js';
import { api } from '../../core/api.js';
import { on } from '../../core/events.js';
import { refreshBootstrap } from '../../core/session.js';
import { useResource, useThrottled } from '../../ui/resource.js';
import { ACTIVE } from './words.js';

const POLL_MS = 4000;

/** @param {string} id */
export function useImport(id) {
  const resource = useResource(`import:${id}`, (signal) => api.get(`/imports/${id}`, { signal }));
  const { data, reload, set } = resource;
  const state = data?.state;
  const soon = useThrottled(reload);
  useEffect(() => {
    const follow = (/** @type {any} */ event) => {
      if (event.id !== id) return;
      if (event.state !== state) soon();
      else set((/** @type {any} */ old) => old && { ...old, progress: event.progress ?? old.progress });
    };
    const offs = [on('import', follow), on('reconnected', reload)];
    return () => offs.forEach((off) => off());
  }, [id, state]);
  useEffect(() => {
    if (!ACTIVE.has(state)) return undefined;
    const timer = setInterval(reload, POLL_MS);
    return () => clearInterval(timer);
  }, [id, state]);
  useEffect(() => {
    if (state === 'done' || state === 'undone' || state === 'cancelled') refreshBootstrap().catch(() => {});
  }, [state]);
  return resource;
}
