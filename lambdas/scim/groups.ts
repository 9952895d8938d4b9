// GET /scim/v2/Groups — none: there are no groups, and Entra and Okta ask for them before they send a user.
import { urns } from '../../src/core/scim/schema.ts'
import { scimJson } from './answers.ts'
import { forScim } from './service.ts'

export const handle = forScim('users:read', async () =>
  scimJson(200, { schemas: [urns.list], totalResults: 0, startIndex: 1, itemsPerPage: 0, Resources: [] }),
)
