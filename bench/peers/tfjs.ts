import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { readWorkload } from './read-workload.ts';
import { serve } from './serve.ts';

/** Only the used part is declared: the package is not installed when types are checked. */
interface Tensor {
  readonly shape: readonly number[];
  dispose(): void;
  dataSync(): Float32Array;
}
interface Tf {
  version: { tfjs: string };
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor(values: Float32Array, shape: readonly number[]): Tensor;
  variable(value: Tensor): Tensor;
  slice(x: Tensor, begin: number[], size: number[]): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  relu(x: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  dropout(x: Tensor, rate: number): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  transpose(x: Tensor, axes: readonly number[]): Tensor;
  maxPool(x: Tensor, size: number, stride: number, padding: 'valid'): Tensor;
  conv2d(x: Tensor, W: Tensor, stride: number, padding: number): Tensor;
  conv2dTranspose(dy: Tensor, W: Tensor, shape: readonly number[], stride: number, padding: number): Tensor;
  customGrad(
    f: (x: Tensor, W: Tensor, save: (saved: Tensor[]) => void) => Differentiable,
  ): (x: Tensor, W: Tensor) => Tensor;
  tidy<T>(f: () => T): T;
  losses: { softmaxCrossEntropy(t: Tensor, y: Tensor): Tensor; meanSquaredError(t: Tensor, y: Tensor): Tensor };
  train: { adam(lr: number, beta1: number, beta2: number, epsilon: number): Optimizer; sgd(lr: number): Optimizer };
}
interface Differentiable {
  value: Tensor;
  gradFunc(dy: Tensor, saved: Tensor[]): Tensor[];
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
  /**
   * y = x * W, a convolution with a stride of 1. tfjs has no dW on wasm, and on cpu it takes seconds. So dW is computed
   * as the convolution of x by dy, with rows and channels exchanged.
   */
  const conv2d = (x: Tensor, W: Tensor, padding: number): Tensor =>
    tf.customGrad((x, W, save) => {
      save([x, W]);
      return {
        value: tf.conv2d(x, W, 1, padding),
        gradFunc: (dy, [x, W]) => [
          tf.conv2dTranspose(dy, W, x.shape, 1, padding),
          tf.transpose(
            tf.conv2d(tf.transpose(x, [3, 1, 2, 0]), tf.transpose(dy, [1, 2, 0, 3]), 1, padding),
            [1, 2, 0, 3],
          ),
        ],
      };
    })(x, W);
  return {
    about: `tfjs ${tf.version.tfjs}, ${backend}, one thread under Node, float32`,
    open(workload) {
      const { network, batch, rows, loss, optimizer } = workload;
      const { x, t, input, outputs, weights: start } = readWorkload(workload);
      const targetValues = new Float32Array(rows * outputs);
      for (let n = 0; n < rows; n++) {
        if (loss === 'mse') targetValues[n] = t[n];
        else targetValues[n * outputs + t[n]] = 1;
      }
      const inputs = tf.tensor(Float32Array.from(x), [rows, ...input]);
      const targets = tf.tensor(targetValues, [rows, outputs]);
      const weights = start.map(({ shape, values }) => tf.variable(tf.tensor(Float32Array.from(values), shape)));
      const forward = (batchX: Tensor): Tensor => {
        let [y, next] = [batchX, 0];
        for (const layer of network.layers) {
          if (layer.kind === 'dense') y = tf.add(tf.matMul(y, weights[next++]), weights[next++]);
          else if (layer.kind === 'conv2d')
            y = tf.add(conv2d(y, weights[next++], Number(layer.padding ?? 0)), weights[next++]);
          else if (layer.kind === 'activation') y = layer.fn === 'sigmoid' ? tf.sigmoid(y) : tf.relu(y);
          else if (layer.kind === 'max-pool') y = tf.maxPool(y, Number(layer.size), Number(layer.size), 'valid');
          else if (layer.kind === 'flatten') y = tf.reshape(y, [y.shape[0], -1]);
          else if (layer.kind === 'dropout') y = tf.dropout(y, layer.rate);
          else throw new Error(`tfjs: ${layer.kind} is not written here`);
        }
        return y;
      };
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
            const batchX = rows === batch ? inputs : tf.slice(inputs, [first], [batch]);
            const batchT = rows === batch ? targets : tf.slice(targets, [first], [batch]);
            update.minimize(() => cost(batchX, batchT), false, weights);
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
          return tf.tidy(() => cost(inputs, targets).dataSync()[0]);
        },
      };
    },
  };
});
