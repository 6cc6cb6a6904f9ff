import { readWeights } from '../peers/read-workload.ts';
import { serve } from '../peers/serve.ts';
import { aboutTfjs, forwardPass, loadTfjs, type Tensor } from '../peers/tfjs-network.ts';
import { readRows, sizeOfRow } from './rows.ts';
import type { InferenceWorkload } from './workloads.ts';

await serve<InferenceWorkload>(async () => {
  const tf = await loadTfjs('wasm');
  let open: Tensor[] = []; // tensors of the open workload
  return {
    about: aboutTfjs(tf, 'wasm'),
    open(workload, { batch }) {
      for (const tensor of open) tensor.dispose();
      const rows = Number(batch);
      const { shape, values } = readRows(workload, rows);
      const x = tf.tensor(Float32Array.from(values), shape);
      const weights = readWeights(workload).map(({ shape, values }) => tf.tensor(Float32Array.from(values), shape));
      open = [x, ...weights];
      const layers = workload.network.layers.filter(({ kind }) => kind !== 'dropout');
      const answer = (): Float32Array =>
        tf.tidy(() =>
          forwardPass(tf, layers, weights, x, (y, W, { padding, stride, groups }) => {
            const [strides, zeros] = [Number(stride ?? 1), Number(padding ?? 0)];
            if ((groups ?? 1) === 1) return tf.conv2d(y, W, strides, zeros);
            // W is [height, width, 1, channels] here, since each channel is a group.
            const [height, width, , channels] = W.shape;
            return tf.depthwiseConv2d(y, tf.reshape(W, [height, width, channels, 1]), strides, zeros);
          }).dataSync(),
        );
      return {
        run(steps) {
          const startMs = performance.now();
          for (let step = 0; step < steps; step++) answer();
          return { steps, ms: performance.now() - startMs };
        },
        lossAfter: () => sizeOfRow(answer(), rows),
      };
    },
  };
});
