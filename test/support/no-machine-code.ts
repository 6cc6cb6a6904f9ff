// Loaded by --import: this process finds a processor whose extensions none of our machine code is made of.
const has = Set.prototype.has;
Set.prototype.has = function (this: Set<unknown>, value: unknown): boolean {
  return value !== 'avx512f' && value !== 'avx2' && has.call(this, value);
};
