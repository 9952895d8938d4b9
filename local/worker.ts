/**
 * The inside of a worker: the Lambda runtime's part. Loads one bundle, and answers each event with what its handler
 * answers, as JSON both ways, as Lambda does.
 */
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import type { Context } from 'aws-lambda'
import type { FromWorker, ToWorker, WorkerData } from './lambdas.ts'

type Handler = (event: unknown, context: Context) => Promise<unknown>

const { file, name, timeout } = workerData as WorkerData
const { handler } = (await import(pathToFileURL(file).href)) as { handler: Handler }

const contextOf = (id: string): Context => {
  const until = Date.now() + timeout
  const unused = () => {
    throw new Error('Node 24 on Lambda has no callbacks')
  }
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${name}`,
    memoryLimitInMB: '512',
    awsRequestId: id,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => until - Date.now(),
    done: unused,
    fail: unused,
    succeed: unused,
  }
}

const answer = (message: FromWorker) => parentPort?.postMessage(message)

parentPort?.on('message', async ({ id, event }: ToWorker) => {
  try {
    const result = await handler(JSON.parse(event), contextOf(id))
    answer({ id, result: JSON.stringify(result ?? null) })
  } catch (error) {
    answer({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})
answer({ ready: true })
