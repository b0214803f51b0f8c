// @ts-check
/** Short messages at the edge of the screen; the view of the list lives in ui/toast.js. */
import { signal } from './preact.js';

/** @typedef {{id:number, text:string, tone:'info'|'ok'|'danger', undo?:()=>any, action?:{label:string,run:()=>any}}} Toast */
export const toasts = signal(/** @type {Toast[]} */ ([]));
const SHOWN_MS = 6000, UNDO_MS = 10000;
let last = 0;
/** @type {Map<number, any>} */
const timers = new Map();

/** Show a message; with `undo` it stays 10 s and offers the way back. @param {string | (Partial<Toast> & {text:string})} message @returns {number} its id */
export function toast(message) {
  const facts = typeof message === 'string' ? { text: message } : message;
  const id = ++last;
  toasts.value = [...toasts.value.slice(-3), { tone: 'info', ...facts, id }];
  timers.set(id, setTimeout(() => dismiss(id), facts.undo || facts.action ? UNDO_MS : SHOWN_MS));
  return id;
}

/** @param {number} id */
export function dismiss(id) {
  clearTimeout(timers.get(id));
  timers.delete(id);
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

/** Undo of the newest toast that has one (Ctrl+Z). */
export function undoLast() {
  const one = [...toasts.value].reverse().find((entry) => entry.undo);
  if (!one) return false;
  dismiss(one.id);
  one.undo?.();
  return true;
}
