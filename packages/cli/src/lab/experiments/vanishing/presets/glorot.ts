import {
  type Activation,
  activations,
  buildNetwork,
  type InitializerSpec,
  mathOf,
  type NetworkSpec,
} from '@gradloom/core';
import type { Dataset } from '@gradloom/runtime';
import type { ActivationSpec } from '../../../../options/activation.ts';
import { columns } from '../../../../terminal/text/columns.ts';
import { decimal } from '../../../../terminal/text/format.ts';
import { meanOf, nearMean, type Range, rangeOf, rangeText } from '../../../figures/range.ts';
import { type Published, paperClaim } from '../../finding.ts';
import { runRow } from '../../reference-passes.ts';
import { namedActivation } from '../activation-list.ts';
import { deepNetwork, type HiddenProbe, probeAtStart, startOf } from '../deep-run.ts';
import { fitFactor } from '../start-factors.ts';
import { definePreset } from './preset.ts';

const LAYERS = 5;
const MIDDLE = 2; // index, from 0, of the hidden layer whose Jacobian is taken; its dense layer is layer 2 * MIDDLE
const tanh = namedActivation({ kind: 'tanh' }).spec;

/** The paper's equations 1 and 16. */
const inits: Record<'standard' | 'normalised', (fanIn: number) => InitializerSpec> = {
  standard: (fanIn) => ({ kind: 'uniform', low: -1 / Math.sqrt(fanIn), high: 1 / Math.sqrt(fanIn) }),
  normalised: () => 'glorot-uniform',
};

interface Measured {
  readonly looks: readonly HiddenProbe[]; // one per seed; a key of vanishing.json
  readonly dz: Range; // factor per layer, towards the input
  readonly dW: Range; // factor of dL/dW per layer, towards the input
  readonly singular: number; // mean singular value of the Jacobian of the middle layer, at the first seed and row
}

/**
 * Before the first step: five hidden layers (1000 wide in the paper), tanh, softmax and cross-entropy. The paper uses
 * its own images of shapes; here the rows are digits. [Glorot & Bengio 2010,
 * §4.2](https://proceedings.mlr.press/v9/glorot10a.html)
 */
export const glorotOf = ({ width, rows }: { width: number; rows: number }) =>
  definePreset('glorot', {
    rows,
    seeds: { first: 1, last: 3 },
    async measure({ train, seeds, showProgress, runContext }): Promise<Measured[]> {
      const list: Measured[] = [];
      for (const [name, init] of Object.entries(inits)) {
        const hidden = new Array<number>(LAYERS).fill(width);
        const spec = deepNetwork({ input: train.inputs.columns, hidden, output: 10, init }, tanh);
        const probes: HiddenProbe[] = [];
        for (const seed of seeds) {
          showProgress(`${name} init, seed ${seed}`);
          const run = { optimizer: 'sgd', batch: 'full', seed } as const;
          probes.push(await probeAtStart(spec, runContext('softmax-cross-entropy'), run));
        }
        showProgress(`${name} init, singular values`);
        list.push({
          looks: probes,
          dz: factors(probes, 'rmsDz'),
          dW: factors(probes, 'rmsDW'),
          singular: await middleSingularValue(spec, width, seeds[0], train),
        });
      }
      return list;
    },
    show([standard, normalised], seeds) {
      const expected = (nVarW: number) => (8 / (3 * Math.PI)) * Math.sqrt(nVarW); // of W: quarter-circle law
      return {
        sections: [
          {
            title: `Glorot and Bengio 2010: factor per layer towards the input, ${seeds.length} starts`,
            lines: columns([
              ['init', 'dL/dz', 'dL/dW', 'mean singular value of a Jacobian'],
              ...[standard, normalised].map(({ dz, dW, singular }, k) => [
                Object.keys(inits)[k],
                rangeText(dz),
                rangeText(dW),
                `${decimal(singular)} (of W alone: ${decimal(expected(k === 0 ? 1 / 3 : 1))} in theory)`,
              ]),
            ]),
          },
        ],
        findings: [
          nearMean('standard init: dL/dz per layer', paper('sqrt(1/3)'), Math.sqrt(1 / 3), standard.dz, 0.1),
          nearMean('normalised init: dL/dz per layer', paper('about 1'), 1, normalised.dz, 0.1),
          nearMean('standard init: dL/dW per layer (eq. 14)', paper('keeps its size'), 1, standard.dW, 0.1),
          paperClaim(
            'standard init: singular value',
            paper('about 0.5'),
            standard.singular,
            Math.abs(standard.singular - 0.5) < 0.05,
          ),
          paperClaim(
            'normalised init: singular value',
            paper('about 0.8'),
            normalised.singular,
            Math.abs(normalised.singular - 0.8) < 0.05,
          ),
        ],
        json: { rows, standard, normalised },
      };
    },
  });

const paper = (printed: string): Published => ({ printed, source: 'Glorot and Bengio 2010, section 4.2' });

export const glorot = glorotOf({ width: 1000, rows: 256 });

const factors = (probes: readonly HiddenProbe[], size: 'rmsDz' | 'rmsDW'): Range =>
  rangeOf(
    `factor of ${size}`,
    probes.map(({ layers }) => fitFactor(layers.map((layer) => layer[size])).factor ?? Number.NaN),
  );

async function middleSingularValue(
  spec: NetworkSpec,
  width: number,
  seed: number,
  { inputs }: Dataset,
): Promise<number> {
  const parameters = startOf(spec, seed);
  const row = Array.from({ length: inputs.columns }, (_, i) => inputs.array[i] / inputs.divisor);
  const z = Float64Array.from(runRow(spec, parameters, row)[2 * MIDDLE]);
  const W = buildNetwork(spec).tensors.find(({ layer, name }) => layer === 2 * MIDDLE && name === 'W');
  if (W === undefined) throw new Error(`layer ${2 * MIDDLE} has no W, expected a dense layer`);
  return meanSingularValue(jacobianOf(tanh, parameters.subarray(W.offset, W.offset + W.length), z), width, width);
}

/** dy/dx of a layer y = f(z), z = x · W + b, for one row: J[O, I], J[o, i] = f′(z[o]) W[i, o]. */
export function jacobianOf(
  { kind, alpha }: ActivationSpec,
  W: Float64Array, // [I, O]
  z: Float64Array, // [O]
): Float64Array {
  const f: Activation = activations[kind];
  const math = mathOf('float64');
  const parameter = typeof alpha === 'number' ? alpha : f.alpha;
  const slopes = z.map((value) => f.derivative(math, value, f.apply(math, value, parameter), parameter));
  const O = z.length;
  const I = W.length / O;
  const J = new Float64Array(O * I);
  for (let i = 0; i < I; i++) for (let o = 0; o < O; o++) J[o * I + i] = slopes[o] * W[i * O + o];
  return J;
}

/** Mean of the min(rows, columns) singular values. Takes some seconds for a thousand rows. */
export async function meanSingularValue(matrix: Float64Array, rows: number, columns: number): Promise<number> {
  // Imported here, so that help does not load it.
  const { Matrix, SingularValueDecomposition } = await import('ml-matrix');
  const { diagonal } = new SingularValueDecomposition(Matrix.from1DArray(rows, columns, matrix), {
    computeLeftSingularVectors: false,
    computeRightSingularVectors: false,
    autoTranspose: true,
  });
  return meanOf(diagonal);
}
