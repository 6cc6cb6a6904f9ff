import { defineConfig } from 'vitest/config';

const source = new URL('test/support/source.mjs', import.meta.url).href;

// Sources run as they are, in the tests and in the threads they start: no build stands between a change and its test.
export default defineConfig(({ mode }) => ({
  resolve: { conditions: ['@gradloom/source'] },
  ssr: { resolve: { conditions: ['@gradloom/source'] } },
  test: {
    // `npm run test:all` goes through all cases that docs/reliability.md speaks of: see test/support/count.ts.
    env: mode === 'all' ? { GRADLOOM_TEST_ALL: '1' } : {},
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    execArgv: ['--import', source, '--conditions', '@gradloom/source'],
    testTimeout: 60_000,
    hookTimeout: 60_000, // a pool of seven threads takes a while to start on a busy machine
  },
}));
