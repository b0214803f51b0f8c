// @ts-check
/** Drafts in this browser's IndexedDB: they survive a closed tab, a crash and a stopped server. */

const DATABASE = 'timeline-local';
const STORE = 'drafts';

/** @returns {Promise<IDBDatabase>} */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest} act @returns {Promise<any>} */
async function within(mode, act) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const request = act(database.transaction(STORE, mode).objectStore(STORE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  } finally {
    database.close();
  }
}

/** @param {string} key @returns {Promise<any | undefined>} */
export const readDraft = (key) => within('readonly', (store) => store.get(key));

/** @param {string} key @param {any} draft */
export const writeDraft = (key, draft) => within('readwrite', (store) => store.put(draft, key));

/** @param {string} key */
export const dropDraft = (key) => within('readwrite', (store) => store.delete(key));
