/** The models of security keys: what console and portal call them, and what they look like. */
import { readModels } from '../../src/core/fido/models.ts'
import { loadFidoModels } from '../../src/fido-models-admin.ts'
import { type Command, documentIn, granted } from './typed.ts'

export const modelUsage = `  fido-metadata FILE                    names and pictures of models, from a metadata statement of FIDO's, a list of them,
                                        or the payload of the Metadata Service's BLOB; - is standard input
`

export const modelCommands: Record<string, Command> = {
  'fido-metadata': async (bench, [file]) => {
    const models = granted(readModels(await documentIn(file)), {
      'bad-metadata-statement': (detail, at) => `${at === '' ? 'It' : at} ${detail}.`,
    })
    if (models.length === 0) return 'It names no model with an AAGUID.'
    await loadFidoModels(bench, models)
    return models.map(({ aaguid, description }) => `${aaguid}  ${description}`).join('\n')
  },
}
