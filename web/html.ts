/**
 * A template tag that escapes everything but its own results, so that a page cannot forget to.
 *
 * Values go into text and into quoted attributes only: never into a tag's name, an unquoted attribute, a script or a
 * style, where escaping would not help. There is no way to mark a string as safe.
 */

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')

class Markup {
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }
  toString(): string {
    return this.#text
  }
}

/** Only `html` and `attributes` make these; a string that looks like markup is not one. */
export type Html = Markup

/** What a template takes. Absent values leave nothing behind, so that `condition && html…` reads well. */
export type Part = string | number | Html | readonly Part[] | false | undefined

const write = (part: Part): string => {
  if (part === undefined || part === false) return ''
  if (part instanceof Markup) return part.toString()
  if (typeof part === 'object') return part.map(write).join('')
  return escapeHtml(String(part))
}

export const html = (template: TemplateStringsArray, ...parts: Part[]): Html =>
  new Markup(template.reduce((text, literal, index) => text + write(parts[index - 1]) + literal))

/** `true` is an attribute without a value, `false` and `undefined` are none. Names are ours, never a request's. */
export const attributes = (values: Readonly<Record<string, string | number | boolean | undefined>>): Html =>
  new Markup(
    Object.entries(values)
      .map(([name, value]) => {
        if (value === undefined || value === false) return ''
        return value === true ? ` ${name}` : ` ${name}="${escapeHtml(String(value))}"`
      })
      .join(''),
  )
