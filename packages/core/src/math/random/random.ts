/** A stream of pseudo-random numbers, a pure function of its seed and stream. */
export interface Random {
  /** Uniform over 0 .. 2³² - 1. */
  uint32(): number;
  /** Uniform over [0, 1), 53 bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform over 0 .. n - 1, without bias; n up to 2³². */
  integer(n: number): number;
}
