import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { defineConfig } from 'vitest/config';
import { CostReporter } from './test/support/cost-reporter.ts';
import { LackReporter } from './test/support/lack-reporter.ts';

/** What these measure or load, files before them in the same process would change. */
const alone = [
  'test/cli/memory-limit.test.ts',
  'test/runtime/blocking.test.ts',
  'test/runtime/inference-memory.test.ts',
  'test/runtime/memory.test.ts',
  'test/runtime/no-simd.test.ts',
  'test/cli/no-webassembly.test.ts',
  'test/cli/two-at-once.test.ts',
  'test/cli/models.test.ts',
];

// Tests import the sources as they are. What they start runs the same sources, compiled anew before the first test.
export default defineConfig(({ mode }) => ({
  resolve: { conditions: ['@gradloom/source'] },
  ssr: { resolve: { conditions: ['@gradloom/source'] } },
  plugins: [
    {
      name: 'threads-run-the-compiled-worker',
      transform(code, id) {
        if (!id.endsWith('/packages/runtime/src/installed.ts')) return;
        const place = pathToFileURL(`${process.env.GRADLOOM_TEST_PROGRAMS}/index.js`).href;
        return code.replace('import.meta.url', JSON.stringify(place));
      },
    },
  ],
  test: {
    // `npm run test:all` goes through all cases that docs/reliability.md speaks of: see test/support/count.ts.
    // Teams are tested with more threads than there are cores.
    env: { GRADLOOM_OVERSUBSCRIBE: '1', ...(mode === 'all' ? { GRADLOOM_TEST_ALL: '1' } : {}) },
    globalSetup: ['test/support/set-up.ts'],
    setupFiles: ['test/support/cost.ts'],
    reporters: ['default', new LackReporter(mode !== 'all'), new CostReporter()],
    pool: 'forks',
    maxWorkers: Math.max(2, availableParallelism()),
    testTimeout: 60_000,
    hookTimeout: 60_000, // a pool of seven threads takes a while to start on a busy machine
    projects: [
      { extends: true, test: { name: 'shared', isolate: false, include: ['test/**/*.test.ts'], exclude: alone } },
      { extends: true, test: { name: 'alone', include: alone } },
    ],
  },
}));
