import { type Activation, activations, mathOf } from '@gradloom/core';
import type { ActivationSpec } from '../../../options/activation.ts';

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
  return diagonal.reduce((sum, value) => sum + value, 0) / diagonal.length;
}
