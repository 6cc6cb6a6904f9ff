// Loaded by --import: hides AVX-512 of the processor from this process and its threads.
const has = Set.prototype.has;
Set.prototype.has = function (this: Set<unknown>, value: unknown): boolean {
  return value !== 'avx512f' && has.call(this, value);
};
