/**
 * What the worker of the playground has in place of layers of formulas, and of the binding of their kernels: see
 * `.ci/bundle-page.mjs`.
 */
export const [formulaLayers, formulaLayerOptions] = [{}, {}];
export const createFormulas = () => () => null;
export function elementwiseOf(): never {
  throw new Error('elementwiseOf: the playground has no formulas');
}
