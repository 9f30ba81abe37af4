import { defineConfig, mergeConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** The full counts of everything that CI runs in a short form: kills, soaks, fuzzing. One file at a time. */
export default mergeConfig(base, defineConfig({ test: { maxWorkers: 1, testTimeout: 1_800_000 } }))
