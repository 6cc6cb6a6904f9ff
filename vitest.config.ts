import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { type Kind, kinds, short } from './test/kinds.ts';
import { CostReporter } from './test/support/cost-reporter.ts';
import { LackReporter } from './test/support/lack-reporter.ts';

const names = Object.keys(kinds) as Kind[];

/** Sorts test files by kind: a process is only reused for files of the same kind. */
class KindByKind extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project }: TestSpecification) => names.indexOf(project.name as Kind);
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

/** Sources that become others in tests. */
const inTests = /\/(system\/installed|http\/page-server)\.ts$/;

/**
 * The files of a kind in a mode: `short` is `npm test`, `rest` the others, `all` every file with the counts of
 * docs/reliability.md. Without a mode every file, with few cases, so that any file can be named.
 */
function filesOf(kind: Kind, mode: string): { include: string[]; exclude: string[] } {
  const every = [`test/${kind}/**/*.test.ts`];
  const chosen = kind === 'unit' ? every : short.filter((file) => file.startsWith(`test/${kind}/`));
  if (mode === 'short') return { include: chosen, exclude: [] };
  return { include: every, exclude: mode === 'rest' ? chosen : [] };
}

// Tests import the sources directly. Programs that they start run the same sources, compiled before the first test.
export default defineConfig(({ mode }) => ({
  resolve: { conditions: ['@gradloom/source'] },
  ssr: { resolve: { conditions: ['@gradloom/source'] } },
  plugins: [
    {
      name: 'compiled-worker-and-page',
      configResolved(config) {
        Object.assign(config, { mode: 'test' }); // it has chosen files: all modes have one cache of modules
      },
      configureVitest({ experimental_defineCacheKeyGenerator: defineKey }) {
        defineKey(({ id }) => (inTests.test(id) ? false : undefined));
      },
      transform(code, id) {
        if (!inTests.test(id)) return;
        const place = pathToFileURL(`${process.env.GRADLOOM_TEST_PROGRAMS}/index.js`).href;
        return code.replace('import.meta.url', JSON.stringify(place));
      },
    },
  ],
  test: {
    // Teams are tested with more threads than there are cores.
    env: { GRADLOOM_OVERSUBSCRIBE: '1', ...(mode === 'all' ? { GRADLOOM_TEST_ALL: '1' } : {}) },
    globalSetup: ['test/support/set-up.ts'],
    setupFiles: ['test/support/cost.ts'],
    reporters: ['default', new LackReporter(mode !== 'all'), new CostReporter()],
    sequence: { sequencer: KindByKind },
    chaiConfig: { truncateThreshold: 1_000 }, // shows a wrong sentence in full
    pool: 'forks',
    experimental: { fsModuleCache: true },
    testTimeout: 60_000,
    hookTimeout: 60_000, // a pool of seven threads takes a while to start on a busy machine
    projects: names.map((name) => ({
      extends: true,
      test: {
        name,
        // Files wait for threads, processes and ranks, outside of `npm test` for longer: more of them keep two cores busy.
        // Stated in each project, since vitest loads the options above without the mode.
        maxWorkers: Math.max(mode === 'short' ? 3 : 4, availableParallelism()),
        // Earlier files in the same process would affect what these tests measure or load.
        isolate: name === 'processes',
        ...filesOf(name, mode),
        ...(name === 'unit' ? { setupFiles: ['test/support/cost.ts', 'test/support/no-processes.ts'] } : {}),
      },
    })),
  },
}));
