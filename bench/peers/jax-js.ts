import { resolveObjectURL } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { readWorkload } from './read-workload.ts';
import { serve } from './serve.ts';

/** Only the used part is declared: the package is not installed when types are checked. */
interface Arr {
  readonly ref: Arr; // the same array with one more reference: each use releases one
  add(other: Arr | number): Arr;
  sub(other: Arr | number): Arr;
  mul(other: Arr | number): Arr;
  div(other: Arr | number): Arr;
  sum(): Arr;
  js(): unknown;
  dispose(): void;
}
type Layer = readonly [W: Arr, b: Arr];
interface Jax {
  init(device: string): Promise<string[]>;
  defaultDevice(device: string): void;
  blockUntilReady(tree: unknown): Promise<unknown>;
  jit<F>(f: F): F;
  valueAndGrad<A extends unknown[]>(
    f: (params: readonly Layer[], ...rest: A) => Arr,
  ): (params: readonly Layer[], ...rest: A) => [Arr, readonly Layer[]];
  numpy: {
    readonly float32: string;
    readonly float64: string;
    array(values: Float32Array | Float64Array, options: { shape: number[]; dtype: string }): Arr;
    zerosLike(x: Arr): Arr;
    matmul(a: Arr, b: Arr): Arr;
    sqrt(x: Arr): Arr;
  };
  nn: { relu(x: Arr): Arr; sigmoid(x: Arr): Arr; logSoftmax(x: Arr): Arr };
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
  const { numpy: np, nn, jit, valueAndGrad, init, defaultDevice, blockUntilReady }: Jax = await import(name);
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8'),
  );
  await init('wasm');
  defaultDevice('wasm');
  const Elements = precision === 'float32' ? Float32Array : Float64Array;
  const array = (values: ArrayLike<number>, ...shape: number[]): Arr =>
    np.array(Elements.from(values), { shape, dtype: np[precision] });
  const scalar = (value: number): Arr => array([value]);

  return {
    about: `jax-js ${version}, jit, wasm, threads of its own as in a browser, under Node`,
    open(workload) {
      const { widths, batch, rows, activation, loss, optimizer } = workload;
      const { x, t, layers } = readWorkload(workload);
      const [I, O] = [widths[0], widths[widths.length - 1]];
      const inputsOf = (first: number, count: number): Arr =>
        array(x.subarray(first * I, (first + count) * I), count, I);
      const targetsOf = (first: number, count: number): Arr => {
        const wanted = new Float64Array(count * O);
        for (let n = 0; n < count; n++) {
          if (loss === 'mse') wanted[n] = t[first + n];
          else wanted[n * O + t[first + n]] = 1;
        }
        return array(wanted, count, O);
      };
      const costOf =
        (count: number) =>
        (params: readonly Layer[], input: Arr, wanted: Arr): Arr => {
          const y = params.reduce((a, [W, b], l) => {
            const z = np.matmul(a, W).add(b);
            if (activation === 'sigmoid') return nn.sigmoid(z);
            return l === params.length - 1 ? z : nn.relu(z);
          }, input);
          if (loss === 'softmax-cross-entropy')
            return wanted
              .mul(nn.logSoftmax(y))
              .sum()
              .mul(-1 / count);
          const error = y.sub(wanted);
          return error.ref
            .mul(error)
            .sum()
            .mul(1 / (count * O));
        };
      const own = (tree: readonly Layer[]): Layer[] => tree.map(([W, b]) => [W.ref, b.ref]);
      const each = (trees: readonly (readonly Layer[])[], act: (...arrays: Arr[]) => Arr): Layer[] =>
        trees[0].map((_, l) => [act(...trees.map((tree) => tree[l][0])), act(...trees.map((tree) => tree[l][1]))]);
      const gradient = valueAndGrad(costOf(batch));
      const [beta1, beta2, epsilon] = [0.9, 0.999, 1e-8];
      const adam = jit((params: Layer[], m: Layer[], v: Layer[], input: Arr, wanted: Arr, rate: Arr, widen: Arr) => {
        const [cost, g] = gradient(own(params), input, wanted);
        cost.dispose();
        const newM = each([m, own(g)], (m, g) => m.mul(beta1).add(g.mul(1 - beta1)));
        const newV = each([v, g], (v, g) => v.mul(beta2).add(g.ref.mul(g).mul(1 - beta2)));
        const newParams = each([params, own(newM), own(newV)], (theta, m, v) =>
          theta.sub(m.mul(rate.ref).div(np.sqrt(v).mul(widen.ref).add(epsilon))),
        );
        rate.dispose();
        widen.dispose();
        return [newParams, newM, newV];
      });
      const sgd = jit((params: Layer[], input: Arr, wanted: Arr) => {
        const [cost, g] = gradient(own(params), input, wanted);
        cost.dispose();
        return each([params, g], (theta, g) => theta.sub(g.mul(optimizer.lr)));
      });
      const batches = Array.from({ length: rows / batch }, (_, k) => ({
        input: inputsOf(k * batch, batch),
        wanted: targetsOf(k * batch, batch),
      }));
      let params: Layer[] = layers.map(({ I, O, W, b }) => [array(W, I, O), array(b, O)]);
      let [m, v] = [0, 0].map(() => each([own(params)], np.zerosLike));
      let done = 0;
      const run = async (steps: number): Promise<{ steps: number; ms: number }> => {
        const startMs = performance.now();
        for (let step = 1; step <= steps; step++) {
          const { input, wanted } = batches[done++ % batches.length];
          if (optimizer.kind === 'adam') {
            const [rate, widen] = [optimizer.lr / (1 - beta1 ** done), 1 / Math.sqrt(1 - beta2 ** done)];
            [params, m, v] = adam(params, m, v, input.ref, wanted.ref, scalar(rate), scalar(widen));
          } else params = sgd(params, input.ref, wanted.ref);
          if (step % QUEUED === 0 || step === steps) await blockUntilReady(params);
        }
        return { steps, ms: performance.now() - startMs };
      };
      return {
        run,
        async lossAfter(steps) {
          await run(steps);
          const cost = costOf(rows)(own(params), inputsOf(0, rows), targetsOf(0, rows));
          await blockUntilReady(cost);
          return Number(cost.js());
        },
      };
    },
  };
});
