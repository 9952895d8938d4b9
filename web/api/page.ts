/**
 * The description of the API as a page: the same document as `/openapi.json`, for people.
 *
 * Drawn here, and not by one of the well-known viewers, for none of them works under our policy: RapiDoc and Scalar write
 * inline styles, all three need Trusted Types of their own, RapiDoc asks Google for a font. A page without script is read,
 * searched and printed as any other. In English, as the document is.
 */
import { attributes, type Html, html } from '../html.ts'
import { isJson, type Json, listIn, textIn } from './document.ts'
import { schemaList } from './schema.ts'

type Operation = { method: string; path: string; about: Json }

const methods = ['get', 'post', 'put', 'patch', 'delete'] as const

const operationsIn = (document: Json): Operation[] =>
  Object.entries(isJson(document.paths) ? document.paths : {}).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const about = isJson(item) ? item[method] : undefined
      return isJson(about) ? [{ method: method.toUpperCase(), path, about }] : []
    }),
  )

/** What a reference leads to, or the thing itself. */
function resolved(document: Json, value: unknown): Json {
  const ref = isJson(value) ? textIn(value, '$ref') : undefined
  if (ref === undefined) return isJson(value) ? value : {}
  const target = ref
    .slice(2)
    .split('/')
    .reduce((inner: unknown, name) => (isJson(inner) ? inner[name] : undefined), document)
  return isJson(target) ? target : {}
}

const idOf = ({ about, method, path }: Operation): string => textIn(about, 'operationId') ?? `${method}-${path}`
const tagOf = ({ about }: Operation): string => String(listIn(about, 'tags')[0] ?? 'Others')
const anchorOf = (tag: string): string => `tag-${tag.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`

