import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 90_000,
    // Two cores: the visits drive a browser and a whole service, so more workers only slow each other down.
    maxWorkers: 2,
  },
})
