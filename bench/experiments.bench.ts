import { parseArgs } from 'node:util';
import type { ExperimentContext } from '../packages/cli/src/experiments/experiment.ts';
import { experiments } from '../packages/cli/src/experiments/index.ts';

// How long does `gradloom experiment all` take, and which experiment takes it? On two cores it should stay below two minutes.
// Usage: pnpm bench experiments [--only xor]

const LIMIT_S = 120;

const context: ExperimentContext = {
  machine: { backend: 'wasm' },
  brief: true,
  paint: (_format, text) => text,
  note() {},
};

const { values } = parseArgs({ allowPositionals: true, strict: false, options: { only: { type: 'string' } } });
const rows: Record<string, string | number>[] = [];
let total = 0;
for (const [name, load] of Object.entries(experiments)) {
  if (values.only !== undefined && values.only !== name) continue;
  const experiment = await load();
  const start = performance.now();
  const { findings } = await experiment.run({}, context);
  const seconds = (performance.now() - start) / 1000;
  total += seconds;
  const agree = findings.filter(({ agrees }) => agrees).length;
  rows.push({ experiment: name, seconds: seconds.toFixed(1), agree: `${agree} of ${findings.length}` });
}
console.table(rows);
console.log(`${total.toFixed(1)} s in all, ${total <= LIMIT_S ? 'within' : 'BEYOND'} the ${LIMIT_S} s of two cores`);
