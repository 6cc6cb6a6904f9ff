import { resolveObjectURL } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { readWorkload } from './read-workload.ts';
import { serve } from './serve.ts';

/** Only the used part is declared: the package is not installed when types are checked. */
interface Arr {
  readonly ref: Arr; // the same array with one more reference: each use releases one
  readonly shape: number[];
  add(other: Arr | number): Arr;
  sub(other: Arr | number): Arr;
  mul(other: Arr | number): Arr;
  div(other: Arr | number): Arr;
  sum(): Arr;
  js(): unknown;
  dispose(): void;
  reshape(shape: readonly number[]): Arr;
  transpose(axes: readonly number[]): Arr;
}
interface Jax {
  init(device: string): Promise<string[]>;
  defaultDevice(device: string): void;
  blockUntilReady(tree: unknown): Promise<unknown>;
  jit<F>(f: F): F;
  valueAndGrad<A extends unknown[]>(
    f: (params: readonly Arr[], ...rest: A) => Arr,
  ): (params: readonly Arr[], ...rest: A) => [Arr, readonly Arr[]];
  numpy: {
    readonly float32: string;
    readonly float64: string;
    array(values: Float32Array | Float64Array, options: { shape: readonly number[]; dtype: string }): Arr;
    zerosLike(x: Arr): Arr;
    matmul(a: Arr, b: Arr): Arr;
    sqrt(x: Arr): Arr;
    max(x: Arr): Arr;
    maximum(x: number, y: Arr): Arr;
    where(condition: Arr, x: Arr, y: number): Arr;
  };
  nn: { sigmoid(x: Arr): Arr; logSoftmax(x: Arr): Arr };
  lax: {
    convGeneralDilated(x: Arr, W: Arr, strides: number[], padding: [number, number][]): Arr;
    reduceWindow(x: Arr, f: (window: Arr) => Arr, window: number[], strides: number[]): Arr;
  };
  random: { key(seed: number): Arr; bernoulli(key: Arr, probability: number, shape: readonly number[]): Arr };
}

const precision = process.argv[2] === 'float64' ? 'float64' : 'float32';
const threads = Number(process.env.JAX_JS_THREADS ?? 1);
/** Steps in progress at a time: its documentation asks to wait for some to end. */
const QUEUED = 32;

/** A web worker, which Node lacks: jax-js starts a thread by the URL of its source. */
class WebWorker {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((error: Error) => void) | null = null;
  readonly #worker: Promise<Worker>;

  constructor(url: string) {
    this.#worker = this.#start(url);
  }

  async #start(url: string): Promise<Worker> {
    const source = await resolveObjectURL(url)?.text();
    const worker = new Worker(`${AS_IN_A_BROWSER}\n${source}`, { eval: true, execArgv: [] });
    worker.on('message', (data) => this.onmessage?.({ data })).on('error', (error) => this.onerror?.(error));
    return worker;
  }

  async postMessage(message: unknown): Promise<void> {
    (await this.#worker).postMessage(message);
  }
}

const AS_IN_A_BROWSER = `
const { parentPort } = require('node:worker_threads');
globalThis.self = globalThis;
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on('message', (data) => self.onmessage({ data }));`;

