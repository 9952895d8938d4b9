/**
 * How long AWS is waited for. Left to itself the SDK waits for ever, and a Lambda that is ended while it waits answers
 * nobody: API Gateway then says something of its own, where an application expects an error it knows.
 *
 * For one try, in milliseconds. Four of them are over before the least of our Lambdas is (lib/api-stack.ts: 10 seconds).
 */
export const awsPatience = { connectionTimeout: 1000, requestTimeout: 1500, throwOnRequestTimeout: true }
