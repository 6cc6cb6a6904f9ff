import { readWorkload } from './read-workload.ts';
import { serve } from './serve.ts';
import { aboutTfjs, forwardPass, loadTfjs, type Tensor } from './tfjs-network.ts';

const backend = process.argv[2];

await serve(async () => {
  const tf = await loadTfjs(backend);
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
    about: aboutTfjs(tf, backend),
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
      const forward = (batchX: Tensor): Tensor =>
        forwardPass(tf, network.layers, weights, batchX, (x, W, { padding }) => conv2d(x, W, Number(padding ?? 0)));
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
