// Trains with an activation, a loss and a metric of one's own: node own-parts.mjs
import { datasetFromRows, dense, loadModel, loadParts, saveModel, sequential, train } from '@gradloom/runtime';
import { cube, pinball } from './my-parts.mjs';

const x = Array.from({ length: 400 }, (_, n) => [n / 200 - 1]);
const noise = (n) => ((n * 7919) % 101) / 101;
const rows = datasetFromRows({ inputs: x, targets: x.map(([z], n) => [z + noise(n)]) });

const module = new URL('./my-parts.mjs', import.meta.url);
const result = await train(
  sequential(1, dense(8), cube.spec(), dense(1)),
  { train: rows, validation: rows },
  { modules: [module], loss: pinball.spec({ tau: 0.9 }), epochs: 100 },
);
console.log(`${Math.round(100 * result.validation.metrics.below)} % of the targets are below the output`);

saveModel('quantile.gradloom', result);
const model = loadModel('quantile.gradloom', { parts: await loadParts(module) });
console.log(`at 0.5: ${model.outputs([[0.5]])[0][0].toFixed(2)}`);
