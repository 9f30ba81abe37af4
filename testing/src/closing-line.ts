import type { Reporter, TestModule } from 'vitest/node'

/** Ends a run with the one line that machines read: `N passed, N failed, N skipped`. */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state]++
      if (failedOutsideTests(module)) counts.failed++
    }
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  }
}

/** A file that does not load, or a hook that fails, takes its tests with it: that is a failure too. */
function failedOutsideTests(module: TestModule): boolean {
  const suites = [...module.children.allSuites()]
  return module.errors().length > 0 || suites.some(suite => suite.errors().length > 0)
}