export function renderApiPage(document: Json, { serviceName }: { serviceName: string }): string {
  const operations = operationsIn(document)
  const tags = [...new Set(operations.map(tagOf))]
  const info = isJson(document.info) ? document.info : {}
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>API – ${serviceName}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="/assets/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/keystep.css">
<link rel="stylesheet" href="/assets/api.css">
</head>
<body class="api">
<header><img src="/assets/favicon.svg" alt="" width="32" height="32"><a href="/">${serviceName}</a></header>
<main>
<h1>API</h1>
<p>${textIn(info, 'summary')}</p>
${paragraph(textIn(info, 'description'))}
<p class="links"><a href="/openapi.json">The same for programs: OpenAPI ${textIn(document, 'openapi')}</a></p>
<nav aria-label="Areas"><ul>${tags.map((tag) => html`<li><a href="#${anchorOf(tag)}">${tag}</a></li>`)}</ul></nav>
${credentials(document)}
${tags.map((tag) =>
  area(
    document,
    tag,
    operations.filter((each) => tagOf(each) === tag),
  ),
)}
${schemas(document)}
</main>
</body>
</html>
`.toString()
}

const componentsOf = (document: Json, kind: string): [name: string, value: Json][] => {
  const components = isJson(document.components) ? document.components[kind] : undefined
  return Object.entries(isJson(components) ? components : {}).flatMap(([name, value]) =>
    isJson(value) ? [[name, value]] : [],
  )
}

const credentials = (document: Json): Html => html`<section>
<h2 id="credentials">Credentials</h2>
<dl>${componentsOf(document, 'securitySchemes').map(
  ([name, scheme]) => html`<div><dt><code id="${`credential-${name}`}">${name}</code></dt>
<dd>${textIn(scheme, 'description')} ${scopesOf(scheme)}</dd></div>`,
)}</dl>
</section>`

function scopesOf({ flows }: Json): Html | false {
  const flow = isJson(flows) ? Object.values(flows)[0] : undefined
  if (!isJson(flow) || !isJson(flow.scopes)) return false
  return html`From <code>${textIn(flow, 'tokenUrl')}</code>, with the scopes:
<ul>${Object.entries(flow.scopes).map(([name, what]) => html`<li><code>${name}</code> ${String(what)}</li>`)}</ul>`
}

const area = (document: Json, tag: string, operations: readonly Operation[]): Html => html`<section>
<h2 id="${anchorOf(tag)}">${tag}</h2>
${operations.map((operation) => drawn(document, operation))}
</section>`

/** Closed, with its address inside: a browser opens what it is sent to. */
const drawn = (document: Json, operation: Operation): Html => html`<details>
<summary><h3><span class="call"><b class="method">${operation.method}</b> <code>${operation.path}</code></span>
<span class="summary">${textIn(operation.about, 'summary')}</span></h3></summary>
<div id="${idOf(operation)}">
${paragraph(textIn(operation.about, 'description'))}
<p class="who">By ${callersOf(document, operation)}.</p>
${parameters(document, listIn(operation.about, 'parameters'))}
${requestBody(resolved(document, operation.about.requestBody))}
<h4>Answers</h4>
<dl>${Object.entries(isJson(operation.about.responses) ? operation.about.responses : {}).map(([status, value]) =>
  answer(status, resolved(document, value)),
)}</dl>
<p><a href="#${idOf(operation)}">Link to this operation</a></p>
</div>
</details>`

/** What is between backticks is code (CommonMark, of which the descriptions use nothing else). */
const paragraph = (text: string | undefined): Html | false =>
  text !== undefined &&
  html`<p>${text.split('`').map((part, at) => (at % 2 === 1 ? html`<code>${part}</code>` : part))}</p>`

/** By which credentials: where an operation does not say, as the document does. */
function callersOf(document: Json, { about }: Operation): Html {
  const ways = listIn(about, 'security' in about ? 'security' : 'none')
  const all = (ways.length > 0 ? ways : listIn(document, 'security'))
    .filter(isJson)
    .flatMap((way) => Object.entries(way))
  return html`${all.map(
    ([name, scopes], at) =>
      html`${at > 0 && ', or '}<a href="${`#credential-${name}`}">${name}</a>${
        Array.isArray(scopes) && scopes.length > 0 && html` with <code>${scopes.join(' ')}</code>`
      }`,
  )}`
}

const required = (is: unknown): Html | false => is === true && html` <em>required</em>`

function parameters(document: Json, given: readonly unknown[]): Html | false {
  const all = given.map((each) => resolved(document, each))
  return (
    all.length > 0 &&
    html`<h4>Parameters</h4>
<dl>${all.map(
      (
        each,
      ) => html`<div><dt><code>${textIn(each, 'name')}</code> <span>${textIn(each, 'in')}</span>${required(each.required)}</dt>
<dd>${textIn(each, 'description')} ${schemaList(each.schema)}</dd></div>`,
    )}</dl>`
  )
}

const contentOf = (value: Json): [type: string, media: Json][] =>
  Object.entries(isJson(value.content) ? value.content : {}).flatMap(([type, media]) =>
    isJson(media) ? [[type, media]] : [],
  )

function requestBody(body: Json): Html | false {
  const content = contentOf(body)
  const [first] = content
  if (first === undefined) return false
  return html`<h4>Body</h4>
<p>${content.map(([type], at) => html`${at > 0 && ' or '}<code>${type}</code>`)}. ${textIn(body, 'description')}</p>
${schemaList(first[1].schema)}
${examples(first[1])}`
}

const examples = ({ examples: given }: Json): Html[] =>
  Object.values(isJson(given) ? given : {})
    .filter(isJson)
    .map(
      (each) => html`<p class="example">${textIn(each, 'summary')}</p>
<pre tabindex="0"><code>${typeof each.value === 'string' ? each.value : JSON.stringify(each.value, null, 2)}</code></pre>`,
    )

const answer = (
  status: string,
  value: Json,
): Html => html`<div><dt><b>${status}</b> ${textIn(value, 'description')}</dt>
<dd>${contentOf(value).map(
  ([type, media]) => html`<p><code>${type}</code></p>${schemaList(media.schema)}${examples(media)}`,
)}${headersOf(value)}</dd></div>`

const headersOf = ({ headers }: Json): Html | false =>
  isJson(headers) &&
  html`<ul>${Object.entries(headers).map(
    ([name, value]) => html`<li><code>${name}</code> ${isJson(value) && textIn(value, 'description')}</li>`,
  )}</ul>`

const schemas = (document: Json): Html => html`<section>
<h2 id="schemas">Schemas</h2>
${componentsOf(document, 'schemas').map(
  ([name, value]) => html`<details>
<summary><h3><code>${name}</code></h3></summary>
<div${attributes({ id: `schema-${name}` })}>${paragraph(textIn(value, 'description'))}${schemaList(value)}</div>
</details>`,
)}
</section>`
