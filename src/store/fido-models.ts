/** The names and pictures of models, as an operator loaded them. */
import type { FidoModel } from '../core/fido/models.ts'
import type { Db, Item, Write } from './db.ts'
import { places } from './keys.ts'

const modelIn = (item: Item): FidoModel => {
  const { aaguid, description, icon } = item as FidoModel
  return { aaguid, description, ...(icon === undefined ? {} : { icon }) }
}

/** In the order they are asked for, without those that nobody has loaded. At most a hundred. */
export async function readFidoModels(db: Db, aaguids: readonly string[]): Promise<FidoModel[]> {
  if (aaguids.length === 0) return []
  const items = await db.batch(aaguids.map((aaguid) => places.fidoModel(aaguid)))
  return items.flatMap((item) => (item === undefined ? [] : [modelIn(item)]))
}

export const keptFidoModel = (model: FidoModel): Write => ({
  write: 'put',
  ...places.fidoModel(model.aaguid),
  item: model,
})