await serve(async () => {
  // jax-js refers to a class that Node has from version 24 on.
  if (!('Float16Array' in globalThis)) Object.assign(globalThis, { Float16Array: class {} });
  const navigator = { hardwareConcurrency: threads };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  if (threads > 1) Object.assign(globalThis, { Worker: WebWorker });
  const name = '@jax-js/jax';
  const {
    numpy: np,
    nn,
    lax,
    random,
    jit,
    valueAndGrad,
    init,
    defaultDevice,
    blockUntilReady,
  }: Jax = await import(name);
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8'),
  );
  await init('wasm');
  defaultDevice('wasm');
  const Elements = precision === 'float32' ? Float32Array : Float64Array;
  const array = (values: ArrayLike<number>, shape: readonly number[]): Arr =>
    np.array(Elements.from(values), { shape, dtype: np[precision] });
  const scalar = (value: number): Arr => array([value], [1]);
  /** f'(0) is 0, as in the other programs. That of nn.relu is 1, and black parts of a digit begin with z = 0. */
  const relu = (x: Arr): Arr => np.maximum(0, x);

  return {
    about: `jax-js ${version}, jit, wasm, threads of its own as in a browser, under Node`,
    open(workload) {
      const { network, batch, rows, loss, optimizer } = workload;
      const { x, t, input: shape, outputs: O, weights } = readWorkload(workload);
      const I = x.length / rows;
      const inputsOf = (first: number, count: number): Arr => {
        const input = array(x.subarray(first * I, (first + count) * I), [count, ...shape]);
        return shape.length === 3 ? input.transpose([0, 3, 1, 2]) : input;
      };
      const targetsOf = (first: number, count: number): Arr => {
        const targets = new Float64Array(count * O);
        for (let n = 0; n < count; n++) {
          if (loss === 'mse') targets[n] = t[first + n];
          else targets[n * O + t[first + n]] = 1;
        }
        return array(targets, [count, O]);
      };
      /** Inside, images are [B, C, H, W] and weights of convolutions [O, I, kernel, kernel]. */
      const outputsOf = (params: readonly Arr[], input: Arr, key: Arr): Arr => {
        let [y, next] = [input, 0];
        for (const layer of network.layers) {
          if (layer.kind === 'dense') y = np.matmul(y, params[next++]).add(params[next++]);
          else if (layer.kind === 'conv2d') {
            const edge: [number, number] = [Number(layer.padding ?? 0), Number(layer.padding ?? 0)];
            y = lax.convGeneralDilated(y, params[next++], [1, 1], [edge, edge]);
            y = y.add(params[next++].reshape([layer.out, 1, 1]));
          } else if (layer.kind === 'activation') y = layer.fn === 'sigmoid' ? nn.sigmoid(y) : relu(y);
          else if (layer.kind === 'max-pool') {
            const size = [Number(layer.size), Number(layer.size)];
            y = lax.reduceWindow(y, np.max, size, size);
          } else if (layer.kind === 'flatten') y = y.transpose([0, 2, 3, 1]).reshape([input.shape[0], -1]);
          else if (layer.kind === 'dropout') {
            const kept = random.bernoulli(key.ref, 1 - layer.rate, y.shape);
            y = np.where(kept, y.mul(1 / (1 - layer.rate)), 0);
          } else throw new Error(`jax-js: ${layer.kind} is not written here`);
        }
        key.dispose();
        return y;
      };
      const costOf =
        (count: number) =>
        (params: readonly Arr[], input: Arr, target: Arr, key: Arr): Arr => {
          const y = outputsOf(params, input, key);
          if (loss === 'softmax-cross-entropy')
            return target
              .mul(nn.logSoftmax(y))
              .sum()
              .mul(-1 / count);
          const error = y.sub(target);
          return error.ref
            .mul(error)
            .sum()
            .mul(1 / (count * O));
        };
      const refsOf = (arrays: readonly Arr[]): Arr[] => arrays.map((one) => one.ref);
      const each = (lists: readonly (readonly Arr[])[], act: (...arrays: Arr[]) => Arr): Arr[] =>
        lists[0].map((_, k) => act(...lists.map((list) => list[k])));
      const gradient = valueAndGrad(costOf(batch));
      const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
      type Step = [input: Arr, target: Arr, key: Arr];
      const adam = jit((params: Arr[], m: Arr[], v: Arr[], lr: Arr, vScale: Arr, ...step: Step) => {
        const [cost, g] = gradient(refsOf(params), ...step);
        cost.dispose();
        const newM = each([m, refsOf(g)], (m, g) => m.mul(beta1).add(g.mul(1 - beta1)));
        const newV = each([v, g], (v, g) => v.mul(beta2).add(g.ref.mul(g).mul(1 - beta2)));
        const newParams = each([params, refsOf(newM), refsOf(newV)], (theta, m, v) =>
          theta.sub(m.mul(lr.ref).div(np.sqrt(v).mul(vScale.ref).add(epsilon))),
        );
        lr.dispose();
        vScale.dispose();
        return [newParams, newM, newV];
      });
      const sgd = jit((params: Arr[], ...step: Step) => {
        const [cost, g] = gradient(refsOf(params), ...step);
        cost.dispose();
        return each([params, g], (theta, g) => theta.sub(g.mul(optimizer.lr)));
      });
      const batches = Array.from({ length: rows / batch }, (_, k) => ({
        input: inputsOf(k * batch, batch),
        target: targetsOf(k * batch, batch),
      }));
      let params = weights.map(({ shape, values }) =>
        shape.length === 4 ? array(values, shape).transpose([3, 2, 0, 1]) : array(values, shape),
      );
      let [m, v] = [0, 0].map(() => each([refsOf(params)], np.zerosLike));
      let done = 0;
      const run = async (steps: number): Promise<{ steps: number; ms: number }> => {
        const startMs = performance.now();
        for (let step = 1; step <= steps; step++) {
          const { input, target } = batches[done++ % batches.length];
          const batchArrays: Step = [input.ref, target.ref, random.key(done)];
          if (optimizer.kind === 'adam') {
            const [lr, vScale] = [optimizer.lr / (1 - beta1 ** done), 1 / Math.sqrt(1 - beta2 ** done)];
            [params, m, v] = adam(params, m, v, scalar(lr), scalar(vScale), ...batchArrays);
          } else params = sgd(params, ...batchArrays);
          if (step % QUEUED === 0 || step === steps) await blockUntilReady(params);
        }
        return { steps, ms: performance.now() - startMs };
      };
      return {
        run,
        async lossAfter(steps) {
          await run(steps);
          const cost = costOf(rows)(refsOf(params), inputsOf(0, rows), targetsOf(0, rows), random.key(0));
          await blockUntilReady(cost);
          return Number(cost.js());
        },
      };
    },
  };
});
