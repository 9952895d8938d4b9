/** An administrator at the API: policies and flows are changed for the length of a visit, and put back after it. */
import { expect } from 'vitest'
import type { Demo } from '../../local/service.ts'
import type { Flow } from '../../src/core/step-up/flow.ts'

type Document = Record<string, unknown>

export function administrationOf(demo: Demo) {
  const before = new Map<string, Document>()

  const call = (method: string, path: string, more: { body?: Document; etag?: string } = {}): Promise<Response> =>
    fetch(`${demo.issuer}/api/v1/tenants/${demo.tenantCode}/${path}`, {
      method,
      headers: {
        apikey: demo.adminApiKey,
        ...(more.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(more.etag === undefined ? {} : { 'if-match': more.etag }),
      },
      ...(more.body === undefined ? {} : { body: JSON.stringify(more.body) }),
    })

  async function change(path: string, edit: (document: Document) => Document): Promise<void> {
    const read = await call('GET', path)
    expect(read.status, path).toBe(200)
    const document = (await read.json()) as Document
    if (!before.has(path)) before.set(path, structuredClone(document))
    const changed = await call('PUT', path, { body: edit(document), etag: read.headers.get('etag') ?? '' })
    expect(changed.status, await changed.text()).toBe(200)
  }

  return {
    /** `step-up-policy`, or `clients/{clientId}/step-up-policy`. */
    setsPolicy: (path: string, members: Document): Promise<void> =>
      change(path, (document) => ({ ...document, ...members })),

    editsFlow: (id: string, edit: (flow: Flow) => void): Promise<void> =>
      change(`flows/${id}`, (document) => {
        edit(document as Flow)
        return document
      }),

    async putsBack(): Promise<void> {
      for (const [path, document] of before)
        await change(path, ({ version }) => ({ ...document, ...(version === undefined ? {} : { version }) }))
      before.clear()
    },
  }
}
