// Loaded by --import: this process and its threads find a processor without AVX-512, as other machines have.
const has = Set.prototype.has;
Set.prototype.has = function (this: Set<unknown>, value: unknown): boolean {
  return value !== 'avx512f' && has.call(this, value);
};
