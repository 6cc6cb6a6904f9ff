import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { readWorkload } from './read-workload.ts';
import { serve } from './serve.ts';

/** Only the used part is declared: the package is not installed when types are checked. */
interface Tensor {
  dispose(): void;
  dataSync(): Float32Array;
}
interface Tf {
  version: { tfjs: string };
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor2d(values: Float32Array, shape: [number, number]): Tensor;
  tensor1d(values: Float32Array): Tensor;
  variable(value: Tensor): Tensor;
  slice(x: Tensor, begin: number[], size: number[]): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  relu(x: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  tidy<T>(f: () => T): T;
  losses: { softmaxCrossEntropy(t: Tensor, y: Tensor): Tensor; meanSquaredError(t: Tensor, y: Tensor): Tensor };
  train: {
    adam(lr: number, beta1: number, beta2: number, epsilon: number): Optimizer;
    sgd(lr: number): Optimizer;
  };
}
interface Optimizer {
  minimize(f: () => Tensor, returnCost: boolean, variables: Tensor[]): Tensor | null;
}

const backend = process.argv[2];

await serve(async () => {
  const require = createRequire(import.meta.url);
  const tf: Tf = require('@tensorflow/tfjs');
  if (backend === 'wasm') {
    const wasm: { setWasmPaths(folder: string): void } = require('@tensorflow/tfjs-backend-wasm');
    wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  }
  await tf.setBackend(backend);
  await tf.ready();
  return {
    about: `tfjs ${tf.version.tfjs}, ${backend}, one thread under Node, float32`,
    open(workload) {
      const { widths, batch, rows, activation, loss, optimizer } = workload;
      const { x, t, layers } = readWorkload(workload);
      const classes = widths[widths.length - 1];
      const targets = new Float32Array(rows * classes);
      for (let n = 0; n < rows; n++) {
        if (loss === 'mse') targets[n] = t[n];
        else targets[n * classes + t[n]] = 1;
      }
      const inputs = tf.tensor2d(Float32Array.from(x), [rows, widths[0]]);
      const wanted = tf.tensor2d(targets, [rows, classes]);
      const weights = layers.map(({ I, O, W }) => tf.variable(tf.tensor2d(Float32Array.from(W), [I, O])));
      const biases = layers.map(({ b }) => tf.variable(tf.tensor1d(Float32Array.from(b))));
      const forward = (batchX: Tensor): Tensor =>
        weights.reduce((y, W, l) => {
          const z = tf.add(tf.matMul(y, W), biases[l]);
          if (activation === 'sigmoid') return tf.sigmoid(z);
          return l === weights.length - 1 ? z : tf.relu(z);
        }, batchX);
      const cost = (batchX: Tensor, batchT: Tensor): Tensor =>
        loss === 'mse'
          ? tf.losses.meanSquaredError(batchT, forward(batchX))
          : tf.losses.softmaxCrossEntropy(batchT, forward(batchX));
      const update =
        optimizer.kind === 'adam' ? tf.train.adam(optimizer.lr, 0.9, 0.999, 1e-8) : tf.train.sgd(optimizer.lr);
      let first = 0;
      const run = (steps: number): { steps: number; ms: number } => {
        const startMs = performance.now();
        let last: Tensor | null = null;
        for (let step = 0; step < steps; step++) {
          tf.tidy(() => {
            const batchX = rows === batch ? inputs : tf.slice(inputs, [first, 0], [batch, widths[0]]);
            const batchT = rows === batch ? wanted : tf.slice(wanted, [first, 0], [batch, classes]);
            update.minimize(() => cost(batchX, batchT), false, [...weights, ...biases]);
          });
          first = (first + batch) % rows;
          last = weights[0];
        }
        last?.dataSync(); // both backends compute synchronously; reading proves it
        return { steps, ms: performance.now() - startMs };
      };
      return {
        run,
        lossAfter(steps) {
          run(steps);
          return tf.tidy(() => cost(inputs, wanted).dataSync()[0]);
        },
      };
    },
  };
});
