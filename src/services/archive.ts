/**
 * Where the audit log is kept for longer than online: a bucket with Object Lock, or on a laptop a folder.
 *
 * What was put is never put again, and what somebody put over it later, or hid, is not what is read: of several versions
 * the first. Left out: for how long, which is the bucket's to say.
 */
import { existsSync } from 'node:fs'
import { link, mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import type {
  DeleteMarkerEntry,
  GetObjectCommandOutput,
  ListObjectVersionsCommandOutput,
  ObjectVersion,
} from '@aws-sdk/client-s3'
import { awsPatience } from '../aws-patience.ts'
import { newId } from '../core/secret.ts'

/** Where it is: `bucket`, or a folder. */
export type ArchivePlace = { bucket: string } | { directory: string }

/** `changes`: how often it was put over or hidden since it was made. */
export type Archived = { name: string; changes: number }

export type Archive = {
  /** False where there is one of that name. */
  put(name: string, bytes: Uint8Array): Promise<boolean>
  /** As it was put first. */
  get(name: string): Promise<Uint8Array | undefined>
  /** Those whose name begins so, by name; hidden ones, too. */
  list(prefix: string): Promise<Archived[]>
}

export const openArchive = (place: ArchivePlace): Archive =>
  'bucket' in place ? bucketArchive(place.bucket) : folderArchive(place.directory)

function folderArchive(directory: string): Archive {
  const pathOf = (name: string): string => join(directory, ...name.split('/'))
  return {
    async put(name, bytes) {
      const path = pathOf(name)
      await mkdir(dirname(path), { recursive: true })
      const draft = `${path}.${newId()}`
      await writeFile(draft, bytes)
      try {
        // Whole or not at all, and not over another.
        await link(draft, path)
        return true
      } catch (failure) {
        if (failure instanceof Error && 'code' in failure && failure.code === 'EEXIST') return false
        throw failure
      } finally {
        await unlink(draft)
      }
    },
    async get(name) {
      return existsSync(pathOf(name)) ? readFile(pathOf(name)) : undefined
    },
    async list(prefix) {
      if (!existsSync(directory)) return []
      const entries = await readdir(directory, { recursive: true, withFileTypes: true })
      const names = entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/'))
      return names
        .filter((name) => name.startsWith(prefix))
        .sort()
        .map((name) => ({ name, changes: 0 }))
    },
  }
}

type Version = { name: string; id: string | undefined; isMarker: boolean; at: number }

function bucketArchive(Bucket: string): Archive {
  const opening = async () => {
    const { S3Client, ...commands } = await import('@aws-sdk/client-s3')
    return { client: new S3Client({ requestHandler: { ...awsPatience, requestTimeout: 30_000 } }), ...commands }
  }
  let opened: ReturnType<typeof opening> | undefined
  const open = () => {
    opened ??= opening()
    return opened
  }

  /** By name, and of each the first version first. */
  async function versions(Prefix: string): Promise<Version[]> {
    const { client, ListObjectVersionsCommand } = await open()
    const found: Version[] = []
    let from: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {}
    while (from !== undefined) {
      const page: ListObjectVersionsCommandOutput = await client.send(
        new ListObjectVersionsCommand({ Bucket, Prefix, ...from }),
      )
      found.push(...versionsIn(page))
      from = page.IsTruncated ? nextOf(page) : undefined
    }
    // S3 tells the last one first, and times by the second.
    return found.reverse().sort((a, b) => (a.name === b.name ? a.at - b.at : a.name < b.name ? -1 : 1))
  }

  return {
    async put(Key, Body) {
      const { client, PutObjectCommand } = await open()
      try {
        await client.send(new PutObjectCommand({ Bucket, Key, Body, IfNoneMatch: '*' }))
        return true
      } catch (failure) {
        if (failure instanceof Error && ['PreconditionFailed', 'ConditionalRequestConflict'].includes(failure.name))
          return false
        throw failure
      }
    },
    async get(Key) {
      const { client, GetObjectCommand } = await open()
      const first = (await versions(Key)).find(({ name, isMarker }) => name === Key && !isMarker)
      if (first === undefined) return undefined
      const read: GetObjectCommandOutput = await client.send(
        new GetObjectCommand({ Bucket, Key, ...(first.id === undefined ? {} : { VersionId: first.id }) }),
      )
      return read.Body?.transformToByteArray()
    },
    async list(prefix) {
      const changes = new Map<string, number>()
      for (const { name } of await versions(prefix)) changes.set(name, (changes.get(name) ?? -1) + 1)
      return [...changes].map(([name, count]) => ({ name, changes: count }))
    },
  }
}

function versionsIn({ Versions = [], DeleteMarkers = [] }: ListObjectVersionsCommandOutput): Version[] {
  const as =
    (isMarker: boolean) =>
    ({ Key = '', VersionId, LastModified }: ObjectVersion | DeleteMarkerEntry): Version => ({
      name: Key,
      id: VersionId,
      isMarker,
      at: LastModified?.getTime() ?? 0,
    })
  return [...Versions.map(as(false)), ...DeleteMarkers.map(as(true))]
}

const nextOf = ({ NextKeyMarker, NextVersionIdMarker }: ListObjectVersionsCommandOutput) => ({
  ...(NextKeyMarker === undefined ? {} : { KeyMarker: NextKeyMarker }),
  ...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }),
})
