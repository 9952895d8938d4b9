/** Two invented models of security keys, so that the demo has names and pictures to show. */
import type { FidoModel } from '../src/core/fido/models.ts'
import { loadFidoModels } from '../src/fido-models-admin.ts'
import type { Workbench } from '../src/setup.ts'
import { readFidoModels } from '../src/store/fido-models.ts'

const drawing = (colour: string): string => {
  const key = `<path d="M8 14h20a6 6 0 1 1 0 4H8z" fill="${colour}"/><circle cx="34" cy="16" r="2.5" fill="#fff"/>`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 44 32">${key}</svg>`
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`
}

/** The first is what Chromium's virtual authenticators say that they are. */
const models: readonly FidoModel[] = [
  { aaguid: '01020304-0506-0708-0102-030405060708', description: 'Virtual authenticator', icon: drawing('#28507f') },
  { aaguid: '5ca1ab1e-0000-4000-8000-00000000f1d0', description: 'Scalable One', icon: drawing('#0f5c56') },
]

/** Once: what an operator loaded since stays. */
export async function seedModels(bench: Workbench): Promise<void> {
  const known = await readFidoModels(
    bench.db,
    models.map(({ aaguid }) => aaguid),
  )
  if (known.length === 0) await loadFidoModels(bench, models)
}
