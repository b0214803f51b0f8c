// Renders /docs/openapi.json as a page to read. DOM calls only: the page's policy allows no HTML from strings.
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const WRITES = new Set(['post', 'put', 'patch', 'delete']);

function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) if (value !== undefined) node.setAttribute(name, value);
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

const nameOf = (ref) => ref.split('/').at(-1);

function typeOf(schema) {
  if (!schema) return '';
  if (schema.$ref) return nameOf(schema.$ref);
  const options = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (options) return [...new Set(options.map(typeOf))].join(' | ');
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === 'array') return `${typeOf(schema.items) || 'any'}[]`;
  return [schema.type ?? 'any', schema.format].filter(Boolean).join(', ');
}

function bounds(schema) {
  if (!schema) return '';
  const known = { minimum: '≥', maximum: '≤', minLength: 'length ≥', maxLength: 'length ≤', maxItems: 'items ≤', default: 'default' };
  return Object.entries(known).filter(([key]) => schema[key] !== undefined && schema[key] !== null)
    .map(([key, sign]) => `${sign} ${JSON.stringify(schema[key])}`).join(', ');
}

function row(name, required, schema, description) {
  return make('tr', {},
    make('td', {}, make('code', {}, name), required ? make('span', { class: 'must', title: 'required' }, ' *') : null),
    make('td', {}, make('code', {}, typeOf(schema)), ' ', bounds(schema)),
    make('td', {}, description ?? schema?.description ?? ''));
}

function table(caption, rows) {
  if (!rows.length) return null;
  const head = make('tr', {}, ...['Name', 'Type', 'Meaning'].map((text) => make('th', { scope: 'col' }, text)));
  return [make('h4', {}, caption), make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows))];
}

function parameters(operation) {
  const rows = (operation.parameters ?? []).map((one) => row(one.name, one.required, one.schema, one.description));
  return table('Parameters', rows);
}

function fields(caption, schema, api) {
  const target = schema?.$ref ? api.components.schemas[nameOf(schema.$ref)] : schema;
  const required = new Set(target?.required ?? []);
  return table(caption, Object.entries(target?.properties ?? {}).map(([name, one]) => row(name, required.has(name), one)));
}

function content(part) {
  const [type, media] = Object.entries(part?.content ?? {})[0] ?? [];
  return { type, schema: media?.schema, example: media?.example ?? Object.values(media?.examples ?? {})[0]?.value };
}

function sample(schema, api, depth = 0) {
  if (!schema || depth > 4) return null;
  if (schema.$ref) return sample(api.components.schemas[nameOf(schema.$ref)], api, depth + 1);
  if (schema.examples?.length) return schema.examples[0];
  if (schema.default !== undefined && schema.default !== null) return schema.default;
  const first = (schema.anyOf ?? schema.oneOf ?? schema.allOf)?.find((one) => one.type !== 'null');
  if (first) return sample(first, api, depth + 1);
  if (schema.enum) return schema.enum[0];
  if (schema.type === 'array') return [];
  if (schema.type !== 'object') return { string: '…', integer: 0, number: 0, boolean: false }[schema.type] ?? null;
  const required = schema.required ?? Object.keys(schema.properties ?? {}).slice(0, 3);
  return Object.fromEntries(required.map((name) => [name, sample(schema.properties?.[name], api, depth + 1)]));
}

function curl(method, path, operation, api) {
  const lines = [`curl ${location.origin}${path}`];
  if (method !== 'get') lines[0] = lines[0].replace('curl', `curl -X ${method.toUpperCase()}`);
  if (operation.security?.length !== 0) lines.push('-H "Authorization: Bearer $TIMELINE_KEY"');
  const body = content(operation.requestBody);
  if (body.type?.startsWith('multipart/')) lines.push("-F 'file=@photo.jpg'");
  else if (body.type) lines.push(`-H 'Content-Type: ${body.type}'`, `-d '${JSON.stringify(body.example ?? sample(body.schema, api))}'`);
  return make('pre', { tabindex: '0', 'aria-label': 'Example with curl' }, lines.join(' \\\n  '));
}

function answers(operation) {
  const rows = Object.entries(operation.responses ?? {}).map(([status, one]) => {
    const { schema } = content(one);
    return make('tr', {}, make('td', {}, make('code', {}, status)), make('td', {}, make('code', {}, typeOf(schema))), make('td', {}, one.description ?? ''));
  });
  const head = make('tr', {}, ...['Status', 'Body', 'When'].map((text) => make('th', { scope: 'col' }, text)));
  return make('details', {}, make('summary', {}, 'Answers'), make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows)));
}

function article(id, method, path, operation, api) {
  const body = content(operation.requestBody);
  const good = Object.entries(operation.responses ?? {}).find(([status]) => status.startsWith('2'));
  const badge = make('span', { class: WRITES.has(method) ? 'method writes' : 'method' }, method.toUpperCase());
  return make('article', { id },
    make('h3', {}, operation.summary ?? path),
    make('p', { class: 'route' }, badge, make('span', { class: 'path' }, path)),
    operation.description ? make('p', {}, operation.description) : null,
    parameters(operation), fields('Body', body.schema, api), fields('Answer', content(good?.[1]).schema, api),
    curl(method, path, operation, api), answers(operation));
}

function render(api) {
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths ?? {})) {
    for (const method of METHODS.filter((name) => item[name])) {
      const tag = item[method].tags?.[0] ?? 'other';
      groups.set(tag, [...(groups.get(tag) ?? []), { method, path, operation: item[method] }]);
    }
  }
  const contents = [];
  const sections = [...groups].map(([tag, routes]) => {
    contents.push(make('strong', {}, tag));
    const articles = routes.map(({ method, path, operation }) => {
      const id = `${method}${path}`.replace(/[^a-z0-9]+/gi, '-');
      contents.push(make('a', { href: `#${id}` }, operation.summary ?? `${method.toUpperCase()} ${path}`));
      return article(id, method, path, operation, api);
    });
    return make('section', { 'aria-label': tag }, make('h2', {}, tag), ...articles);
  });
  document.getElementById('contents').replaceChildren(...contents);
  document.getElementById('main').replaceChildren(...sections);
}

function filter(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of document.querySelectorAll('section')) {
    const shown = [...section.querySelectorAll('article')].filter((one) => {
      one.hidden = !words.every((word) => one.textContent.toLowerCase().includes(word));
      return !one.hidden;
    });
    section.hidden = !shown.length;
  }
}

const answer = await fetch('/docs/openapi.json');
render(await answer.json());
document.getElementById('find').addEventListener('input', (event) => filter(event.target.value));
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
