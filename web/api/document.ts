/** Reads the description of the API, which is data that we wrote: what is not there is not drawn. */
export type Json = { readonly [member: string]: unknown }

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const textIn = (value: Json, name: string): string | undefined => {
  const found = value[name]
  return typeof found === 'string' ? found : undefined
}

export const listIn = (value: Json, name: string): readonly unknown[] => {
  const found = value[name]
  return Array.isArray(found) ? found : []
}
