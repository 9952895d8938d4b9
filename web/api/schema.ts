/** A JSON Schema in words: what it is, between which limits, and its members, one below the other. */
import { type Html, html } from '../html.ts'
import { isJson, type Json, listIn, textIn } from './document.ts'

/** A schema that has a name is drawn once, and linked to. */
export function schemaList(value: unknown): Html | false {
  if (!isJson(value)) return false
  const name = nameOf(value)
  if (name !== undefined) return link(name)
  return html`${kind(value)}${members(value)}${parts(value)}`
}

const nameOf = (value: Json): string | undefined => textIn(value, '$ref')?.split('/').at(-1)
const link = (name: string): Html => html`<a href="${`#schema-${name}`}">${name}</a>`

function members(value: Json): Html | false {
  const of = value.type === 'array' && isJson(value.items) ? value.items : value
  const properties = isJson(of.properties) ? Object.entries(of.properties) : []
  const required = listIn(of, 'required')
  return (
    properties.length > 0 &&
    html`<ul class="members">${properties.map(
      ([name, each]) =>
        html`<li><code>${name}</code>${required.includes(name) && html` <em>required</em>`} ${
          isJson(each) && html`${textIn(each, 'description')} ${schemaList(each)}`
        }</li>`,
    )}</ul>`
  )
}

const combinations = { allOf: 'All of', anyOf: 'Any of', oneOf: 'One of' } as const

const parts = (value: Json): Html[] =>
  (Object.keys(combinations) as (keyof typeof combinations)[]).flatMap((each) => {
    const list = listIn(value, each)
    if (list.length === 0) return []
    return [
      html`${combinations[each]}:<ul class="members">${list.map((one) => html`<li>${schemaList(one)}</li>`)}</ul>`,
    ]
  })

/** The type, and what holds for its values. */
function kind(value: Json): Html {
  const facts = [typesOf(value), ...limitsOf(value)].filter((each) => each !== '')
  const items = value.type === 'array' && isJson(value.items) ? nameOf(value.items) : undefined
  return html`${facts.length > 0 && html`<span class="kind">${facts.join(', ')}</span>`}${items !== undefined && html` of ${link(items)}`}`
}

function typesOf(value: Json): string {
  const types = Array.isArray(value.type) ? value.type : [value.type].filter((each) => each !== undefined)
  const format = textIn(value, 'format')
  return [types.join(' or '), format].filter((each) => each !== undefined && each !== '').join(' ')
}

const limits: Readonly<Record<string, (limit: string) => string>> = {
  const: (limit) => limit,
  enum: (limit) => `one of ${limit}`,
  default: (limit) => `usually ${limit}`,
  minimum: (limit) => `from ${limit}`,
  maximum: (limit) => `to ${limit}`,
  minLength: (limit) => `at least ${limit} characters`,
  maxLength: (limit) => `at most ${limit} characters`,
  minItems: (limit) => `at least ${limit}`,
  maxItems: (limit) => `at most ${limit}`,
  pattern: (limit) => `like ${limit}`,
}

const limitsOf = (value: Json): string[] =>
  Object.entries(limits).flatMap(([name, say]) => {
    const limit = value[name]
    if (limit === undefined) return []
    return [say(Array.isArray(limit) ? limit.map(String).join(', ') : String(limit))]
  })
