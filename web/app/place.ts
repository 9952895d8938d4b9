/** Where this application is: what the document says before anything is asked. */
import type { Application } from '../shell.ts'

export type Place = {
  application: Application
  issuer: string
  tenantCode: string
  serviceName: string
  /** The path that the application's own pages are below. */
  base: string
  /** The management API of this tenant. */
  api: string
}

function readPlace({ application, issuer = '', tenant = '', service = '' }: DOMStringMap): Place {
  if (application !== 'console' && application !== 'portal') throw new Error('The document names no application')
  return {
    application,
    issuer,
    tenantCode: tenant,
    serviceName: service,
    base: `/${application}`,
    api: `${issuer}/api/v1/tenants/${encodeURIComponent(tenant)}`,
  }
}

/** What the application is drawn into. */
export const ground: HTMLElement = document.getElementById('app') ?? document.body

export const place: Place = readPlace(ground.dataset)
