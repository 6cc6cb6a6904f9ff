import type { ExperimentContext } from '../packages/cli/src/lab/experiments/experiment.ts';
import { experiments } from '../packages/cli/src/lab/experiments/index.ts';
import { matching, readOptions } from './options.ts';
import { endSuite } from './suites.ts';

// How long does `gradloom experiment all` take, and which experiment takes it? On two cores it should stay below two
// minutes.
// Usage: pnpm bench experiments [--only xor]

const LIMIT_S = 120;

const context: ExperimentContext = {
  machine: { backend: 'wasm' },
  brief: true,
  paint: (_format, text) => text,
  showProgress() {},
};

const options = readOptions();
const all = Object.entries(experiments).map(([name, load]) => ({ name, load }));
const rows: Record<string, string | number>[] = [];
let total = 0;
for (const { name, load } of matching('only', options.only, all)) {
  const experiment = await load();
  const start = performance.now();
  const { findings } = await experiment.run({}, context);
  const seconds = (performance.now() - start) / 1000;
  total += seconds;
  const agree = findings.filter(({ agrees }) => agrees).length;
  rows.push({ experiment: name, seconds: seconds.toFixed(1), agree: `${agree} of ${findings.length}` });
}
endSuite('experiments', rows, options);
console.log(`${total.toFixed(1)} s in all, ${total <= LIMIT_S ? 'within' : 'BEYOND'} the ${LIMIT_S} s of two cores`);
