// @ts-check
/** Something a button starts: busy while it runs, its problem afterwards. */
import { useState } from '../core/preact.js';

/** Run one thing at a time and keep what went wrong. */
export function useTask() {
  const [state, setState] = useState({ busy: false, problem: /** @type {any} */ (null) });
  const run = async (/** @type {() => Promise<any>} */ work) => {
    setState({ busy: true, problem: null });
    try {
      await work();
      setState({ busy: false, problem: null });
    } catch (problem) {
      setState({ busy: false, problem });
    }
  };
  return { ...state, run };
}
