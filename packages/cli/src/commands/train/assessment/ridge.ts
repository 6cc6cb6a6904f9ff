/** Strengths of the penalty, in units of the mean of the diagonal of the Gram matrix. */
const STRENGTHS = [1e-3, 1e-2, 0.1, 1, 10, 100, 1000];

/**
 * The parameters W [C, O] and b [O] of a ridge regression on fewer rows than columns: W = Xᵀ (X Xᵀ + λ)⁻¹ T of centred
 * rows and targets. λ is the strength with the least squared error of each row, answered by the other rows.
 * [Hastie, Tibshirani, Friedman, §18.3.5](https://hastie.su.domains/ElemStatLearn/)
 */
export function ridge(
  x: Float64Array, // [N, C]; overwritten
  t: Float64Array, // [N, O]; overwritten
  N: number,
  C: number,
  O: number,
): Float64Array {
  const [centerX, centerT] = [center(x, N, C), center(t, N, O)];
  const gram = new Float64Array(N * N);
  for (let a = 0; a < N; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = 0;
      for (let c = 0; c < C; c++) sum += x[a * C + c] * x[b * C + c];
      gram[a * N + b] = sum;
      gram[b * N + a] = sum;
    }
  }
  let mean = 0;
  for (let n = 0; n < N; n++) mean += gram[n * N + n] / N;
  let [best, leastError] = [new Float64Array(N * O), Number.POSITIVE_INFINITY];
  for (const strength of STRENGTHS) {
    const lambda = strength * (mean || 1);
    const inverse = inverseOf(gram, lambda, N);
    const alpha = new Float64Array(N * O);
    let error = 0;
    for (let n = 0; n < N; n++) {
      for (let o = 0; o < O; o++) {
        for (let m = 0; m < N; m++) alpha[n * O + o] += inverse[n * N + m] * t[m * O + o];
        // The residual of a row that is left out, with a mean of its own: [ESL, eq. 7.64].
        error += ((lambda * alpha[n * O + o]) / (lambda * inverse[n * N + n] - 1 / N)) ** 2;
      }
    }
    if (error < leastError) [best, leastError] = [alpha, error];
  }
  const parameters = new Float64Array(C * O + O);
  for (let n = 0; n < N; n++)
    for (let c = 0; c < C; c++) for (let o = 0; o < O; o++) parameters[c * O + o] += x[n * C + c] * best[n * O + o];
  for (let o = 0; o < O; o++) {
    let shift = 0;
    for (let c = 0; c < C; c++) shift += centerX[c] * parameters[c * O + o];
    parameters[C * O + o] = centerT[o] - shift;
  }
  return parameters;
}

/** The mean of each column, which is subtracted. Overwrites `x`. */
function center(x: Float64Array, N: number, C: number): Float64Array {
  const columnMeans = new Float64Array(C);
  for (let i = 0; i < N * C; i++) columnMeans[i % C] += x[i] / N;
  for (let i = 0; i < N * C; i++) x[i] -= columnMeans[i % C];
  return columnMeans;
}

/** (gram + λ)⁻¹ by Gauss and Jordan; without pivots, since it is positive definite. */
function inverseOf(gram: Float64Array, lambda: number, N: number): Float64Array {
  const a = Float64Array.from(gram);
  for (let n = 0; n < N; n++) a[n * N + n] += lambda;
  for (let k = 0; k < N; k++) {
    const pivot = 1 / a[k * N + k];
    a[k * N + k] = 1;
    for (let j = 0; j < N; j++) a[k * N + j] *= pivot;
    for (let i = 0; i < N; i++) {
      if (i === k) continue;
      const factor = a[i * N + k];
      a[i * N + k] = 0;
      for (let j = 0; j < N; j++) a[i * N + j] -= factor * a[k * N + j];
    }
  }
  return a;
}
