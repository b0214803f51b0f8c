// @ts-check
/** Load something for a screen: data, problem, reload; the old data stays visible while new data comes. */
import { useCallback, useEffect, useRef, useState } from '../core/preact.js';

/**
 * `load` receives an AbortSignal; a new `key` or `reload()` aborts the request before it.
 * @template T
 * @param {string | null} key  null loads nothing
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @returns {{data: T | null, problem: any, pending: boolean, reload: () => void, set: (data: T | ((old: T | null) => T | null)) => void}}
 */
export function useResource(key, load) {
  const [state, setState] = useState(/** @type {{key: any, data: T | null, problem: any, pending: boolean}} */ (
    { key, data: null, problem: null, pending: true }));
  const [turn, setTurn] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    if (key === null) return undefined;
    const abort = new AbortController();
    setState((old) => ({ key, data: old.key === key ? old.data : null, problem: null, pending: true }));
    latest.current(abort.signal).then(
      (data) => abort.signal.aborted || setState({ key, data, problem: null, pending: false }),
      (problem) => abort.signal.aborted || setState((old) => ({ ...old, problem, pending: false })),
    );
    return () => abort.abort();
  }, [key, turn]);
  const reload = useCallback(() => setTurn((old) => old + 1), []);
  const set = useCallback((/** @type {any} */ next) => setState((old) => ({
    ...old, data: typeof next === 'function' ? next(old.data) : next,
  })), []);
  return { ...state, reload, set };
}

/**
 * A list read page by page with a cursor.
 * @template T
 * @param {string} key
 * @param {(cursor: string | null, signal: AbortSignal) => Promise<{items: T[], next_cursor: string | null}>} load
 */
export function usePages(key, load) {
  const first = useResource(key, (signal) => load(null, signal));
  const [more, setMore] = useState({ pending: false, problem: /** @type {any} */ (null) });
  const next = async () => {
    if (more.pending || !first.data?.next_cursor) return;
    setMore({ pending: true, problem: null });
    try {
      const page = await load(first.data.next_cursor, new AbortController().signal);
      first.set((old) => old && { items: [...old.items, ...page.items], next_cursor: page.next_cursor });
      setMore({ pending: false, problem: null });
    } catch (problem) {
      setMore({ pending: false, problem });
    }
  };
  return { ...first, items: first.data?.items ?? null, hasMore: Boolean(first.data?.next_cursor), next, more };
}

/** Call `act` at most once per `everyMs`, at the end of each span: many events cause one request. @param {() => void} act @param {number} [everyMs] */
export function useThrottled(act, everyMs = 400) {
  const latest = useRef(act);
  latest.current = act;
  const timer = useRef(/** @type {any} */ (null));
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      latest.current();
    }, everyMs);
  }, []);
}
