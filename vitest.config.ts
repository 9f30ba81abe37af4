import { defineConfig } from 'vitest/config'

/** Sources run as they are: the `source` condition makes workspaces import each other's TypeScript. */
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'module', 'default'] } },
  test: {
    include: ['**/test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.torture.test.ts'],
    globalSetup: ['./testing/src/run-services.ts'],
    execArgv: ['--conditions=source'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // What is waited for comes at once, but on a busy machine.
    expect: { poll: { timeout: 20_000 } },
    reporters: ['default', './testing/src/closing-line.ts'],
  },
})
