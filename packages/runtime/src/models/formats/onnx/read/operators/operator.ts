import type { Call, Item } from '../call.ts';
import type { Tensor } from '../tensor.ts';

/** An operator of ONNX. */
export interface Operator {
  /**
   * Its outputs for constants, as the standard defines them, in plain code: constants are folded with it, and the
   * answers of the layers are compared with it. Inputs that are left out are undefined.
   */
  evaluate(call: Call, xs: readonly (Tensor | undefined)[]): readonly Tensor[];
  /**
   * Its outputs where an input is computed by layers. Absent if it is only for constants.
   * @throws Error, made by `call.fault`, for what layers cannot do.
   */
  layers?(call: Call, xs: readonly (Item | undefined)[]): readonly Item[];
}
