import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import {
  buildNetwork,
  createPredictor,
  createRandom,
  type Elements,
  initializeParameters,
  type NetworkSpec,
} from '@gradloom/core';
import { inputsOf } from '@gradloom/core/internal';
import { createModel, dense, embedding, gelu, residual, sequential } from '@gradloom/runtime';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { collectGarbage } from '../../../packages/runtime/src/engine/threads/contexts.ts';
import { firstDifference } from '../../support/bits.ts';
import { counted } from '../../support/count.ts';
import { weightsFor } from '../../support/every-layer.ts';
import { programFile } from '../../support/program-file.ts';
import { randomNetwork } from '../../support/random-run.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();

const MiB = 1024 ** 2;
const GiB = 1024 ** 3;

/** Networks of every kind of layer; the second ones take memories of other sizes. */
const specs: NetworkSpec[] = [3, 300].flatMap((width): NetworkSpec[] => [
  sequential(2, dense(width), gelu(), dense(2)),
  { input: 2, layers: [{ kind: 'layer-norm' }, { kind: 'swiglu', out: width }, { kind: 'dropout', rate: 0.5 }] },
  sequential(2, embedding(5, width), dense(1)),
  sequential(2, residual(dense(2)), dense(width)),
]);

/** A model that computes with the weights that it had at its first call. */
interface TestModel {
  readonly spec: NetworkSpec;
  readonly parameters: Elements;
  outputs(x: Float64Array): Float64Array;
}

/** A model of core alone, as `openModel` makes them. */
function pageModel({ spec, parameters }: Pick<TestModel, 'spec' | 'parameters'>): TestModel {
  let predict: ReturnType<typeof createPredictor> | undefined;
  return {
    spec,
    parameters,
    outputs(x) {
      predict ??= createPredictor(buildNetwork(spec), parameters);
      return predict(x);
    },
  };
}

/** Rows that an embedding takes, too; 300 of them are more than go through at a time. */
const rowsOf = (rows: number, seed: number): Float64Array => {
  const random = createRandom(seed, 'rows');
  return Float64Array.from({ length: 2 * rows }, () => Math.floor(5 * random.uniform()));
};

/** Bytes of address space, where Linux says so. */
const taken = (): number =>
  process.platform === 'linux'
    ? 1024 * Number(/^VmSize:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
    : 0;

/** Some 8,700 memories of their own were all that fit into the address space; already two of them show. */
const MODELS = counted(2000, 20_000);

test.each(['float64', 'float32'])('drawn networks of %s answer alike in both memories', (type) => {
  fc.assert(
    fc.property(randomNetwork, fc.integer({ min: 1, max: 9 }), (spec, N) => {
      const doubles = weightsFor(spec);
      const contents = { spec, parameters: type === 'float64' ? doubles : Float32Array.from(doubles) };
      const random = createRandom(N, 'inputs');
      const x = Float64Array.from({ length: N * inputsOf(spec) }, () => random.integer(7));
      expect(firstDifference(pageModel(contents).outputs(x), createModel(contents).outputs(x))).toBeNull();
    }),
    { numRuns: counted(30, 300) },
  );
});

describe.each([
  ['the runtime', createModel],
  ['core alone', pageModel],
])('in the memory of %s', (_, create) => {
  function modelOf(spec: NetworkSpec, seed: number): TestModel {
    const parameters = new Float64Array(buildNetwork(spec).parameterCount);
    initializeParameters(buildNetwork(spec), parameters, seed);
    return create({ spec, parameters });
  }

  test('models that take turns answer as each does alone', () => {
    const models = specs.flatMap((spec) => [1, 2].map((seed) => modelOf(spec, seed)));
    const alone = models.map(({ spec, parameters }, m) => create({ spec, parameters }).outputs(rowsOf(300, m)));
    const random = createRandom(1, 'turns');
    for (let turn = 0; turn < 200; turn++) {
      const m = Math.floor(models.length * random.uniform());
      const rows = rowsOf(300, m).subarray(0, 2 * (1 + Math.floor(300 * random.uniform())));
      const y = models[m].outputs(rows);
      expect(firstDifference(y, alone[m].subarray(0, y.length)), `turn ${turn}, model ${m}`).toBeNull();
    }
  });

  test('a model computes with its weights as they were at its first call, also after others have computed', () => {
    const [model, other] = [1, 2].map((seed) => modelOf(specs[0], seed));
    const x = rowsOf(3, 1);
    const before = model.outputs(x);
    model.parameters.fill(0);
    other.outputs(x);
    expect(model.outputs(x)).toEqual(before);
  });

  test('thousands of models in one process take no address space of their own', () => {
    const spec: NetworkSpec = { input: 2, layers: [{ kind: 'dense', out: 2 }] };
    const x = Float64Array.of(1, 10);
    const numbered = (m: number) => create({ spec, parameters: Float64Array.of(m, 0, 0, 1, 0, 0) });
    const models = [numbered(0)];
    models[0].outputs(x);
    const start = taken();
    for (let m = 1; m < MODELS; m++) {
      models.push(numbered(m));
      models[m].outputs(x);
    }
    expect(taken() - start).toBeLessThan(4 * GiB); // a memory of WebAssembly takes 8 GiB or more
    for (const m of [0, 1, MODELS / 2, MODELS - 1]) expect([...models[m].outputs(x)]).toEqual([m, 10]);
  });

  test('models that are gone leave nothing behind', async () => {
    const held = async (): Promise<{ heap: number; space: number }> => {
      await new Promise((resolve) => setImmediate(resolve)); // what a job has reached by a WeakRef stays until its end
      collectGarbage();
      collectGarbage(); // buffers of the first are counted as free after the second
      return { heap: process.memoryUsage().arrayBuffers, space: taken() };
    };
    const predictOnce = (width: number): void => {
      const spec: NetworkSpec = { input: width, layers: [{ kind: 'dense', out: width }] };
      create({ spec, parameters: new Float64Array(width * width + width) }).outputs(new Float64Array(width));
    };
    predictOnce(300);
    const start = await held();
    for (let m = 0; m < 100; m++) predictOnce(300); // 0.7 MiB of weights each, in a memory that they share
    for (let m = 0; m < 3; m++) predictOnce(2500); // 48 MiB, each in one of its own
    // Memory is swept beside the program: the last one may be counted a few ms longer.
    await vi.waitFor(async () => {
      const end = await held();
      expect(end.heap - start.heap).toBeLessThan(40 * MiB);
      expect(end.space - start.space).toBeLessThan(4 * GiB);
    }, 10_000);
  });
});

test('300 loads and 10,000 answers leave no memory behind, and threads idle, and end with the program', async () => {
  const args = [programFile('answer-loads'), `${folder.path}/model.gradloom`];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 60_000 });
  const { first, loaded, before, after, idleMs } = JSON.parse(stdout);
  expect(loaded - first).toBeLessThan(60 * MiB); // a load takes 6 MiB
  expect(after - before).toBeLessThan(20 * MiB);
  expect(idleMs).toBeLessThan(100); // of 500
});
