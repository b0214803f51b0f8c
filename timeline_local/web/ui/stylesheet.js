// @ts-check
/** Styles that only some screens need: fetched once, before the screen is drawn, so nothing flashes unstyled. */

const loaded = new Map(/** @type {[string, Promise<void>][]} */ ([]));

/** Resolves when the sheet of styles/ is in effect, or when it could not be fetched. @param {string} name */
export function stylesheet(name) {
  let wait = loaded.get(name);
  if (!wait) loaded.set(name, (wait = link(name)));
  return wait;
}

/** @param {string} name @returns {Promise<void>} */
function link(name) {
  return new Promise((resolve) => {
    const element = document.createElement('link');
    element.rel = 'stylesheet';
    element.href = new URL(`../styles/${name}`, import.meta.url).href;
    element.onload = () => resolve();
    element.onerror = () => {
      loaded.delete(name);
      element.remove();
      resolve();
    };
    document.head.append(element);
  });
}
