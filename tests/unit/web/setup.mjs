// Loaded before the tests: bare names lead to the vendored files, as the import map does in a browser.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const web = new URL('../../../timeline_local/web/', import.meta.url);
const { imports } = JSON.parse(readFileSync(new URL('vendor.lock.json', web), 'utf8'));
registerHooks({
  resolve: (name, context, next) => (imports[name] ? { url: new URL(imports[name], web).href, format: 'module', shortCircuit: true } : next(name, context)),
  load: (url, context, next) => next(url, url.startsWith(web.href) ? { ...context, format: 'module' } : context),
});

const kept = new Map();
globalThis.localStorage = { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, String(value)), removeItem: (name) => kept.delete(name) };
globalThis.requestAnimationFrame = (run) => setTimeout(run, 0);
globalThis.cancelAnimationFrame = (id) => clearTimeout(id);
globalThis.window = globalThis;
