// @ts-check
/**
 * Live changes. Browsers allow six connections per server, so one tab, the holder of a Web Lock, reads the stream
 * and tells the others through a BroadcastChannel. Read with fetch(), because EventSource cannot send our header.
 */
import { address, headers, offline, signedOut } from './api.js';

/** @type {Map<string, Set<(data:any)=>void>>} */
const handlers = new Map();
const RETRY_MS = [1000, 2000, 5000, 10000];
/** @type {BroadcastChannel|null} */
let channel = null;
let started = false;
let lastId = '';

/** Call `handler` with the data of every `type` event ("timeline", "job", "import", "reconnected"). Returns the way to stop. @param {string} type @param {(data:any)=>void} handler */
export function on(type, handler) {
  let set = handlers.get(type);
  if (!set) handlers.set(type, (set = new Set()));
  set.add(handler);
  start();
  return () => { set.delete(handler); };
}

/** @param {string} type @param {any} data */
function emit(type, data) { for (const handler of [...(handlers.get(type) ?? [])]) handler(data); }

/** Tell every tab, this one included. @param {string} type @param {any} data */
function announce(type, data) {
  channel?.postMessage({ type, data });
  emit(type, data);
}

/** Join the browser-wide election; safe to call often. */
export function start() {
  if (started || typeof navigator === 'undefined' || !navigator.locks) return;
  started = true;
  channel = new BroadcastChannel('tl-events');
  channel.onmessage = ({ data }) => emit(data.type, data.data);
  navigator.locks.request('tl-events', () => lead());
}

/** Hold the lock and read until the page goes. */
async function lead() {
  for (let failures = 0; ; failures++) {
    const began = Date.now();
    try {
      await readOnce(() => { if (failures > 0) announce('reconnected', {}); failures = 0; });
    } catch { /* the loop below is the answer to every failure */ }
    if (Date.now() - began > 30_000) failures = 0;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]));
    while (signedOut.value) await new Promise((resolve) => setTimeout(resolve, 2000));
  }
}

/** @param {() => void} onOpen */
async function readOnce(onOpen) {
  let answer;
  try {
    answer = await fetch(address('/events'), { headers: headers({ Accept: 'text/event-stream', ...(lastId ? { 'Last-Event-ID': lastId } : {}) }), cache: 'no-store' });
  } catch (failure) { offline.value = true; throw failure; }
  if (answer.status === 401) signedOut.value = true;
  if (!answer.ok || !answer.body) throw new Error(`events: ${answer.status}`);
  offline.value = false;
  onOpen();
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  const feed = parser((type, data, id) => { if (id) lastId = id; announce(type, data); });
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    feed(decoder.decode(value, { stream: true }));
  }
}

/** An incremental parser of the event-stream format; data is JSON. @param {(type:string, data:any, id:string)=>void} deliver @returns {(text:string)=>void} */
export function parser(deliver) {
  let buffer = '', type = '', data = '', id = '';
  const flush = () => {
    if (data) { try { deliver(type || 'message', JSON.parse(data), id); } catch { /* one bad event must not end the stream */ } }
    type = data = '';
  };
  /** @param {string} line */
  const take = (line) => {
    if (line === '') return flush();
    if (line.startsWith(':')) return;
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (name === 'event') type = value; else if (name === 'data') data += (data ? '\n' : '') + value; else if (name === 'id') id = value;
  };
  return (text) => {
    buffer += text;
    const lines = buffer.split(/\r\n|\n|\r(?!$)/);
    buffer = lines.pop() ?? '';
    lines.forEach(take);
  };
}
